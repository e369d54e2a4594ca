"""The baseline that monitoring compares each day with."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.pictures import a_jpeg
from tests.training.data.test_photo_set import CLASSES, SPEC, plain, put
from training.config import TrainConfig
from training.data.photo_set import PhotoSet, load_photos
from training.evaluation.baseline import baseline, write_baseline


def photos_in(folder: Path) -> PhotoSet:
    put(folder, "yard/train/bicycle/a.jpg", a_jpeg())
    put(folder, "yard/train/motorcycle/b.jpg", a_jpeg((320, 240)))
    put(folder, "street/train/other/c.png", plain(0))  # black: a person must look
    return load_photos(folder, "train", classes=CLASSES, spec=SPEC)


def test_baseline_counts_as_the_policy_decides(tmp_path: Path) -> None:
    photos = photos_in(tmp_path)
    probabilities = np.array([[0.99, 0.01, 0.0], [0.9899, 0.0101, 0.0], [0.1, 0.9, 0.0]])
    document = baseline(
        probabilities,
        photos,
        classes=CLASSES,
        vehicles=[0, 1],
        threshold=0.95,
        model_version="v1",
        data_digest="d",
    )
    # The first is the most confident and black (sources are sorted); the third is unsure.
    assert (document["assigned"], document["review"], document["n"]) == (1, 2, 3)
    assert document["predicted"] == {"bicycle": 2, "motorcycle": 1, "other": 0}
    assert document["values"]["confidence"] == [0.9, 0.9899, 0.99]
    assert document["values"]["motorcycle"] == [0.01, 0.0101, 0.9]
    assert document["values"]["width"] == [40, 320, 640]
    assert document["values"]["aspect"] == [1.0, 1.3333, 1.3333]
    assert document["formats"] == {"jpeg": 2, "png": 1}
    assert document["mix"] == ["street", "yard"]


def test_many_values_become_five_thousand_that_span_them(tmp_path: Path) -> None:
    count = 12_001
    one = photos_in(tmp_path).take(np.array([True, False, False]))
    photos = PhotoSet(
        pixels=np.repeat(one.pixels[:, :1, :1], count, axis=0),
        labels=np.repeat(one.labels, count),
        sources=np.repeat(one.sources, count),
        hashes=np.repeat(one.hashes, count),
        quality=None if one.quality is None else np.repeat(one.quality, count),
    )
    first = np.linspace(0.5, 1.0, count)
    document = baseline(
        np.stack([first, 1 - first, np.zeros(count)], axis=1),
        photos,
        classes=CLASSES,
        vehicles=[0, 1],
        threshold=0.95,
        model_version="v1",
        data_digest="d",
    )
    values = document["values"]["confidence"]
    assert (len(values), values[0], values[-1]) == (5000, 0.5, 1.0)
    assert values == sorted(values)
    assert abs(float(np.median(values)) - 0.75) < 0.001


def test_only_sources_that_represent_production_are_written(tmp_path: Path) -> None:
    photos = photos_in(tmp_path)
    config = replace(TrainConfig(), classes=CLASSES, vehicles=CLASSES[:2], policy_sources=("yard",))
    probabilities = np.full((3, 3), 1 / 3)
    write_baseline(tmp_path, probabilities, photos, config, threshold=0.9, model_version="v1")
    document = json.loads((tmp_path / "baseline.json").read_text(encoding="utf-8"))
    assert (document["mix"], document["n"], document["model_version"]) == (["yard"], 2, "v1")
    assert document["data_digest"] == photos.digest(CLASSES)
