"""Corrected labels, and training photos that are left out."""

import json
from pathlib import Path

import pytest

from tests.training.data.test_photo_set import CLASSES, SPEC, load, plain, put
from training.data.photo_set import PhotoSet, UnusableData, load_photos
from training.data.splits import digest_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    put(data, "yard/train/bicycle/a.png", plain(10))
    put(data, "yard/train/motorcycle/b.png", plain(20))
    put(data, "street/train/other/c.png", plain(30))
    put(data, "yard/test/bicycle/d.png", plain(40))
    return data


def corrected(folder: Path, path: Path, *lines: dict[str, str]) -> PhotoSet:
    path.write_text("\n".join(map(json.dumps, lines)))
    return load_photos(folder, "train", classes=CLASSES, spec=SPEC, corrections=path)


def test_corrected_labels_replace_those_of_the_source(folder: Path, tmp_path: Path) -> None:
    wrong = {"sha256": digest_of(plain(10)), "label": "other", "reason": "a bench"}
    useless = {"sha256": digest_of(plain(20)), "label": "", "reason": "nothing to see"}
    photos = corrected(folder, tmp_path / "corrections.jsonl", wrong, useless)
    assert [CLASSES[label] for label in photos.labels] == ["other", "other"]


def test_test_photos_are_measured_as_their_source_labels_them(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "corrections.jsonl"
    path.write_text(json.dumps({"sha256": digest_of(plain(40)), "label": "", "reason": "no"}))
    photos = load_photos(folder, "test", classes=CLASSES, spec=SPEC, corrections=path)
    assert len(photos) == 1


@pytest.mark.parametrize(
    "text",
    [
        "{",
        '{"label": "other"}',
        '{"sha256": "12", "label": "other"}',
        json.dumps({"sha256": "0" * 64, "label": "a"})
        + "\n"
        + json.dumps({"sha256": "0" * 64, "label": "b"}),
    ],
    ids=["not JSON", "without digest", "short digest", "two labels"],
)
def test_invalid_corrections_are_refused(folder: Path, tmp_path: Path, text: str) -> None:
    path = tmp_path / "corrections.jsonl"
    path.write_text(text)
    with pytest.raises(UnusableData, match=r"corrections\.jsonl, line"):
        load_photos(folder, "train", classes=CLASSES, spec=SPEC, corrections=path)


def test_same_bytes_under_two_labels_are_left_out(folder: Path) -> None:
    put(folder, "street/train/other/a.png", plain(10))
    lines: list[str] = []
    photos = load_photos(folder, "train", classes=CLASSES, spec=SPEC, report=lines.append)
    assert digest_of(plain(10)) not in photos.hashes
    assert len(photos) == 2
    assert any("two labels" in line for line in lines)


def test_test_photo_among_the_training_photos_is_left_out(folder: Path) -> None:
    put(folder, "street/train/bicycle/copy.png", plain(40))
    assert digest_of(plain(40)) not in load(folder).hashes


def test_quality_figures_come_with_the_photos(folder: Path, tmp_path: Path) -> None:
    for _ in "12":  # computed, then read from the cache
        photos = load_photos(folder, "train", classes=CLASSES, spec=SPEC, cache_dir=tmp_path / "c")
        assert photos.quality is not None
        assert photos.quality["width"].tolist() == [40, 40, 40]
        assert photos.quality["image_format"].tolist() == ["PNG"] * 3
        assert photos.quality["brightness"].tolist() == pytest.approx([0.1176, 0.0392, 0.0784])
