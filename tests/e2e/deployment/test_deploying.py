"""A stage is deployed, tried, changed and rolled back by the commands that operators use."""

import json
from pathlib import Path
from typing import Any

import pytest

from handlers.domain.ledger.identity import CANARY_DRIVER
from infra.operations.deployment.history import History
from tests.conftest import ROOT
from tests.e2e.deployment.conftest import FIRST, SECOND, Json, Sandbox

pytestmark = pytest.mark.e2e

PIPELINE, SERVING = "Scones-dev-Pipeline", "Scones-dev-Serving"
SHIPPED = ROOT / "training" / "shipped" / "manifest.json"


def test_an_empty_account_is_bootstrapped_and_gets_the_stage(deployed: tuple[Json, str]) -> None:
    document, shown = deployed
    assert "cdk bootstrap` runs first" in shown
    assert document["changed"] == [PIPELINE]
    assert document["not_deployed"] == [SERVING]


def test_a_canary_for_each_class_and_each_refusal_has_its_outcome(
    deployed: tuple[Json, str],
) -> None:
    canaries = deployed[0]["canaries"]
    assert [canary["problem"] for canary in canaries] == [""] * len(canaries)
    outcomes = {canary["outcome"] for canary in canaries}
    assert outcomes == {"assigned", "in_review", "rejected"}
    reasons = {canary["reason"] for canary in canaries if canary["outcome"] == "rejected"}
    assert reasons == {"corrupt", "empty", "not_a_photo", "too_large"}


def test_nothing_of_the_canaries_remains(sandbox: Sandbox, deployed: tuple[Json, str]) -> None:
    assert deployed[0]["canaries"]
    target = sandbox.target()

    def client(service: str) -> Any:
        return sandbox.session.client(service)

    for table in ("PhotosTable", "AssignmentsTable"):
        assert client("dynamodb").scan(TableName=target.output(table))["Items"] == [], table
    intake = client("s3").list_object_versions(Bucket=target.output("IntakeBucket"))
    assert not {"Versions", "DeleteMarkers"} & intake.keys()
    labels = client("s3").list_objects_v2(Bucket=target.output("LabelsBucket"))
    assert "Contents" not in labels
    for queue in ("ReviewQueueUrl", "FailuresQueueUrl"):
        messages = client("sqs").receive_message(QueueUrl=target.output(queue))
        assert CANARY_DRIVER not in json.dumps(messages.get("Messages", []))


@pytest.fixture(scope="session")
def rollout(
    sandbox: Sandbox, deployed: tuple[Json, str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Json, Path]:
    """The next model beside the present one: its document, and its manifest."""
    assert deployed[0]["is_deployed"]
    manifest = json.loads(SHIPPED.read_text(encoding="utf-8")) | {"model_version": "next"}
    file = tmp_path_factory.mktemp("next") / "manifest.json"
    file.write_text(json.dumps(manifest), encoding="utf-8")
    options = ("--model-url", SECOND, "--manifest", "training/shipped/manifest.json")
    document, shown = sandbox.run(
        *("deploy", "dev", "--yes", "--no-canary", *options, "--manifest", str(file))
    )
    assert f'model_data_url: "{FIRST}" -> "{SECOND}"' in shown
    return document, file


def test_a_rollout_changes_file_and_policy_and_a_rollback_returns_to_the_former_model(
    sandbox: Sandbox, rollout: tuple[Json, Path]
) -> None:
    document, manifest = rollout
    assert document["is_deployed"]
    assert (document["changed"], document["model_version"]) == ([PIPELINE], "next")
    assert f'model_data_url = "{SECOND}"' in sandbox.file()
    parameter = sandbox.target().output("PolicyParameter")
    ssm = sandbox.session.client("ssm")
    policy = json.loads(ssm.get_parameter(Name=parameter)["Parameter"]["Value"])
    shipped = json.loads(SHIPPED.read_text(encoding="utf-8"))["model_version"]
    assert set(policy["models"]) == {shipped, "next"}
    assert str(manifest) in sandbox.file()

    document, shown = sandbox.run("rollback", "dev", "--yes", "--no-canary")
    assert "rolling back from model next to" in shown
    assert f'model_data_url = "{FIRST}"' in sandbox.file()
    assert document["is_deployed"]
    records = History(sandbox.session.client("ssm"), stage="dev").records()
    assert [record.settings["model_data_url"] for record in records] == [FIRST, SECOND, FIRST]
    assert [record.restores for record in records] == [0, 0, 1]
    # What was deployed is what the file says.
    again, shown = sandbox.run("deploy", "dev", "--dry-run")
    assert not again["is_deployed"]
    assert f"{PIPELINE}: no differences" in shown
