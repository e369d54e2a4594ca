"""The synthesized Pipeline on the emulator, with the functions' roles enforced."""

import io
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from handlers.aws.dynamodb import plain
from handlers.domain.ledger.identity import photo_id
from handlers.domain.ledger.rows import FINAL_STATUSES
from infra.demo.samples import draw_samples
from infra.local.stage.stage import LocalStage, running_stage
from infra.synthesis.synth import ROOT, synthesize
from monitoring.reconciliation.checker import ConservationResult, check
from monitoring.reconciliation.inventory_reader import Places, read_inventory

PATIENCE_S = 90


@dataclass(frozen=True)
class Chain:
    """What a test does with the running chain, in the drivers' and operators' words."""

    stage: LocalStage
    samples: Path

    def upload(self, key: str, data: bytes, **options: Any) -> str:
        """Puts an object and says which photo it is."""
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
        found = self.stage.client("dynamodb").get_item(
            TableName=self.stage.outputs["PhotosTable"],
            Key={"photo_id": {"S": photo}},
            ConsistentRead=True,
        )
        return plain(found["Item"]) if "Item" in found else None

    def outcome(self, photo: str) -> dict[str, Any]:
        """The ledger's row once the photo and its execution have ended."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            row = self.row(photo)
            if row and row["status"] in FINAL_STATUSES and not self.running():
                return row
            time.sleep(0.1)
        pytest.fail(f"no outcome within {PATIENCE_S} s: {row}")

    def running(self) -> int:
        found = self.stage.client("stepfunctions").list_executions(
            stateMachineArn=self.stage.outputs["StateMachineArn"], statusFilter="RUNNING"
        )
        return len(found["executions"])

    def executions(self) -> list[dict[str, Any]]:
        """Ended and running ones, with their input."""
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
        started = self.stage.client("stepfunctions").start_execution(
            stateMachineArn=self.stage.outputs["StateMachineArn"], input=json.dumps(event)
        )
        arn: str = started["executionArn"]
        return arn

    def ended(self, arn: str) -> str:
        client = self.stage.client("stepfunctions")
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            status: str = client.describe_execution(executionArn=arn)["status"]
            if status != "RUNNING":
                return status
            time.sleep(0.1)
        pytest.fail("the execution did not end")

    def verdict(self) -> ConservationResult:
        return check(
            read_inventory(
                self.stage.session(), Places.of_outputs(self.stage.outputs), read_queues=True
            )
        )

    def picture(self, name: str = "bicycle-red.jpg") -> bytes:
        return (self.samples / name).read_bytes()


@contextmanager
def chain_of(assembly: Path, folders: pytest.TempPathFactory) -> Iterator[Chain]:
    """Deployed, with a policy under which drawings are assigned."""
    samples = folders.mktemp("samples")
    draw_samples(samples)
    with running_stage(folders.mktemp("runs"), enforce_iam=True, assembly=assembly) as stage:
        # Drawings are no photos: with this, the model's guess is enough to assign them.
        stage.client("ssm").put_parameter(
            Name=stage.outputs["PolicyOverrideParameter"],
            Value='{"threshold": 0.5, "allow_below_calibrated": true}',
            Overwrite=True,
        )
        yield Chain(stage, samples)


@pytest.fixture(scope="session")
def running_chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    assembly = synthesize("local", ROOT / ".scones" / "cdk.out.local")
    with chain_of(assembly, tmp_path_factory) as chain:
        yield chain


@pytest.fixture
def chain(running_chain: Chain) -> Iterator[Chain]:
    """After every test, everything that ever came in is accounted for."""
    yield running_chain
    verdict = running_chain.verdict()
    assert verdict.conserved, verdict
