"""After random faults and repeated events, every photo is in exactly one place."""

import random
from collections.abc import Iterator
from typing import Any, NoReturn

import boto3
import pytest

from handlers.domain.errors import EndpointUnavailable, PhotoMissing
from monitoring.reconciliation.checker import ConservationResult, check
from monitoring.reconciliation.inventory_reader import Places, read_inventory
from tests.workflow.harness import (
    Step,
    WorkflowHarness,
    a_decision,
    a_prediction,
    a_prepared_photo,
    a_refusal,
    always,
    an_event,
)

BUCKET = "intake-bucket"


@pytest.fixture
def bucket(workflow: WorkflowHarness) -> Iterator[Any]:
    """The intake bucket; the fixture `workflow` mocks AWS."""
    del workflow
    s3 = boto3.resource("s3")
    intake = s3.create_bucket(Bucket=BUCKET)
    intake.Versioning().enable()
    yield intake
    intake.object_versions.delete()
    intake.delete()


def check_conservation(workflow: WorkflowHarness) -> ConservationResult:
    places = Places(
        intake_bucket=BUCKET,
        photos_table="photos",
        assignments_table="assignments",
        review_queue_url=workflow.review_queue_url,
        failures_queue_url=workflow.failures_queue_url,
        state_machine_arn=workflow.state_machine_arn,
    )
    return check(read_inventory(boto3.Session(), places, read_queues=True))


def upload(bucket: Any, key: str, data: bytes = b"x") -> dict[str, Any]:
    """Put an object; return the event that S3 would send."""
    stored = bucket.Object(key).put(Body=data)
    event = an_event(key, version_id=stored["VersionId"])
    event["detail"]["object"]["etag"] = stored["ETag"].strip('"')
    return event


def _unavailable(_payload: dict[str, Any]) -> NoReturn:
    raise EndpointUnavailable("throttled")


def _missing(_payload: dict[str, Any]) -> NoReturn:
    raise PhotoMissing("gone")


CLASSIFIED: dict[str, Any] = {
    "classification": {
        "M": {
            "probabilities": {"M": {"bicycle": {"N": "0.99"}, "other": {"N": "0.01"}}},
            "confidence": {"N": "0.99"},
            "threshold": {"N": "0.9"},
            "threshold_source": {"S": "calibrated"},
        }
    }
}

# What may happen to a photo, by step.
FAULTS: list[dict[str, list[Step]]] = [
    {},
    {"serialize": [always(a_refusal())]},
    {"serialize": [_missing]},
    {"classify": [_unavailable, _unavailable, always(a_prediction())]},
    {"classify": [_unavailable]},
    {"filter": [always(a_decision("review", "no_vehicle"))]},
    {"filter": [always(a_decision("assign_and_audit", "audit", **CLASSIFIED))]},
]


def test_random_faults_lose_nothing_and_double_nothing(
    workflow: WorkflowHarness, bucket: Any
) -> None:
    chance = random.Random(20261122)  # noqa: S311 - reproducible faults, not secrets
    events = []
    for number in range(25):
        workflow.steps = {
            "serialize": [always(a_prepared_photo())],
            "classify": [always(a_prediction())],
            "filter": [always(a_decision(**CLASSIFIED))],
            **{step: list(fault) for step, fault in chance.choice(FAULTS).items()},
        }
        # Few drivers, so that photos of the same one meet.
        event = upload(bucket, f"intake/d{number % 5}/u{number}.jpg")
        event["time"] = f"2026-11-22T18:{chance.randrange(60):02d}:00Z"  # delivered out of order
        events.append(event)
        workflow.run(event)
        for _ in range(chance.choice([0, 0, 1, 2])):
            workflow.run(chance.choice(events))  # delivered again, now or much later
    result = check_conservation(workflow)
    parked = sum(row.get("pending") == "parked" for row in workflow.photos())
    assert result.violations == (), result
    assert result.totals["in_flight"] == parked > 0
    assert result.totals["received"] == 25
    outcomes = ("assigned", "in_review", "rejected", "failed")
    assert min(result.totals[outcome] for outcome in outcomes) > 0


def test_a_photo_whose_event_was_lost_is_a_violation(
    workflow: WorkflowHarness, bucket: Any
) -> None:
    workflow.steps["filter"] = [always(a_decision(**CLASSIFIED))]
    workflow.run(upload(bucket, "intake/d1/u1.jpg"))
    lost = upload(bucket, "intake/d2/never.jpg")
    result = check_conservation(workflow)
    assert [(item.rule, item.detail.split("'")[1]) for item in result.violations] == [
        ("lost", lost["detail"]["object"]["key"])
    ]
    assert result.totals["lost"] == 1
    assert not result.conserved


def test_replaying_everything_changes_nothing(workflow: WorkflowHarness, bucket: Any) -> None:
    workflow.steps["filter"] = [always(a_decision(**CLASSIFIED))]
    events = [upload(bucket, f"intake/d{number}/u.jpg") for number in range(4)]
    for event in events:
        workflow.run(event)
    before = (workflow.photos(), workflow.assignments(), check_conservation(workflow).totals)
    for event in reversed(events):
        workflow.run(event)
    totals = check_conservation(workflow).totals
    assert (workflow.photos(), workflow.assignments(), totals) == before
