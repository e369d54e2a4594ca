"""Small squares are not the majority among the photos that stand for production."""

from dataclasses import replace

import numpy as np

from training.config import TrainConfig
from training.data.photo_set import PhotoSet
from training.data.prepared import QUALITY
from training.data.production_mix import production_rows

CONFIG = replace(TrainConfig(), policy_sources=("big", "small", "tiny"))


def photos(sources: list[str], sides: list[int]) -> PhotoSet:
    quality = np.zeros(len(sides), dtype=QUALITY)
    quality["width"], quality["height"] = sides, 10
    return PhotoSet(
        pixels=np.zeros((len(sides), 1, 1, 3), dtype=np.uint8),
        labels=np.zeros(len(sides), dtype=np.int64),
        sources=np.array(sources),
        hashes=np.array([f"{7 * number % 97:064x}" for number in range(len(sides))]),
        quality=quality,
    )


def test_smaller_photos_are_at_most_as_many_and_equal_by_source() -> None:
    many = photos(["big"] * 6 + ["small"] * 20 + ["tiny"] * 4, [448] * 6 + [100] * 20 + [32] * 4)
    rows = production_rows(many, CONFIG)
    assert [int(rows[many.sources == name].sum()) for name in CONFIG.policy_sources] == [6, 3, 3]
    # The lowest hashes: whatever is added later, a chosen photo gives way to lower ones alone.
    small = many.hashes[many.sources == "small"]
    assert sorted(many.hashes[rows & (many.sources == "small")]) == sorted(small)[:3]


def test_a_source_with_few_photos_leaves_its_places_to_the_others() -> None:
    few = photos(["big"] * 6 + ["small"] * 20 + ["tiny"], [448] * 6 + [100] * 20 + [32])
    rows = production_rows(few, CONFIG)
    assert [int(rows[few.sources == name].sum()) for name in CONFIG.policy_sources] == [6, 5, 1]


def test_without_photos_of_real_size_or_without_sizes_all_count() -> None:
    small = photos(["small"] * 5 + ["else"], [100] * 6)
    assert int(production_rows(small, CONFIG).sum()) == 5
    assert int(production_rows(replace(small, quality=None), CONFIG).sum()) == 5
