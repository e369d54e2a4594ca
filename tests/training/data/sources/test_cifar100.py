"""CIFAR-100's archive, read without trusting it."""

import io
import os
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.training.cifar_archive import an_archive, packed, pickled
from training.data.sources.cifar100 import ARCHIVE_NAME, photos, unpack
from training.data.sources.files import LabelledFile, UnusableData
from training.data.splits import Split

CLASSES = ("bicycle", "motorcycle", "other")
Stored = Callable[[bytes], Path]


@pytest.fixture
def stored(tmp_path: Path) -> Stored:
    def store(content: bytes) -> Path:
        path = tmp_path / ARCHIVE_NAME
        path.write_bytes(content)
        return path

    return store


def read(archive: Path, split: Split = "train", negatives: int = 0) -> list[LabelledFile]:
    files = photos(
        archive,
        split,
        source="cifar100",
        classes=CLASSES,
        negatives="other" if negatives else None,
        negatives_limit=negatives,
    )
    return list(files)


def test_classes_are_selected_by_their_names(stored: Stored) -> None:
    files = read(stored(an_archive(train=6)))
    assert [file.label for file in files] == ["bicycle"] * 6 + ["motorcycle"] * 6


def test_pictures_are_those_of_the_archive(stored: Stored) -> None:
    first = read(stored(an_archive(train=6)))[0]
    pixels = np.asarray(Image.open(io.BytesIO(first.read())))
    assert pixels.shape == (32, 32, 3)
    assert pixels[5, 7].tolist() == [16, 40, 0]


def test_sides_are_the_archives_own(stored: Stored) -> None:
    archive = stored(an_archive(train=6, test=2))
    train, test = ({file.read() for file in read(archive, side)} for side in ("train", "test"))
    assert (len(train), len(test)) == (12, 4)
    assert not train & test


def test_other_classes_are_sampled_as_negatives(stored: Stored) -> None:
    archive = stored(an_archive(train=6))
    negatives = [file for file in read(archive, negatives=5) if file.label == "other"]
    assert len(negatives) == 5
    assert {file.name.split("_")[0] for file in negatives} == {"apple", "tulip"}


def test_archive_is_unpacked_into_folders(stored: Stored, tmp_path: Path) -> None:
    counts = unpack(stored(an_archive()), tmp_path / "out", classes=CLASSES, negatives=3)
    assert counts == {
        "train/bicycle": 6,
        "train/motorcycle": 6,
        "train/other": 3,
        "test/bicycle": 2,
        "test/motorcycle": 2,
        "test/other": 3,
    }
    assert len(list((tmp_path / "out").glob("cifar100/*/*/*.png"))) == sum(counts.values())


class Mischief:
    """Makes a folder if it is unpickled without restrictions."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.target),)


def test_code_in_the_archive_is_not_run(stored: Stored, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    archive = stored(packed({"meta": pickle.dumps(Mischief(marker), protocol=2)}))
    with pytest.raises(UnusableData, match="mkdir"):
        read(archive)
    assert not marker.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"not an archive",
        an_archive()[:-400],
        packed({"train": b""}),
        packed({"meta": pickled([1, 2])}),
        packed({"meta": pickled({"fine_label_names": ["apple"]}), "train": pickled({})}),
        packed(
            {
                "meta": pickled({"fine_label_names": ["apple"]}),
                "train": pickled(
                    {
                        "data": np.zeros((1, 3072), dtype=np.uint8),
                        "fine_labels": [7],
                        "filenames": ["a"],
                    }
                ),
            }
        ),
    ],
    ids=["text", "cut short", "no meta", "no table", "no pictures", "label without a name"],
)
def test_damaged_archive_is_refused(stored: Stored, content: bytes) -> None:
    with pytest.raises(UnusableData):
        read(stored(content))
