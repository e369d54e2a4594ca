"""A model's figures on photos whose truth is known."""

import hashlib
import json
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from typer.testing import CliRunner

from infra.demo.samples import named_samples
from tests.pictures import a_jpeg
from training.__main__ import app
from training.data.photo_set import PhotoSet
from training.evaluation.metrics import Evaluation, evaluate


def evaluated(
    rows: list[tuple[str, int, list[float]]], has_defect: NDArray[np.bool_] | None = None
) -> Evaluation:
    """Evaluate rows of source, label, probabilities of bicycle, motorcycle, other."""
    count = len(rows)
    photos = PhotoSet(
        pixels=np.zeros((count, 1, 1, 3), dtype=np.uint8),
        labels=np.array([label for _, label, _ in rows], dtype=np.int64),
        sources=np.array([source for source, _, _ in rows]),
        hashes=np.array(["0" * 64] * count),
    )
    return evaluate(
        np.array([values for _, _, values in rows]),
        photos,
        classes=("bicycle", "motorcycle", "other"),
        vehicles=[0, 1],
        threshold=0.9,
        has_defect=has_defect,
    )


def test_forced_choice_ignores_classes_that_are_not_vehicles() -> None:
    result = evaluated([("yard", 0, [0.3, 0.1, 0.6]), ("yard", 1, [0.3, 0.1, 0.6])])
    assert (result.forced_by_source["yard"].count, result.forced_by_source["yard"].of) == (1, 2)


def test_average_over_sources_weighs_each_source_once() -> None:
    rows = [("large", 0, [1.0, 0.0, 0.0])] * 9 + [("small", 1, [1.0, 0.0, 0.0])]
    assert evaluated(rows).forced_macro_average == 0.5


def test_assigned_non_vehicle_counts_as_an_error() -> None:
    result = evaluated([("yard", 0, [0.95, 0.05, 0.0]), ("yard", 2, [0.95, 0.05, 0.0])])
    assert (result.assigned_right.count, result.assigned_right.of) == (1, 2)
    assert (result.non_vehicles_assigned.count, result.non_vehicles_assigned.of) == (1, 1)
    assert (result.vehicles_assigned.count, result.vehicles_assigned.of) == (1, 1)


def test_unsure_photo_is_not_assigned() -> None:
    assert evaluated([("yard", 0, [0.85, 0.15, 0.0])]).vehicles_assigned.count == 0


def test_photo_with_a_quality_defect_is_not_assigned() -> None:
    rows = [("yard", 0, [0.95, 0.05, 0.0]), ("yard", 1, [0.95, 0.05, 0.0])]
    result = evaluated(rows, np.array([False, True]))
    assert (result.assigned_right.count, result.assigned_right.of) == (1, 1)
    assert result.vehicles_assigned.count == 1


def test_command_line_does_not_assign_a_photo_with_a_quality_defect(tmp_path: Path) -> None:
    """The command measures the served system, where a person decides about a poor photo."""
    bicycle = next(photo for photo in named_samples() if photo.name == "bicycle-red.jpg").data
    dark = BytesIO()
    with Image.open(BytesIO(bicycle)) as image:
        Image.eval(image, lambda value: value // 16).save(dark, "JPEG")
    assigned = {}
    for source, content in {"plain": bicycle, "dark": dark.getvalue()}.items():
        path = tmp_path / source / "test" / "bicycle" / "a.jpg"
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
    result = CliRunner().invoke(app, ["evaluate", "--data", str(tmp_path), "--json"])
    for group in json.loads(result.output[result.output.index("{") :])["groups"]:
        assigned[group["source"]] = group["assigned"]["count"]
    assert assigned == {"plain": 1, "dark": 0}


def test_command_line_measures_the_shipped_model(tmp_path: Path) -> None:
    photo = tmp_path / "yard" / "test" / "bicycle" / "a.jpg"
    photo.parent.mkdir(parents=True)
    photo.write_bytes(a_jpeg())
    result = CliRunner().invoke(app, ["evaluate", "--data", str(tmp_path), "--json"])
    assert result.exit_code == 0, result.output
    document = json.loads(result.output[result.output.index("{") :])
    assert document["forced_choice_by_source"]["yard"]["of"] == 1


def test_command_line_names_a_folder_without_photos(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["evaluate", "--data", str(tmp_path)])
    assert result.exit_code == 2
    assert "no photos under" in result.output


def test_only_the_named_sources_are_measured(tmp_path: Path) -> None:
    for source in ("yard", "street"):
        photo = tmp_path / source / "test" / "bicycle" / "a.jpg"
        photo.parent.mkdir(parents=True)
        photo.write_bytes(a_jpeg())
    command = ["evaluate", "--data", str(tmp_path), "--json", "--sources"]
    result = CliRunner().invoke(app, [*command, "street"])
    document = json.loads(result.output[result.output.index("{") :])
    assert [group["source"] for group in document["groups"]] == ["street"]
    refused = CliRunner().invoke(app, [*command, "street,sea"])
    assert refused.exit_code == 2
    assert "no test photos of the sources sea" in refused.output


def test_corrected_label_counts(tmp_path: Path) -> None:
    photo = tmp_path / "data" / "yard" / "test" / "bicycle" / "a.jpg"
    photo.parent.mkdir(parents=True)
    photo.write_bytes(a_jpeg())
    digest = hashlib.sha256(photo.read_bytes()).hexdigest()
    corrections = tmp_path / "corrections.jsonl"
    corrections.write_text(json.dumps({"sha256": digest, "label": "motorcycle", "reason": "plain"}))
    command = ["evaluate", "--data", str(tmp_path / "data"), "--json"]
    result = CliRunner().invoke(app, [*command, "--corrections", str(corrections)])
    document = json.loads(result.output[result.output.index("{") :])
    assert {group["label"] for group in document["groups"]} == {"motorcycle"}
