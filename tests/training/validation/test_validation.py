"""The findings of a validation of labelled photos."""

import json
import random
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from typer.testing import CliRunner

from tests.pictures import encoded
from tests.training.data.test_photo_set import CLASSES, SPEC, plain, put
from tests.training.validation.test_near_duplicates import a_scene, reencoded
from training.__main__ import app
from training.data.prepared import prepare_all
from training.data.sources.files import LabelledFile, UnusableData, in_memory
from training.data.splits import digest_of
from training.evaluation.out_of_fold import OutOfFold
from training.report.validation import render
from training.serving.predictor import Predictor, softmax
from training.validation.checks import FilePredictions, validate
from training.validation.findings import Checked, Validation
from training.validation.validate_folder import validate_folders

HOSTILE = "<img src=x onerror=alert(1)>.png"


def scene(seed: int) -> bytes:
    return encoded(a_scene(seed), "PNG")


def validate_folder(folder: Path, predictor: Predictor | None = None) -> Validation:
    spec = predictor.manifest.input if predictor else SPEC
    return validate_folders(
        [folder], classes=CLASSES, spec=spec, archive_limit=0, predictor=predictor
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    for number, label in enumerate(CLASSES):
        put(data, f"yard/train/{label}/a.png", scene(number))
        put(data, f"yard/test/{label}/b.png", scene(10 + number))
    return data


def test_photos_are_counted_by_source_side_and_class(folder: Path) -> None:
    one_each = dict.fromkeys(CLASSES, 1)
    assert validate_folder(folder).counts() == {"yard": {"train": one_each, "test": one_each}}


def test_good_photos_have_no_findings(folder: Path) -> None:
    validation = validate_folder(folder)
    assert (validation.unreadable, validation.duplicates, validation.near_duplicates) == (
        {},
        (),
        (),
    )


def test_file_that_is_not_a_photo_is_named_with_the_reason(folder: Path) -> None:
    put(folder, "yard/train/bicycle/notes.txt", b"not a photo")
    wire = validate_folder(folder).to_wire()
    assert wire["unreadable"] == {"train: yard/bicycle/notes.txt": "not_a_photo"}


def test_same_bytes_on_both_sides_are_a_leak(folder: Path) -> None:
    put(folder, "street/test/bicycle/copy.png", scene(0))
    validation = validate_folder(folder)
    assert [str(member) for member in validation.leaks[0].members] == [
        "train: yard/bicycle/a.png",
        "test: street/bicycle/copy.png",
    ]


def test_same_bytes_under_two_labels_are_a_conflict(folder: Path) -> None:
    put(folder, "yard/train/other/copy.png", scene(0))
    validation = validate_folder(folder)
    assert validation.conflicts[0].labels == ("bicycle", "other")
    assert validation.leaks == ()


def test_look_alikes_across_the_sides_come_first(folder: Path) -> None:
    put(folder, "yard/train/bicycle/within.png", encoded(reencoded(a_scene(0)), "PNG"))
    put(folder, "yard/test/motorcycle/across.png", encoded(reencoded(a_scene(1)), "PNG"))
    validation = validate_folder(folder)
    assert [group.crosses_sides for group in validation.near_duplicates] == [True, False]
    assert validation.duplicates == ()


def test_three_look_alikes_are_one_group(folder: Path) -> None:
    for number, quality in enumerate((60, 75)):
        copy = encoded(a_scene(0), "JPEG", quality=quality)
        put(folder, f"yard/train/bicycle/{number}.jpg", copy)
    assert [len(group.members) for group in validate_folder(folder).near_duplicates] == [3]


def a_validation(
    folder: Path, labels: Sequence[str], pictures: Sequence[bytes], rows: NDArray[np.float64]
) -> Validation:
    """Validate pictures in memory, with predictions of a model of three classes."""
    files = [
        LabelledFile(source="yard", label=label, name=f"{row}.png", read=in_memory(picture))
        for row, (label, picture) in enumerate(zip(labels, pictures, strict=True))
    ]
    digests = [digest_of(file.read()) for file in files]
    return validate(
        [
            Checked(side="train", file=file, digest=digest)
            for file, digest in zip(files, digests, strict=True)
        ],
        prepare_all(files, digests, spec=SPEC, cache_dir=folder),
        why_unreadable=str,
        predictions=FilePredictions(
            probabilities=rows,
            is_out_of_fold=np.zeros(len(rows), dtype=np.bool_),
            classes=CLASSES,
            model_version="v1",
        ),
    )


def test_labels_that_the_model_contradicts_are_listed_by_doubt(tmp_path: Path) -> None:
    labels = ("bicycle", "bicycle", "other", "other", "other")
    rows = [[0.95, 0.05, 0], [0.6, 0.35, 0.05], [0.02, 0.97, 0.01], [0.41, 0.2, 0.39], [np.nan] * 3]
    rows[1] = [0.35, 0.6, 0.05]
    validation = a_validation(tmp_path, labels, [scene(row) for row in range(5)], np.array(rows))
    # The first is right, the last not predicted; the others by margin: 0.96, 0.25, 0.02.
    suspicions = [(entry.checked.file.name, entry.predicted) for entry in validation.suspicions]
    assert suspicions == [("2.png", "motorcycle"), ("1.png", "motorcycle"), ("3.png", "bicycle")]
    wire = validation.to_wire()["suspicious_labels"]
    assert [entry["doubt"] for entry in wire] == [0.96, 0.25, 0.02]
    assert wire[0]["file"] == "train: yard/other/2.png"
    assert "motorcycle 97.0% · train: yard/other/2.png" in render(validation)


def swapped(count: int, of: int, chance: random.Random) -> tuple[list[int], set[int]]:
    """Return labels 0, 1, 2, 0, … of which `count` are swapped for another one, and those rows."""
    labels = [row % 3 for row in range(of)]
    rows = set(chance.sample(range(of), count))
    for row in rows:
        labels[row] = (labels[row] + chance.choice((1, 2))) % 3
    return labels, rows


def test_swapped_labels_of_drawn_photos_come_first(tmp_path: Path) -> None:
    """The model knows each class by its colour and is wrong on about one photo in ten."""
    chance = random.Random(7)  # noqa: S311 # drawings, not secrets
    colours = np.array([[190, 60, 60], [60, 60, 190], [60, 190, 60]])
    labels, rows = swapped(50, 300, chance)
    shades = np.array(
        [[chance.gauss(level, 55) for level in colours[row % 3]] for row in range(300)]
    )
    pixels = shades.clip(0, 255).astype(np.uint8)
    pictures = [
        encoded(Image.new("RGB", (12, 12), tuple(map(int, shade))), "PNG") for shade in pixels
    ]
    distances = ((pixels[:, None].astype(float) - colours[None]) ** 2).sum(axis=2)
    probabilities = softmax(-distances / (2 * 55**2))
    wrong = probabilities.argmax(axis=1) != np.arange(300) % 3
    assert 15 < wrong.sum() < 60
    validation = a_validation(
        tmp_path, [CLASSES[label] for label in labels], pictures, probabilities
    )
    first = {int(entry.checked.file.name[:-4]) for entry in validation.suspicions[:100]}
    assert len(rows & first) >= 40


def test_swapped_labels_of_real_photos_come_first(
    shared: Path, shipped: Path, tmp_path: Path
) -> None:
    """Small photos that the model was not trained on, 50 of 300 with another label."""
    chance = random.Random(7)  # noqa: S311 # a sample, not a secret
    labels, rows = swapped(50, 300, chance)
    by_class = [
        sorted(
            file
            for source in ("cifar100", "street", "web")
            for file in (shared / "data" / source / "test" / label).rglob("*")
            if file.is_file() and file.stat().st_size < 30_000
        )
        for label in CLASSES
    ]
    drawn = [iter(chance.sample(files, 100)) for files in by_class]
    for row, label in enumerate(labels):
        put(tmp_path, f"real/{CLASSES[label]}/{row}", next(drawn[row % 3]).read_bytes())
    suspicions = validate_folder(tmp_path, Predictor.load(shipped)).suspicions
    first = {int(entry.checked.file.name) for entry in suspicions[:100]}
    assert len(rows & first) >= 40


def test_out_of_fold_predictions_take_the_place_of_the_models(folder: Path, tmp_path: Path) -> None:
    """They contradict the label of one photo, and no other photo is in them."""
    doubted = folder / "yard/train/bicycle/a.png"
    path = tmp_path / "out_of_fold.npz"
    OutOfFold(
        classes=("other", "motorcycle", "bicycle"),
        hashes=np.array([digest_of(doubted.read_bytes())]),
        probabilities=np.array([[0.9, 0.08, 0.02]]),
    ).save(path)
    words = ["validate", str(folder), "--out-of-fold", str(path), "--json"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert document["out_of_fold"] == 1
    by_file = {entry["file"]: entry for entry in document["suspicious_labels"]}
    entry = by_file.pop("train: yard/bicycle/a.png")
    assert (entry["predicted"], entry["doubt"], entry["out_of_fold"]) == ("other", 0.88, True)
    assert not any(entry["out_of_fold"] for entry in by_file.values())


def test_out_of_fold_predictions_alone_doubt_labels_of_other_classes(
    tmp_path: Path, shipped: Path
) -> None:
    for label in ("van", "tram"):
        put(tmp_path, f"mine/{label}/a.png", scene(len(label)))
    van = digest_of((tmp_path / "mine/van/a.png").read_bytes())
    predictions = OutOfFold(
        classes=("van", "tram"), hashes=np.array([van]), probabilities=np.array([[0.3, 0.7]])
    )
    validation = validate_folders(
        [tmp_path],
        classes=CLASSES,
        spec=SPEC,
        archive_limit=0,
        predictor=Predictor.load(shipped),
        out_of_fold=predictions,
    )
    assert [entry.checked.file.label for entry in validation.suspicions] == ["van"]
    assert (validation.model_version, validation.out_of_fold) == ("", 1)


@pytest.mark.parametrize("content", [b"", b"not an archive", None])
def test_file_without_out_of_fold_predictions_is_an_error(
    folder: Path, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "out_of_fold.npz"
    if content is None:
        np.savez(path, classes=np.array(["bicycle"]))
    else:
        path.write_bytes(content)
    result = CliRunner().invoke(app, ["validate", str(folder), "--out-of-fold", str(path)])
    assert result.exit_code == 2
    assert "no out-of-fold predictions" in result.output


def test_model_that_knows_the_classes_is_compared_with_the_labels(
    folder: Path, shipped: Path
) -> None:
    predictor = Predictor.load(shipped)
    assert validate_folder(folder, predictor).model_version == predictor.manifest.model_version


def test_model_that_does_not_know_the_classes_is_not_compared(
    tmp_path: Path, shipped: Path
) -> None:
    for label in ("van", "tram"):
        put(tmp_path, f"mine/{label}/a.png", scene(len(label)))
    validation = validate_folder(tmp_path, Predictor.load(shipped))
    assert validation.model_version == ""
    assert {photo.file.label for photo in validation.checked} == {"van", "tram"}


def test_imbalance_gives_remarks(folder: Path) -> None:
    for number in range(12):
        put(folder, f"negatives/train/other/{number}.png", plain(number))
    remarks = " ".join(validate_folder(folder).remarks)
    assert "only 1 photos of 'bicycle' to train on" in remarks
    assert "all photos of source 'negatives' are 'other'" in remarks


def test_folder_without_photos_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UnusableData, match="no photos"):
        validate_folder(tmp_path)


def test_report_shows_pictures_and_runs_nothing(folder: Path) -> None:
    put(folder, f"yard/train/other/{HOSTILE}", scene(0))
    html = render(validate_folder(folder))
    assert "data:image/jpeg;base64," in html
    assert "<img src=x" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;" in html
    assert not re.search(r"<script|https?://|javascript:|style=", html)
    assert "default-src 'none'" in html


def test_command_writes_report_and_document(folder: Path, tmp_path: Path) -> None:
    report = tmp_path / "out" / "validation.html"
    asked = ["validate", str(folder), "--html", str(report), "--json"]
    result = CliRunner().invoke(app, asked)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["files"] == 6
    assert report.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_command_names_a_missing_folder(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["validate", str(tmp_path / "none")])
    assert result.exit_code == 2
    assert "there is no folder" in result.output
