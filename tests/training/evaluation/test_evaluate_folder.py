"""The evaluation of a folder: figures, report and command."""

import errno
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from handlers.domain.photo import wire_image
from infra.cli import app
from tests.pictures import a_jpeg, a_picture, encoded, turned
from tests.training.conftest import ManifestEdit
from tests.training.data.test_photo_set import put
from training.data.sources.files import UnusableData
from training.data.splits import digest_of
from training.evaluation.decision import decide_all
from training.evaluation.evaluate_folder import Measured, SingleClass, measure
from training.evaluation.training_photos import write_training_photos
from training.report.evaluation import render
from training.report.evaluation_summary import summary
from training.serving.predictor import Predictor
from training.serving.preprocess import normalise, preprocess

HOSTILE = "<script>alert(1)</script>.jpg"


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return Predictor.load(Path(__file__).parents[3] / "training" / "shipped")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    put(data, "yard/test/bicycle/a.jpg", a_jpeg())
    put(data, "yard/test/motorcycle/b.jpg", a_jpeg((320, 240)))
    put(data, "street/test/other/c.png", encoded(a_picture((90, 60)), "PNG"))
    put(data, "yard/train/bicycle/d.jpg", a_jpeg((100, 100)))
    return data


def test_only_test_photos_of_a_split_folder_are_measured(
    folder: Path, predictor: Predictor
) -> None:
    result = measure(predictor, folder)
    assert (len(result.photos), result.split) == (3, "test")


def test_all_photos_of_a_folder_without_a_test_side_are_measured(
    tmp_path: Path, predictor: Predictor
) -> None:
    for number in range(12):
        put(tmp_path, f"bicycle/{number}.jpg", a_jpeg((200 + number, 160)))
        put(tmp_path, f"other/{number}.jpg", a_jpeg((200, 100 + number)))
    result = measure(predictor, tmp_path)
    assert (len(result.photos), result.split) == (24, None)
    held_back = measure(predictor, tmp_path, held_back=True)
    assert 1 < len(held_back.photos) < 24


def test_sources_without_sides_are_measured(tmp_path: Path, predictor: Predictor) -> None:
    put(tmp_path, "yard/bicycle/a.jpg", a_jpeg())
    put(tmp_path, "street/other/b.jpg", a_jpeg((320, 240)))
    assert set(measure(predictor, tmp_path).photos.sources) == {"street", "yard"}


def test_folders_of_other_classes_are_named(folder: Path, predictor: Predictor) -> None:
    put(folder, "yard/test/helicopter/e.jpg", a_jpeg())
    assert measure(predictor, folder).ignored == ("helicopter",)


def test_folder_of_unknown_classes_alone_is_an_error(tmp_path: Path, predictor: Predictor) -> None:
    put(tmp_path, "helicopter/e.jpg", a_jpeg())
    with pytest.raises(UnusableData, match="folders there: helicopter"):
        measure(predictor, tmp_path)


def test_file_that_is_not_a_photo_is_named_with_the_reason(
    folder: Path, predictor: Predictor
) -> None:
    put(folder, "yard/test/bicycle/notes.txt", b"not a photo")
    put(folder, "yard/test/bicycle/half.jpg", a_jpeg()[:900])
    result = measure(predictor, folder)
    assert len(result.photos) == 3
    assert result.to_wire()["unreadable"] == {
        "yard/test/bicycle/half.jpg": "corrupt",
        "yard/test/bicycle/notes.txt": "not_a_photo",
    }
    for text in (summary(result, None), render(result)):
        assert "yard/test/bicycle/notes.txt" in text
        assert "not_a_photo" in text


def test_file_that_cannot_be_opened_is_named_with_the_systems_reason(
    folder: Path, predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a patch, as the administrator, who runs some of these tests, can open every file."""
    put(folder, "yard/test/bicycle/locked.jpg", a_jpeg())
    read_bytes = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path.name == "locked.jpg":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    result = measure(predictor, folder)
    assert result.to_wire()["unreadable"] == {
        "yard/test/bicycle/locked.jpg": "cannot be opened: Permission denied"
    }


def test_photos_of_one_class_are_an_error(tmp_path: Path, predictor: Predictor) -> None:
    put(tmp_path, "bicycle/a.jpg", a_jpeg())
    put(tmp_path, "bicycle/b.jpg", a_jpeg((320, 240)))
    put(tmp_path, "other/notes.txt", b"not a photo")
    with pytest.raises(SingleClass, match=r"all 2 photos .* are 'bicycle'"):
        measure(predictor, tmp_path)
    result = CliRunner().invoke(app, ["evaluate", str(tmp_path), "--out", str(tmp_path / "r.html")])
    assert result.exit_code == 2
    assert "scones: all 2 photos" in result.output
    assert not (tmp_path / "r.html").exists()


def test_every_photo_is_listed_with_its_decision_as_in_service(
    folder: Path, predictor: Predictor
) -> None:
    put(folder, "yard/test/bicycle/notes.txt", b"not a photo")
    put(folder, "yard/test/motorcycle/dark.png", encoded(Image.new("RGB", (90, 90)), "PNG"))
    result = measure(predictor, folder)
    listed = {entry.path: entry for entry in result.photo_list()}
    assert sorted(listed) == [
        "street/test/other/c.png",
        "yard/test/bicycle/a.jpg",
        "yard/test/bicycle/notes.txt",
        "yard/test/motorcycle/b.jpg",
        "yard/test/motorcycle/dark.png",
    ]
    assert listed["yard/test/bicycle/notes.txt"].decision == "reject"
    dark = listed["yard/test/motorcycle/dark.png"]
    assert (dark.label, dark.decision, dark.reason) == ("motorcycle", "review", "poor_quality")
    assert "dark" in " ".join(dark.defects)
    decisions = decide_all(
        result.probabilities,
        vehicles=predictor.manifest.vehicle_columns,
        threshold=predictor.manifest.threshold,
        has_defect=result.photos.has_defect,
    )
    for row, entry in enumerate(result.results):
        assert entry.predicted == predictor.manifest.classes[decisions.predicted[row]]
        assert (entry.decision == "assign") == decisions.assigned[row]
        assert list(entry.probabilities.values()) == result.probabilities[row].tolist()


def test_copies_are_listed_one_by_one(tmp_path: Path, predictor: Predictor) -> None:
    for name in ("bicycle/a.jpg", "bicycle/copy.jpg"):
        put(tmp_path, name, a_jpeg())
    put(tmp_path, "other/b.jpg", a_jpeg((90, 60)))
    paths = [entry.path for entry in measure(predictor, tmp_path).photo_list()]
    assert paths == ["bicycle/a.jpg", "bicycle/copy.jpg", "other/b.jpg"]


@pytest.fixture
def listing_model(model_with: Callable[[ManifestEdit], Path], folder: Path) -> Path:
    """The shipped model, as if it had been trained on one of the photos."""
    model = model_with(lambda manifest: manifest.update(model_version="listing"))
    content = (folder / "yard/test/bicycle/a.jpg").read_bytes()
    write_training_photos(model, [digest_of(content)])
    return model


def test_photos_that_the_model_was_trained_on_are_warned_of(
    listing_model: Path, folder: Path, tmp_path: Path
) -> None:
    report = tmp_path / "report.html"
    words = ["evaluate", str(folder), "--model", str(listing_model), "--out", str(report)]
    warning = "model listing was trained on 1 of these 3 photos"
    assert warning in CliRunner().invoke(app, words).stdout
    assert warning in report.read_text(encoding="utf-8")
    photos = tmp_path / "photos.json"
    document = json.loads(
        CliRunner().invoke(app, [*words, "--json", "--photos", str(photos)]).stdout
    )
    assert document["trained_on"] == 1
    entries = json.loads(photos.read_text(encoding="utf-8"))["photos"]
    assert [entry["path"] for entry in entries if entry["trained_on"]] == [
        "yard/test/bicycle/a.jpg"
    ]


def test_model_without_a_list_of_its_photos_cannot_tell(folder: Path, predictor: Predictor) -> None:
    result = measure(predictor, folder)
    assert result.trained_on is None
    assert "is not known" in summary(result, None)


def test_two_models_are_compared_on_the_same_photos(
    listing_model: Path, folder: Path, tmp_path: Path
) -> None:
    """The other one is the same network, which assigns nothing and whose classes are swapped."""
    path = listing_model / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["classes"][:2] = reversed(manifest["classes"][:2])
    manifest["policy"]["threshold"] = 1.0
    path.write_text(json.dumps(manifest), encoding="utf-8")
    report = tmp_path / "report.html"
    words = ["evaluate", str(folder), "--against", str(listing_model), "--out", str(report)]
    against = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)["against"]
    forced = against["figures"]["right vehicle when forced"]
    assert (forced["of"], forced["measured"] + forced["other"]) == (2, 2)  # swapped: one of them
    assert forced["measured_alone"] + forced["other_alone"] == 2
    assert -1 <= forced["difference_low_95"] < forced["difference_high_95"] <= 1
    assert against["figures"]["vehicles assigned"]["other"] == 0
    assert against["trained_on"] == 1
    assert "Beside model listing" in report.read_text(encoding="utf-8")


def test_folder_without_a_single_photo_is_an_error(tmp_path: Path, predictor: Predictor) -> None:
    put(tmp_path, "bicycle/notes.txt", b"not a photo")
    with pytest.raises(UnusableData, match="none of them is a photo"):
        measure(predictor, tmp_path)


def test_photo_is_predicted_as_the_server_predicts_its_wire_image(
    folder: Path, predictor: Predictor
) -> None:
    """Bit by bit up to the tensor; a batch of photos may be rounded differently in the model."""
    result = measure(predictor, folder)
    for row, label in enumerate(result.photos.labels):
        name = predictor.manifest.classes[label]
        original = next(folder.glob(f"*/test/{name}/*")).read_bytes()
        prepared = wire_image.prepare(original)
        assert isinstance(prepared, wire_image.Prepared)
        tensor = preprocess(prepared.wire_image, predictor.manifest.input)
        measured = normalise(result.photos.pixels[row : row + 1], predictor.manifest.input)
        assert np.array_equal(measured, tensor)
        served = predictor.predict(prepared.wire_image).probabilities
        assert result.probabilities[row].tolist() == pytest.approx(list(served.values()), abs=1e-6)


def test_turned_photo_is_measured_upright(tmp_path: Path, predictor: Predictor) -> None:
    put(tmp_path, "plain/bicycle/a.jpg", turned(1))
    put(tmp_path, "turned/other/a.jpg", turned(6))
    result = measure(predictor, tmp_path)
    difference = result.photos.pixels[0].astype(int) - result.photos.pixels[1]
    assert np.abs(difference).mean() < 2
    assert result.photos.quality is not None
    assert result.photos.quality["orientation"].tolist() == [1, 6]


def test_report_is_one_page_that_runs_nothing(folder: Path, predictor: Predictor) -> None:
    put(folder, f"yard/test/bicycle/{HOSTILE.replace('/', '_')}", a_jpeg((333, 222)))
    html = render(measure(predictor, folder))
    assert html.count("<svg") == 2
    assert not re.search(r"<script|https?://|javascript:|style=", html)
    for title in ("By source and class", "Confusion matrix", "altered on purpose"):
        assert title in html


def test_report_of_photos_without_a_vehicle_is_written(
    model_with: Callable[[ManifestEdit], Path], tmp_path: Path
) -> None:
    def assign_bicycles_alone(manifest: dict[str, Any]) -> None:
        manifest["policy"]["vehicle_classes"] = ["bicycle"]

    put(tmp_path / "mine", "other/a.jpg", a_jpeg())
    put(tmp_path / "mine", "motorcycle/b.jpg", a_jpeg((320, 240)))
    predictor = Predictor.load(model_with(assign_bicycles_alone))
    result: Measured = measure(predictor, tmp_path / "mine")
    assert result.by_quality == result.by_perturbation == ()
    assert "<svg" in render(result)


def test_model_with_other_classes_is_measured_on_its_own(
    model_with: Callable[[ManifestEdit], Path], tmp_path: Path
) -> None:
    def rename(manifest: dict[str, Any]) -> None:
        manifest["classes"] = ["van", "tram", "nothing"]
        manifest["policy"]["vehicle_classes"] = ["van", "tram"]

    put(tmp_path / "mine", "tram/a.jpg", a_jpeg())
    put(tmp_path / "mine", "nothing/b.jpg", a_jpeg((320, 240)))
    result = measure(Predictor.load(model_with(rename)), tmp_path / "mine")
    assert result.to_wire()["classes"] == ["van", "tram", "nothing"]
    assert [group.label for group in result.figures.groups] == ["tram", "nothing"]


def test_command_prints_a_document_and_writes_the_report(folder: Path, tmp_path: Path) -> None:
    report = tmp_path / "deep" / "report.html"
    result = CliRunner().invoke(app, ["evaluate", str(folder), "--json", "--out", str(report)])
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert document["photos"] == 3
    assert document["report"] == str(report)
    assert 0 <= document["calibration_error_debiased"] <= 1
    assert report.is_file()


def test_command_prints_readable_figures(folder: Path, tmp_path: Path) -> None:
    words = ["evaluate", str(folder), "--out", str(tmp_path / "report.html")]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    assert "right among all assigned, non-vehicles included:" in result.stdout
    assert "3 test photos" in result.stdout


@pytest.mark.parametrize("words", [["none"], [".", "--model", "none"]])
def test_command_names_a_missing_folder_or_model(words: list[str], tmp_path: Path) -> None:
    where = [str(tmp_path / words[0]), *words[1:], "--out", str(tmp_path / "report.html")]
    result = CliRunner().invoke(app, ["evaluate", *where])
    assert result.exit_code == 2
    assert result.output.startswith("scones: ")
    assert not (tmp_path / "report.html").exists()
