"""A pipeline under moto into which tests inject faults: intake bucket, workflow, sweeper."""

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
from tests.workflow.harness import WorkflowHarness, a_decision, always, an_event

BUCKET, REPORTS_BUCKET = "intake-of-sweeper", "reports-of-sweeper"
DEADLINES = RepairDeadlines()
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
    """Return the time in so many hours; by default all deadlines but those of reviews are over."""
    return datetime.now(UTC) + timedelta(hours=hours)


@dataclass
class FaultyPipeline:
    """The intake bucket, the workflow, and the sweeper that reconciles both."""

    workflow: WorkflowHarness
    limits: SweepLimits = field(default_factory=SweepLimits)

    def places(self) -> Places:
        return Places(
            intake_bucket=BUCKET,
            photos_table="photos",
            assignments_table="assignments",
            review_queue_url=self.workflow.review_queue_url,
            failures_queue_url=self.workflow.failures_queue_url,
            state_machine_arn=self.workflow.state_machine_arn,
        )

    def executor(self) -> RepairExecutor:
        return repair_executor_of(boto3.Session(), self.places())

    def sweeper(self, *, executor: RepairExecutor | None) -> Sweeper:
        s3 = boto3.client("s3")
        return Sweeper(
            ledger=PhotosTable(boto3.client("dynamodb"), table="photos"),
            listing=lambda after: pages(s3, bucket=BUCKET, after=after),
            checkpoints=CheckpointStore(Bucket(s3, bucket=REPORTS_BUCKET)),
            deadlines=DEADLINES,
            limits=self.limits,
            executor=executor,
        )

    def sweep(self, *, now: datetime | None = None, dry: bool = False) -> SweepResult:
        """Run one sweep, by default `later()`, and wait for the executions that it starts."""
        sweeper = self.sweeper(executor=None if dry else self.executor())
        result = sweeper.sweep(now=now or later())
        self.wait_for_executions()
        return result

    def upload(self, key: str, *, event: bool = True) -> dict[str, Any]:
        """Put an object and run the workflow with its event, which is returned.

        With `event=False` the workflow does not run, as if EventBridge had lost the event.
        """
        stored = boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=b"x")
        s3_event = an_event(key, version_id=stored["VersionId"])
        s3_event["detail"]["bucket"]["name"] = BUCKET
        s3_event["detail"]["object"] |= {"etag": stored["ETag"].strip('"'), "size": 1}
        if event:
            self.workflow.run(s3_event)
        return s3_event

    def wait_for_executions(self) -> None:
        """Waits until no execution runs."""
        for thread in TMP_THREADS:
            thread.join(60)
        running = self.workflow.stepfunctions.list_executions(
            stateMachineArn=self.workflow.state_machine_arn, statusFilter="RUNNING"
        )["executions"]
        assert not running, "executions did not end"

    def check_conservation(self) -> ConservationResult:
        return check(read_inventory(boto3.Session(), self.places(), read_queues=True))

    def overwrite(self, photo_id: str, **values: Any) -> None:
        """Overwrite attributes of a row; None removes one."""
        table = self.workflow.dynamodb.Table("photos")
        item = table.get_item(Key={"photo_id": photo_id})["Item"]
        changed: dict[str, Any] = {**item, **values}
        table.put_item(Item={key: value for key, value in changed.items() if value is not None})

    def upload_stuck(self, key: str, *, status: str = "received", attempt: int = 1) -> str:
        """Upload a photo whose execution died after its claim; return its id."""
        self.upload(key)
        (row,) = (row for row in self.workflow.photos() if row["key"] == key)
        photo_id: str = row["photo_id"]
        self.overwrite(photo_id, status=status, pending="received", attempt=attempt, vehicle=None)
        self.delete_assignment(row["driver_id"])
        return photo_id

    def delete_assignment(self, driver_id: str) -> None:
        table = self.workflow.dynamodb.Table("assignments")
        table.delete_item(Key={"driver_id": driver_id})

    def photo(self, photo_id: str) -> dict[str, Any]:
        return next(row for row in self.workflow.photos() if row["photo_id"] == photo_id)


@contextmanager
def faulty_pipeline(workflow: WorkflowHarness) -> Iterator[FaultyPipeline]:
    """Yield a pipeline with buckets of its own, which are deleted afterwards."""
    s3 = boto3.resource("s3")
    buckets = [s3.create_bucket(Bucket=name) for name in (BUCKET, REPORTS_BUCKET)]
    buckets[0].Versioning().enable()
    workflow.steps["filter"] = [always(a_decision(**CLASSIFIED))]
    pipeline = FaultyPipeline(workflow)
    yield pipeline
    pipeline.wait_for_executions()
    for bucket in buckets:
        bucket.object_versions.delete()
        bucket.delete()


def open_review(pipeline: FaultyPipeline, key: str) -> str:
    """Upload a photo that needs a review; return its id."""
    pipeline.workflow.steps["filter"] = [always(a_decision("review", "no_vehicle", **CLASSIFIED))]
    pipeline.upload(key)
    (row,) = (row for row in pipeline.workflow.photos() if row["key"] == key)
    photo_id: str = row["photo_id"]
    return photo_id


def review_without_message(pipeline: FaultyPipeline, key: str = "intake/d1/r.jpg") -> str:
    """Upload a photo that needs a review, and lose the review's message; return the photo's id."""
    photo = open_review(pipeline, key)
    pipeline.workflow.sqs.purge_queue(QueueUrl=pipeline.workflow.review_queue_url)
    return photo
