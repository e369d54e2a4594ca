"""Canary photos are judged by what they show, and removed without a trace if all is right."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws

from handlers.aws.dynamodb import item_of
from handlers.domain.controls import IntakeControl
from handlers.domain.ledger.identity import CANARY_DRIVER
from handlers.domain.ledger.schema import ASSIGNMENTS, CONTROLS
from infra.config import OffHours
from infra.demo.samples import Sample
from infra.operations.controls import controls_of
from infra.operations.deployment import canary
from infra.operations.outcomes import Outcome
from infra.operations.target import Target
from infra.operations.upload import SubmittedUpload
from tests.tables import create_photos_table, create_table

Outcomes = dict[str, dict[str, Any]]  # fields of an outcome, by the name of the sample


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A stage under moto, whose workflow gives each canary the outcome of `as_expected`."""

    target: Target

    def client(self, service: str) -> Any:
        return self.target.session.client(service)  # type: ignore[call-overload] # any service

    def row(self, upload: SubmittedUpload, outcome: Outcome) -> None:
        review = {"review": "open", "review_reason": "no_vehicle", "enqueued_at": "2026-11-21"}
        row = {
            "photo_id": upload.photo_id,
            "bucket": "intake",
            "key": upload.key,
            "version_id": "v",
            "etag": "e",
            "status": outcome.outcome,
            "attempt": 1,
            "execution_arn": "arn:aws:states:eu-central-1:123456789012:execution:m:e",
            "driver_id": CANARY_DRIVER,
            "uploaded_at": "2026-11-21T08:00:00.000Z",
            "received_at": "2026-11-21T08:00:00.000Z",
            "claimed_at": "2026-11-21T08:00:00.000Z",
            "updated_at": "2026-11-21T08:00:01.000Z",
            "review": "none",
            **(review if outcome.outcome == "in_review" else {}),
        }
        self.client("dynamodb").put_item(TableName="photos", Item=item_of(row))

    def message(self, driver: str) -> None:
        body = {"photo_id": "p", "photo": {"driver_id": driver}, "reason": "no_vehicle"}
        self.client("sqs").send_message(
            QueueUrl=self.target.output("ReviewQueueUrl"), MessageBody=json.dumps(body)
        )

    def left(self) -> dict[str, int]:
        versions = self.client("s3").list_object_versions(Bucket="intake").get("Versions", [])
        tables = {
            name: len(self.client("dynamodb").scan(TableName=name)["Items"])
            for name in ("photos", "assignments")
        }
        return {"versions": len(versions), **tables}

    def drivers_in_queue(self) -> list[str]:
        messages = self.client("sqs").receive_message(
            QueueUrl=self.target.output("ReviewQueueUrl"), MaxNumberOfMessages=10
        )
        bodies = [json.loads(message["Body"]) for message in messages.get("Messages", [])]
        return [body["photo"]["driver_id"] for body in bodies]


@pytest.fixture
def stage() -> Iterator[Stage]:
    with mock_aws():
        session = boto3.Session(region_name="us-east-1")
        s3 = session.client("s3")
        s3.create_bucket(Bucket="intake")
        s3.put_bucket_versioning(Bucket="intake", VersioningConfiguration={"Status": "Enabled"})
        dynamodb = session.client("dynamodb")
        create_photos_table()
        create_table(dynamodb, ASSIGNMENTS, "assignments")
        dynamodb.put_item(
            TableName="assignments", Item={"driver_id": {"S": CANARY_DRIVER}, "v": {"S": "x"}}
        )
        url = session.client("sqs").create_queue(QueueName="review")["QueueUrl"]
        outputs = {
            "IntakeBucket": "intake",
            "PhotosTable": "photos",
            "AssignmentsTable": "assignments",
            "ReviewQueueUrl": url,
        }
        yield Stage(target=Target(session=session, outputs=outputs, stage="dev"))


def an_outcome(upload: SubmittedUpload, outcome: str, **values: Any) -> Outcome:
    blank: dict[str, Any] = {"vehicle": None, "confidence": None, "reason": None, "seconds": 1.0}
    return Outcome(upload=upload, outcome=outcome, **{**blank, **values})


def as_expected(upload: SubmittedUpload, sample: Sample) -> Outcome:
    if sample.refusal:
        return an_outcome(upload, "rejected", reason=sample.refusal)
    if sample.vehicle is None:
        return an_outcome(upload, "in_review", reason="no_vehicle")
    return an_outcome(upload, "assigned", vehicle=sample.vehicle)


@pytest.fixture
def outcomes(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Outcomes:
    """Outcomes by the name of the sample, in the place of those expected."""
    others: Outcomes = {}

    def wait_for(_target: Target, uploads: Iterable[SubmittedUpload]) -> Iterator[Outcome]:
        for upload in uploads:
            name = upload.path.name
            outcome = (
                an_outcome(upload, **others[name])
                if name in others
                else as_expected(upload, canary.canary_samples()[name])
            )
            stage.row(upload, outcome)
            if outcome.outcome == "in_review":
                stage.message(CANARY_DRIVER)
            yield outcome

    monkeypatch.setattr(canary, "wait_for", wait_for)
    return others


def test_every_refusal_and_class_is_tried(stage: Stage, outcomes: Outcomes) -> None:
    assert outcomes == {}
    results = canary.run_canaries(stage.target)
    assert [result.name for result in results] == list(canary.canary_samples())
    assert {sample.refusal for sample in canary.canary_samples().values()} == {
        *(None, "corrupt", "empty", "not_a_photo", "too_large")
    }


def test_nothing_remains_but_the_messages_of_others(stage: Stage, outcomes: Outcomes) -> None:
    assert outcomes == {}
    stage.message("anna")
    canary.run_canaries(stage.target)
    assert stage.left() == {"versions": 0, "photos": 0, "assignments": 0}
    assert stage.drivers_in_queue() == ["anna"]


UNEXPECTED = [
    ("bicycle-red.jpg", {"outcome": "assigned", "vehicle": "motorcycle"}),
    ("motorcycle-black.jpg", {"outcome": "failed"}),
    ("motorcycle-black.jpg", {"outcome": "in_flight"}),
    ("empty-street.jpg", {"outcome": "assigned", "vehicle": "bicycle"}),
    ("text.jpg", {"outcome": "rejected", "reason": "corrupt"}),
    ("text.jpg", {"outcome": "in_review"}),
]


@pytest.mark.parametrize(("name", "values"), UNEXPECTED)
def test_another_outcome_is_a_problem_and_everything_is_kept(
    stage: Stage, outcomes: Outcomes, name: str, values: dict[str, Any]
) -> None:
    outcomes[name] = values
    problems = {result.name for result in canary.run_canaries(stage.target) if result.problem}
    assert problems == {name}
    count = len(canary.canary_samples())
    assert stage.left() == {"versions": count, "photos": count, "assignments": 1}


def test_a_later_run_removes_what_a_failed_one_has_kept(stage: Stage, outcomes: Outcomes) -> None:
    outcomes["text.jpg"] = {"outcome": "failed"}
    canary.run_canaries(stage.target)
    outcomes.clear()
    canary.run_canaries(stage.target)
    assert stage.left() == {"versions": 0, "photos": 0, "assignments": 0}


def test_a_model_that_is_unsure_of_a_drawing_is_no_reason_to_roll_back(
    stage: Stage, outcomes: Outcomes
) -> None:
    outcomes["bicycle-red.jpg"] = {"outcome": "in_review", "reason": "low_confidence"}
    assert not any(result.problem for result in canary.run_canaries(stage.target))


def test_canary_photos_would_wait_during_a_pause_and_while_the_endpoint_is_off(
    stage: Stage,
) -> None:
    create_table(stage.client("dynamodb"), CONTROLS, "controls")
    outputs = {**stage.target.outputs, "ControlsTable": "controls"}
    target = replace(stage.target, outputs=outputs)
    hours = OffHours(start="22:00", end="05:30", time_zone="Europe/Berlin", photos="wait")
    night, day = (datetime(2026, 11, 21, hour, 0, tzinfo=UTC) for hour in (3, 12))
    assert canary.reason_to_wait(target, None, now=night) == ""
    assert canary.reason_to_wait(target, hours, now=day) == ""
    off = canary.reason_to_wait(target, hours, now=night)
    assert off == "the endpoint is off from 22:00 to 05:30 (Europe/Berlin)"
    pause = IntakeControl(paused=True, since="2026-11-21T08:00:00.000Z", by="anna", reason="")
    controls_of(target).write(pause)
    paused = canary.reason_to_wait(target, None, now=day)
    assert paused == "intake is paused since 2026-11-21T08:00:00.000Z by anna"
