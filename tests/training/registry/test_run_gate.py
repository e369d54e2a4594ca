"""The gate on real artefacts, and its commands."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pytest
from moto import mock_aws
from typer.testing import CliRunner, Result

from tests.pictures import a_picture, encoded
from training.__main__ import app
from training.registry.model_store import ModelStore
from training.registry.registry import Registry
from training.registry.run_gate import predictions_of
from training.serving.manifest import Manifest

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/scones-serving:1"


@pytest.fixture
def photos(tmp_path: Path, shipped: Path) -> Path:
    """A few pictures, far too few for a decision."""
    for label in Manifest.load(shipped / "manifest.json").classes:
        folder = tmp_path / "data" / "drawn" / "test" / label
        folder.mkdir(parents=True)
        for side in (64, 96):
            picture = encoded(a_picture((side, side)), "PNG")
            (folder / f"{side}.png").write_bytes(picture + label.encode())
    return tmp_path / "data"


@pytest.fixture
def candidate(model_with: Callable[[Callable[[dict[str, Any]], None]], Path]) -> Path:
    """The shipped model under another name."""
    return model_with(lambda manifest: manifest.update(model_version="candidate"))


def training(*words: str) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_decisions_follow_each_models_own_policy(shipped: Path) -> None:
    manifest = Manifest.load(shipped / "manifest.json")
    sure, unsure = manifest.threshold, manifest.threshold - 0.001
    rest = [(1 - value) / (len(manifest.classes) - 1) for value in (sure, unsure, 0.9)]
    rows = [[rest[0]] * len(manifest.classes) for _ in range(3)]
    rows[0][0] = sure
    rows[1] = [rest[1]] * len(manifest.classes)
    rows[1][1] = unsure
    rows[2] = [rest[2]] * len(manifest.classes)
    rows[2][-1] = 0.9
    predictions = predictions_of(manifest, np.array(rows), np.zeros(3, dtype=np.bool_))
    assert predictions.predicted.tolist() == [
        manifest.classes[0],
        manifest.classes[1],
        manifest.classes[-1],
    ]
    assert predictions.assigned.tolist() == [True, False, False]
    assert set(predictions.forced) <= set(manifest.vehicle_classes)


def test_photo_with_a_quality_defect_is_not_assigned_by_the_gate(shipped: Path) -> None:
    manifest = Manifest.load(shipped / "manifest.json")
    rows = np.zeros((2, len(manifest.classes)))
    rows[:, 0] = 0.999
    predictions = predictions_of(manifest, rows, np.array([False, True]))
    assert predictions.assigned.tolist() == [True, False]
    assert predictions.predicted.tolist() == [manifest.classes[0]] * 2


def test_equal_model_is_refused_with_reasons(photos: Path, candidate: Path) -> None:
    """Two folders are compared without AWS."""
    result = training("promote", str(candidate), "--data", str(photos))
    assert result.exit_code == 1
    assert "candidate against" in result.output
    assert "not provably better" in result.output
    assert "at least 300 are needed" in result.output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["promote", "nowhere", "--data", "x"], "is not a folder"),
        (["promote", "training", "--data", "x"], "manifest.json"),
        (["unpack", "nowhere"], "is neither a file nor"),
        (["pack", "nowhere"], "cannot be read"),
    ],
)
def test_command_that_cannot_run_prints_one_sentence(words: list[str], message: str) -> None:
    result = training(*words)
    assert result.exit_code == 2
    assert message in result.output
    assert "Traceback" not in result.output


def test_candidate_is_registered_compared_and_approved(
    photos: Path, candidate: Path, tmp_path: Path
) -> None:
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="models")
        registration = ["--bucket", "models", "--image-uri", IMAGE]
        promoted = training("promote", str(candidate), "--data", str(photos), *registration)
        assert promoted.exit_code == 1
        registry = Registry(
            sagemaker=boto3.client("sagemaker"), store=ModelStore(s3=s3, bucket="models")
        )
        (package,) = registry.packages()
        assert (package.status, package.model_version) == ("Rejected", "candidate")
        assert package.metadata["gate"] == "refused"

        refused = training("approve", package.arn, "--by", "ana")
        assert refused.exit_code == 2
        assert "--reason" in refused.output
        out = str(tmp_path / "models")
        result = training("approve", package.arn, "--by", "ana", "--reason", "x", "--out", out)
        assert result.exit_code == 0
        assert f"--model-url {package.model_data_url}" in " ".join(result.output.split())
        manifest = json.loads((tmp_path / "models/candidate/manifest.json").read_text("utf-8"))
        assert manifest["model_version"] == "candidate"

        listed = training("models")
        assert "candidate" in listed.output
        assert "Approved" in listed.output


def test_packed_model_is_unpacked_unchanged(shipped: Path, tmp_path: Path) -> None:
    archive = tmp_path / "model.tar.gz"
    assert training("pack", str(shipped), "--out", str(archive)).exit_code == 0
    folder = tmp_path / "model"
    assert training("unpack", str(archive), "--out", str(folder)).exit_code == 0
    assert (folder / "model.onnx").read_bytes() == (shipped / "model.onnx").read_bytes()
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--role", "me"], "not a role's ARN"),
        (["--set", "epoch=3"], "no hyperparameter"),
        (["--set", "epochs"], "--set needs name=value"),
        (["--no-spot", "--max-wait", "9000"], "for spot jobs"),
        ([], "create the role"),
    ],
)
def test_job_that_cannot_start_prints_the_reason(words: list[str], message: str) -> None:
    role = [] if "--role" in words else ["--role", "arn:aws:iam::123456789012:role/training"]
    with mock_aws():
        result = training("launch", *role, "--bucket", "models", "--data", "s3://b/d", *words)
    assert result.exit_code == 2
    assert message in result.output.replace("\n", " ")
