"""Nothing is lost, twice is once: random faults, then the survey and the checker."""

import random
from collections.abc import Iterator
from typing import Any, NoReturn

import boto3
import pytest

from handlers.domain.errors import EndpointUnavailable, PhotoMissing
from monitoring.reconciliation.checker import ConservationResult, check
from monitoring.reconciliation.inventory_reader import Places, read_inventory
from tests.workflow.machine import (
    Machine,
    Step,
    a_decision,
    a_prediction,
    a_prepared_photo,
    a_refusal,
    always,
    an_event,
)

BUCKET = "intake-bucket"


@pytest.fixture
def bucket(machine: Machine) -> Iterator[Any]:
    """The intake bucket; the machine's fixture has mocked AWS."""
    del machine
    s3 = boto3.resource("s3")
    made = s3.create_bucket(Bucket=BUCKET)
    made.Versioning().enable()
    yield made
    made.object_versions.delete()
    made.delete()


def verdict(machine: Machine) -> ConservationResult:
    places = Places(
        intake_bucket=BUCKET,
        photos_table="photos",
        assignments_table="assignments",
        review_queue_url=machine.review_queue_url,
        failures_queue_url=machine.failures_queue_url,
        state_machine_arn=machine.machine_arn,
    )
    return check(read_inventory(boto3.Session(), places, read_queues=True))


def upload(bucket: Any, key: str, data: bytes = b"x") -> dict[str, Any]:
    """Puts an object and makes the event that S3 would send."""
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

# What may happen to a photo, by step: any of these, in any order.
FATES: list[dict[str, list[Step]]] = [
    {},
    {"serialize": [always(a_refusal())]},
    {"serialize": [_missing]},
    {"classify": [_unavailable, _unavailable, always(a_prediction())]},
    {"classify": [_unavailable]},
    {"filter": [always(a_decision("review", "no_vehicle"))]},
    {"filter": [always(a_decision("assign_and_audit", "audit", **CLASSIFIED))]},
]


def test_random_faults_lose_nothing_and_double_nothing(machine: Machine, bucket: Any) -> None:
    chance = random.Random(20261122)  # noqa: S311 - reproducible faults, not secrets
    events = []
    for number in range(25):
        machine.steps = {
            "serialize": [always(a_prepared_photo())],
            "classify": [always(a_prediction())],
            "filter": [always(a_decision(**CLASSIFIED))],
            **{step: list(fate) for step, fate in chance.choice(FATES).items()},
        }
        # Few drivers, so that photos of the same one meet.
        event = upload(bucket, f"intake/d{number % 5}/u{number}.jpg")
        event["time"] = f"2026-11-22T18:{chance.randrange(60):02d}:00Z"  # delivered out of order
        events.append(event)
        machine.run(event)
        for _ in range(chance.choice([0, 0, 1, 2])):
            machine.run(chance.choice(events))  # delivered again, now or much later
    found = verdict(machine)
    assert found.conserved, found
    assert found.totals["received"] == 25
    assert min(found.totals[end] for end in ("assigned", "in_review", "rejected", "failed")) > 0


def test_an_event_that_never_came_is_found(machine: Machine, bucket: Any) -> None:
    machine.steps["filter"] = [always(a_decision(**CLASSIFIED))]
    machine.run(upload(bucket, "intake/d1/u1.jpg"))
    lost = upload(bucket, "intake/d2/never.jpg")
    found = verdict(machine)
    assert [(each.rule, each.detail.split("'")[1]) for each in found.violations] == [
        ("lost", lost["detail"]["object"]["key"])
    ]
    assert found.totals["lost"] == 1
    assert not found.conserved


def test_replaying_everything_changes_nothing(machine: Machine, bucket: Any) -> None:
    machine.steps["filter"] = [always(a_decision(**CLASSIFIED))]
    events = [upload(bucket, f"intake/d{number}/u.jpg") for number in range(4)]
    for event in events:
        machine.run(event)
    before = (machine.photos(), machine.assignments(), verdict(machine).totals)
    for event in reversed(events):
        machine.run(event)
    assert (machine.photos(), machine.assignments(), verdict(machine).totals) == before
