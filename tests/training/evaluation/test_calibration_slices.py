"""Calibration by source and by fifths of quality."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from training.data.photo_set import PhotoSet
from training.data.prepared import QUALITY
from training.evaluation.calibration_slices import calibration_slices

COUNT = 1000


def photos() -> PhotoSet:
    """The first half is of `yard` and dark, the second of `street` and bright."""
    quality = np.zeros(COUNT, dtype=QUALITY)
    quality["brightness"] = np.linspace(0.1, 0.9, COUNT)
    quality["width"] = 224
    return PhotoSet(
        pixels=np.zeros((COUNT, 1, 1, 3), dtype=np.uint8),
        labels=np.zeros(COUNT, dtype=np.int64),
        sources=np.array(["yard"] * (COUNT // 2) + ["street"] * (COUNT // 2)),
        hashes=np.array([f"{number:064x}" for number in range(COUNT)]),
        quality=quality,
    )


def too_sure_in_the_dark() -> NDArray[np.float64]:
    """Confidence 0.9 everywhere: right for 9 of 10 bright photos and 6 of 10 dark ones."""
    rows = np.tile([0.9, 0.06, 0.04], (COUNT, 1))
    number = np.arange(COUNT)
    wrong = np.where(number < COUNT // 2, number % 10 < 4, number % 10 == 0)
    rows[wrong] = [0.06, 0.9, 0.04]
    return rows


def test_an_error_is_found_where_it_is() -> None:
    slices = {entry.name: entry for entry in calibration_slices(too_sure_in_the_dark(), photos())}
    assert slices["source yard"].error == pytest.approx(0.3, abs=0.03)
    assert slices["source street"].error < 0.03
    assert slices["brightness, fifth 1 of 5"].error == pytest.approx(0.3, abs=0.05)
    assert slices["brightness, fifth 5 of 5"].error < 0.05
    yard = slices["source yard"]
    assert yard.low < yard.error < yard.high
    assert yard.photos == COUNT // 2


def test_fifths_are_equal_where_all_values_are() -> None:
    slices = calibration_slices(too_sure_in_the_dark(), photos())
    assert [entry.photos for entry in slices if "side" in entry.name] == [COUNT // 5] * 5


def test_small_groups_and_photos_without_quality_have_no_slices() -> None:
    few = photos().take(np.arange(COUNT) < 50)
    assert calibration_slices(too_sure_in_the_dark()[:50], few) == []
    plain = replace(photos(), quality=None)
    names = [entry.name for entry in calibration_slices(too_sure_in_the_dark(), plain)]
    assert names == ["source street", "source yard"]
