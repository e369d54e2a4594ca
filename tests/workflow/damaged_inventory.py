"""A pipeline that can be broken in every way, under moto: a bucket, a machine, a sweeper."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from moto.stepfunctions.parser.utils import TMP_THREADS

from handlers.aws.bucket import Bucket
from handlers.aws.object_versions import pages
from handlers.aws.photos_table import PhotosTable
from monitoring.reconciliation.checker import ConservationResult, check
from monitoring.reconciliation.checkpoint import CheckpointStore
from monitoring.reconciliation.inventory_reader import Places, read_inventory
from monitoring.reconciliation.reconcile import repair_executor_of
from monitoring.reconciliation.repair_executor import RepairExecutor
from monitoring.reconciliation.repair_plan import RepairDeadlines
from monitoring.reconciliation.sweep import Sweeper, SweepLimits, SweepResult
from tests.workflow.machine import Machine, a_decision, always, an_event

BUCKET, NOTES = "intake-of-sweeper", "notes-of-sweeper"
PATIENCE = RepairDeadlines()
CLASSIFIED: dict[str, Any] = {
    "classification": {
        "M": {
            "probabilities": {"M": {"bicycle": {"N": "0.99"}, "other": {"N": "0.01"}}},
            "confidence": {"N": "0.99"},
            "threshold": {"N": "0.9"},
        }
    }
}


def later(hours: float = 2) -> datetime:
    return datetime.now(UTC) + timedelta(hours=hours)


@dataclass
class World:
    """A bucket, a machine, and the sweeper that looks after both."""

    machine: Machine
    limits: SweepLimits = field(default_factory=SweepLimits)
    sent: int = 0

    def places(self) -> Places:
        return Places(
            intake_bucket=BUCKET,
            photos_table="photos",
            assignments_table="assignments",
            review_queue_url=self.machine.review_queue_url,
            failures_queue_url=self.machine.failures_queue_url,
            state_machine_arn=self.machine.machine_arn,
        )

    def executor(self) -> RepairExecutor:
        return repair_executor_of(boto3.Session(), self.places())

    def sweeper(self, *, executor: RepairExecutor | None) -> Sweeper:
        s3 = boto3.client("s3")
        return Sweeper(
            ledger=PhotosTable(boto3.client("dynamodb"), table="photos"),
            listing=lambda after: pages(s3, bucket=BUCKET, after=after),
            review_messages=self.executor().reviews.depth,
            checkpoints=CheckpointStore(Bucket(s3, bucket=NOTES)),
            deadlines=PATIENCE,
            limits=self.limits,
            executor=executor,
        )

    def sweep(self, *, now: datetime | None = None, dry: bool = False) -> SweepResult:
        done = self.sweeper(executor=None if dry else self.executor()).sweep(now=now or later())
        self.settle()
        return done

    def upload(self, key: str, *, event: bool = True) -> dict[str, Any]:
        """Puts an object; without an event, as if EventBridge had lost it."""
        stored = boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=b"x")
        made = an_event(key, version_id=stored["VersionId"])
        made["detail"]["bucket"]["name"] = BUCKET
        made["detail"]["object"] |= {"etag": stored["ETag"].strip('"'), "size": 1}
        if event:
            self.machine.run(made)
        return made

    def settle(self) -> None:
        """Waits until no execution runs."""
        for thread in TMP_THREADS:
            thread.join(60)
        running = self.machine.stepfunctions.list_executions(
            stateMachineArn=self.machine.machine_arn, statusFilter="RUNNING"
        )["executions"]
        assert not running, "executions did not end"

    def verdict(self) -> ConservationResult:
        return check(read_inventory(boto3.Session(), self.places(), read_queues=True))

    def set(self, photo_id: str, **values: Any) -> None:
        """Overwrites fields of a row; None removes one."""
        row = self.machine.dynamodb.Table("photos")
        item = row.get_item(Key={"photo_id": photo_id})["Item"]
        changed: dict[str, Any] = {**item, **values}
        row.put_item(Item={key: value for key, value in changed.items() if value is not None})

    def stuck(self, key: str, *, status: str = "received", attempt: int = 1) -> str:
        """A photo whose execution has died after its claim."""
        self.upload(key)
        (row,) = (row for row in self.machine.photos() if row["key"] == key)
        photo_id: str = row["photo_id"]
        self.set(photo_id, status=status, pending="received", attempt=attempt, vehicle=None)
        self.forget_assignment(row["driver_id"])
        return photo_id

    def forget_assignment(self, driver_id: str) -> None:
        table = self.machine.dynamodb.Table("assignments")
        table.delete_item(Key={"driver_id": driver_id})

    def photo(self, photo_id: str) -> dict[str, Any]:
        return next(row for row in self.machine.photos() if row["photo_id"] == photo_id)


@contextmanager
def damaged_inventory(machine: Machine) -> Iterator[World]:
    """With buckets of its own, which are gone afterwards."""
    s3 = boto3.resource("s3")
    made = [s3.create_bucket(Bucket=name) for name in (BUCKET, NOTES)]
    made[0].Versioning().enable()
    machine.steps["filter"] = [always(a_decision(**CLASSIFIED))]
    world = World(machine)
    yield world
    world.settle()
    for bucket in made:
        bucket.object_versions.delete()
        bucket.delete()


def an_open_review(world: World, key: str) -> str:
    world.machine.steps["filter"] = [always(a_decision("review", "no_vehicle", **CLASSIFIED))]
    world.upload(key)
    (row,) = (row for row in world.machine.photos() if row["key"] == key)
    photo_id: str = row["photo_id"]
    return photo_id


def in_review(world: World, key: str = "intake/d1/r.jpg") -> str:
    """An open review whose message is gone."""
    photo = an_open_review(world, key)
    world.machine.sqs.purge_queue(QueueUrl=world.machine.review_queue_url)
    return photo
