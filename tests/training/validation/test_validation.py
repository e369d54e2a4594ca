"""What a look at labelled photos finds."""

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
from training.data.sources.files import LabelledFile, UnusableData, held
from training.data.splits import digest_of
from training.report.validation import render
from training.serving.predictor import Predictor
from training.validation.checks import Judgement, validate
from training.validation.findings import Checked, Validation
from training.validation.validate_folder import examine

HOSTILE = "<img src=x onerror=alert(1)>.png"


def scene(seed: int) -> bytes:
    return encoded(a_scene(seed), "PNG")


def look(folder: Path, predictor: Predictor | None = None) -> Validation:
    spec = predictor.manifest.input if predictor else SPEC
    return examine([folder], classes=CLASSES, spec=spec, archive_limit=0, predictor=predictor)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    for number, label in enumerate(CLASSES):
        put(data, f"yard/train/{label}/a.png", scene(number))
        put(data, f"yard/test/{label}/b.png", scene(10 + number))
    return data


def test_photos_are_counted_by_source_side_and_class(folder: Path) -> None:
    one_each = dict.fromkeys(CLASSES, 1)
    assert look(folder).counts() == {"yard": {"train": one_each, "test": one_each}}


def test_nothing_is_wrong_with_good_photos(folder: Path) -> None:
    found = look(folder)
    assert (found.unreadable, found.duplicates, found.near_duplicates) == ({}, (), ())


def test_file_that_is_no_photo_is_named_with_the_reason(folder: Path) -> None:
    put(folder, "yard/train/bicycle/notes.txt", b"not a photo")
    wire = look(folder).to_wire()
    assert wire["unreadable"] == {"train: yard/bicycle/notes.txt": "not_a_photo"}


def test_same_bytes_on_both_sides_are_a_leak(folder: Path) -> None:
    put(folder, "street/test/bicycle/copy.png", scene(0))
    found = look(folder)
    assert [str(each) for each in found.leaks[0].members] == [
        "train: yard/bicycle/a.png",
        "test: street/bicycle/copy.png",
    ]


def test_same_bytes_under_two_labels_are_a_conflict(folder: Path) -> None:
    put(folder, "yard/train/other/copy.png", scene(0))
    found = look(folder)
    assert found.conflicts[0].labels == ("bicycle", "other")
    assert found.leaks == ()


def test_look_alikes_across_the_sides_come_first(folder: Path) -> None:
    put(folder, "yard/train/bicycle/within.png", encoded(reencoded(a_scene(0)), "PNG"))
    put(folder, "yard/test/motorcycle/across.png", encoded(reencoded(a_scene(1)), "PNG"))
    found = look(folder)
    assert [each.crosses_sides for each in found.near_duplicates] == [True, False]
    assert found.duplicates == ()


def test_three_look_alikes_are_one_group(folder: Path) -> None:
    for number, quality in enumerate((60, 75)):
        copy = encoded(a_scene(0), "JPEG", quality=quality)
        put(folder, f"yard/train/bicycle/{number}.jpg", copy)
    assert [len(each.members) for each in look(folder).near_duplicates] == [3]


def test_label_that_the_model_doubts_is_suspicious(tmp_path: Path) -> None:
    labels = ("bicycle", "bicycle", "other", "other")
    files = [
        LabelledFile(source="yard", label=label, name=f"{row}.png", read=held(scene(row)))
        for row, label in enumerate(labels)
    ]
    digests = [digest_of(file.read()) for file in files]
    judged = Judgement(
        probabilities=np.array(
            [[0.95, 0.05, 0], [0.02, 0.97, 0.01], [0.91, 0, 0.09], [0.8, 0, 0.2]]
        ),
        classes=CLASSES,
        model_version="v1",
    )
    found = validate(
        [
            Checked(side="train", file=file, digest=digest)
            for file, digest in zip(files, digests, strict=True)
        ],
        prepare_all(files, digests, spec=SPEC, cache_dir=tmp_path),
        why_unreadable=str,
        judged=judged,
    )
    # The first is right, the last not sure enough.
    assert [(each.checked.file.name, each.says) for each in found.suspicions] == [
        ("1.png", "motorcycle"),
        ("2.png", "bicycle"),
    ]


def test_model_that_knows_the_classes_judges_them(folder: Path, shipped: Path) -> None:
    predictor = Predictor.load(shipped)
    assert look(folder, predictor).judged_by == predictor.manifest.model_version


def test_model_that_does_not_know_the_classes_judges_nothing(tmp_path: Path, shipped: Path) -> None:
    for label in ("van", "tram"):
        put(tmp_path, f"mine/{label}/a.png", scene(len(label)))
    found = look(tmp_path, Predictor.load(shipped))
    assert found.judged_by == ""
    assert {each.file.label for each in found.checked} == {"van", "tram"}


def test_balance_is_remarked_on(folder: Path) -> None:
    for number in range(12):
        put(folder, f"negatives/train/other/{number}.png", plain(number))
    remarks = " ".join(look(folder).remarks)
    assert "only 1 photos of 'bicycle'" in remarks
    assert "all photos of source 'negatives' are 'other'" in remarks


def test_folder_without_photos_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UnusableData, match="no photos"):
        look(tmp_path)


def test_report_shows_pictures_and_runs_nothing(folder: Path) -> None:
    put(folder, f"yard/train/other/{HOSTILE}", scene(0))
    html = render(look(folder))
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


def test_command_says_that_there_is_no_folder(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["validate", str(tmp_path / "none")])
    assert result.exit_code == 2
    assert "there is no folder" in result.output
