"""The synthesized Pipeline on the emulator, with the functions' roles enforced."""

import io
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest

from handlers.aws.dynamodb import plain
from handlers.domain.ledger.identity import photo_id
from handlers.domain.ledger.rows import FINAL_STATUSES
from infra.demo.samples import draw_samples
from infra.local.stage.stage import LocalStage, running_stage
from infra.synthesis.synth import ROOT, synthesize
from monitoring.reconciliation.checker import ConservationResult, check
from monitoring.reconciliation.inventory_reader import Places, read_inventory

TIMEOUT_S = 90


@dataclass(frozen=True)
class Chain:
    """The running pipeline, as drivers and operators use it."""

    stage: LocalStage
    samples: Path

    def upload(self, key: str, data: bytes, **options: Any) -> str:
        """Upload an object and return the id of its photo."""
        bucket = self.stage.outputs["IntakeBucket"]
        stored = self.stage.client("s3").put_object(
            Bucket=bucket, Key=key, Body=io.BytesIO(data), **options
        )
        return photo_id(
            bucket=bucket,
            key=key,
            version_id=stored["VersionId"],
            etag=stored["ETag"].strip('"'),
        )

    def row(self, photo: str) -> dict[str, Any] | None:
        response = self.stage.client("dynamodb").get_item(
            TableName=self.stage.outputs["PhotosTable"],
            Key={"photo_id": {"S": photo}},
            ConsistentRead=True,
        )
        return plain(response["Item"]) if "Item" in response else None

    def outcome(self, photo: str) -> dict[str, Any]:
        """Wait until the photo and its execution have ended; return the row."""
        deadline = time.monotonic() + TIMEOUT_S
        while time.monotonic() < deadline:
            row = self.row(photo)
            if row and row["status"] in FINAL_STATUSES and not self.running():
                return row
            time.sleep(0.1)
        pytest.fail(f"no outcome within {TIMEOUT_S} s: {row}")

    def running(self) -> int:
        response = self.stage.client("stepfunctions").list_executions(
            stateMachineArn=self.stage.outputs["StateMachineArn"], statusFilter="RUNNING"
        )
        return len(response["executions"])

    def executions(self) -> list[dict[str, Any]]:
        """Running and ended executions, with their input."""
        client = self.stage.client("stepfunctions")
        pages = client.get_paginator("list_executions").paginate(
            stateMachineArn=self.stage.outputs["StateMachineArn"]
        )
        return [
            client.describe_execution(executionArn=execution["executionArn"])
            for page in pages
            for execution in page["executions"]
        ]

    def event_of(self, key: str) -> dict[str, Any]:
        """The S3 event that started the execution for a key."""
        inputs = [json.loads(execution["input"]) for execution in self.executions()]
        return next(event for event in inputs if event["detail"]["object"]["key"] == key)

    def start(self, event: dict[str, Any]) -> str:
        response = self.stage.client("stepfunctions").start_execution(
            stateMachineArn=self.stage.outputs["StateMachineArn"], input=json.dumps(event)
        )
        arn: str = response["executionArn"]
        return arn

    def ended(self, arn: str) -> str:
        client = self.stage.client("stepfunctions")
        deadline = time.monotonic() + TIMEOUT_S
        while time.monotonic() < deadline:
            status: str = client.describe_execution(executionArn=arn)["status"]
            if status != "RUNNING":
                return status
            time.sleep(0.1)
        pytest.fail("the execution did not end")

    def conservation(self) -> ConservationResult:
        return check(
            read_inventory(
                self.stage.session(), Places.of_outputs(self.stage.outputs), read_queues=True
            )
        )

    def picture(self, name: str = "bicycle-red.jpg") -> bytes:
        return (self.samples / name).read_bytes()


class Folders(Protocol):
    """Makes folders for a test, as pytest's `tmp_path_factory` does."""

    def mktemp(self, basename: str) -> Path:
        """Return a new folder."""


@contextmanager
def chain_of(assembly: Path, folders: Folders, **options: Any) -> Iterator[Chain]:
    """Run a stage with a policy under which drawings are assigned; options are those of stages."""
    samples = folders.mktemp("samples")
    draw_samples(samples)
    runs = folders.mktemp("runs")
    with running_stage(runs, enforce_iam=True, assembly=assembly, **options) as stage:
        # The model is not trained on drawings: with this threshold its guess assigns them.
        stage.client("ssm").put_parameter(
            Name=stage.outputs["PolicyOverrideParameter"],
            Value='{"threshold": 0.5, "allow_below_calibrated": true}',
            Type="String",
        )
        yield Chain(stage, samples)


@pytest.fixture(scope="session")
def running_chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    assembly = synthesize("local", ROOT / ".scones" / "cdk.out.local")
    with chain_of(assembly, tmp_path_factory) as chain:
        yield chain


@pytest.fixture
def chain(running_chain: Chain) -> Iterator[Chain]:
    """After every test, every photo so far is accounted for."""
    yield running_chain
    result = running_chain.conservation()
    assert result.conserved, result
