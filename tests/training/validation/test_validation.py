"""The findings of a validation of labelled photos."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.pictures import encoded
from tests.training.data.test_photo_set import CLASSES, SPEC, plain, put
from tests.training.validation.test_near_duplicates import a_scene, reencoded
from training.__main__ import app
from training.data.prepared import prepare_all
from training.data.sources.files import LabelledFile, UnusableData, in_memory
from training.data.splits import digest_of
from training.report.validation import render
from training.serving.predictor import Predictor
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


def test_label_that_differs_from_a_confident_prediction_is_suspicious(tmp_path: Path) -> None:
    labels = ("bicycle", "bicycle", "other", "other")
    files = [
        LabelledFile(source="yard", label=label, name=f"{row}.png", read=in_memory(scene(row)))
        for row, label in enumerate(labels)
    ]
    digests = [digest_of(file.read()) for file in files]
    predictions = FilePredictions(
        probabilities=np.array(
            [[0.95, 0.05, 0], [0.02, 0.97, 0.01], [0.91, 0, 0.09], [0.8, 0, 0.2]]
        ),
        classes=CLASSES,
        model_version="v1",
    )
    validation = validate(
        [
            Checked(side="train", file=file, digest=digest)
            for file, digest in zip(files, digests, strict=True)
        ],
        prepare_all(files, digests, spec=SPEC, cache_dir=tmp_path),
        why_unreadable=str,
        predictions=predictions,
    )
    # The first is right, the last not confident enough.
    suspicions = [(entry.checked.file.name, entry.predicted) for entry in validation.suspicions]
    assert suspicions == [("1.png", "motorcycle"), ("2.png", "bicycle")]


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
