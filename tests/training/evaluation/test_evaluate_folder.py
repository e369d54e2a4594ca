"""The evaluation of a folder: figures, report and command."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from handlers.domain.photo import wire_image
from infra.cli import app
from tests.pictures import a_jpeg, a_picture, encoded, turned
from tests.training.conftest import ManifestEdit
from tests.training.data.test_photo_set import put
from training.data.sources.files import UnusableData
from training.evaluation.evaluate_folder import Measured, measure
from training.report.evaluation import render
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
    result = measure(predictor, tmp_path)
    assert (len(result.photos), result.split) == (12, None)
    held_back = measure(predictor, tmp_path, held_back=True)
    assert 0 < len(held_back.photos) < 12


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


def test_file_that_is_not_a_photo_is_counted(folder: Path, predictor: Predictor) -> None:
    put(folder, "yard/test/bicycle/notes.txt", b"not a photo")
    result = measure(predictor, folder)
    assert (result.unreadable, len(result.photos)) == (1, 3)


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
    put(tmp_path, "turned/bicycle/a.jpg", turned(6))
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
    tmp_path: Path, predictor: Predictor
) -> None:
    put(tmp_path, "other/a.jpg", a_jpeg())
    result: Measured = measure(predictor, tmp_path)
    assert result.by_quality == result.by_perturbation == ()
    assert "<svg" in render(result)


def test_model_with_other_classes_is_measured_on_its_own(
    model_with: Callable[[ManifestEdit], Path], tmp_path: Path
) -> None:
    def rename(manifest: dict[str, object]) -> None:
        manifest["classes"] = ["van", "tram", "nothing"]
        policy = manifest["policy"]
        assert isinstance(policy, dict)
        policy["vehicle_classes"] = ["van", "tram"]

    put(tmp_path / "mine", "tram/a.jpg", a_jpeg())
    result = measure(Predictor.load(model_with(rename)), tmp_path / "mine")
    assert result.to_wire()["classes"] == ["van", "tram", "nothing"]
    assert [group.label for group in result.figures.groups] == ["tram"]


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
