"""Sends drawn photos through a deployed stage, and takes them out of its figures again.

One photo for each class, and one file for each reason of a refusal, all under one reserved
driver. Their object versions, rows, messages and assignment are removed once each has its
outcome; if one has another outcome than expected, all remain for an examination until the next
run passes. The metrics have counted them, and the events named the reserved driver.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from handlers.aws.assignments_table import AssignmentsTable
from handlers.aws.photos_table import PhotosTable
from handlers.aws.queue import Queue
from handlers.domain.json_text import parse_json
from handlers.domain.ledger.identity import CANARY_DRIVER, INTAKE_PREFIX
from handlers.domain.ledger.rows import LedgerRow
from infra.demo.samples import named_samples, refused_samples
from infra.operations.controls import controls_of
from infra.operations.outcomes import wait_for
from infra.operations.upload import submit

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from infra.config import OffHours
    from infra.demo.samples import Sample
    from infra.operations.outcomes import Outcome
    from infra.operations.target import Target

_PREFIX = f"{INTAKE_PREFIX}{CANARY_DRIVER}/"
_ENQUEUED_WITHIN_S = 30.0
_POLL_S = 0.3
_ROWS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryResult:
    """The outcome of one canary photo."""

    name: str
    outcome: str  # a final status, or in_flight
    vehicle: str | None
    reason: str | None
    problem: str  # why this is not the expected outcome; empty if it is


@cache
def canary_samples() -> dict[str, Sample]:
    """Return the files by name: one for each class, one without a vehicle, one for each refusal."""
    return {sample.name: sample for sample in (*named_samples(), *refused_samples())}


def run_canaries(target: Target) -> list[CanaryResult]:
    """Send the canary photos, wait for their outcomes, and remove them if all are as expected.

    Raises: OutdatedStack, ClientError, BotoCoreError.
    """
    samples = canary_samples()
    with tempfile.TemporaryDirectory(prefix="scones-canary-") as folder:
        files = []
        for sample in samples.values():
            files.append(Path(folder, sample.name))
            files[-1].write_bytes(sample.data)
        uploads = submit(target, files, driver_id=CANARY_DRIVER)
        outcomes = list(wait_for(target, uploads))
    results = sorted(
        (_result(samples[outcome.upload.path.name], outcome) for outcome in outcomes),
        key=lambda result: list(samples).index(result.name),
    )
    if not any(result.problem for result in results):
        remove_canaries(target, {upload.photo_id for upload in uploads})
    return results


def reason_to_wait(target: Target, hours: OffHours | None, *, now: datetime) -> str:
    """Return why canary photos would wait without an outcome now; empty if they would not.

    Raises: OutdatedStack, LedgerUnavailable.
    """
    intake = controls_of(target).read().intake
    if intake.paused:
        return f"intake is paused since {intake.since} by {intake.by}"
    if hours is not None and hours.covers(now):
        return f"the endpoint is off from {hours.start} to {hours.end} ({hours.time_zone})"
    return ""


def remove_canaries(target: Target, photo_ids: Iterable[str] = ()) -> None:
    """Remove what canary photos left behind, those of former runs included.

    The objects go first: an object without a row would be taken for a lost photo.
    Raises: OutdatedStack, ClientError, BotoCoreError.
    """
    session = target.session
    photos = PhotosTable(session.client("dynamodb"), table=target.output("PhotosTable"))
    ids = set(photo_ids)
    is_open = _await_messages(photos, ids)
    _remove_objects(target)
    Queue(session.client("sqs"), url=target.output("ReviewQueueUrl")).discard(
        lambda body: _driver_of(body) == CANARY_DRIVER, count=is_open
    )
    AssignmentsTable(session.client("dynamodb"), table=target.output("AssignmentsTable")).remove(
        CANARY_DRIVER
    )
    # The index may lag behind the rows that were just written, whose ids are known.
    former, _ = photos.of_driver(CANARY_DRIVER, limit=_ROWS)
    for photo_id in {*ids, *(row["photo_id"] for row in former)}:
        photos.remove(photo_id)


def _result(sample: Sample, outcome: Outcome) -> CanaryResult:
    return CanaryResult(
        name=sample.name,
        outcome=outcome.outcome,
        vehicle=outcome.vehicle,
        reason=outcome.reason,
        problem=_problem(sample, outcome),
    )


def _problem(sample: Sample, outcome: Outcome) -> str:
    """Compare an outcome with what the file shows.

    The files are drawings: a model may be unsure of them, and any photo may be audited. So a
    review is right for each photo that can be classified; another vehicle is not.
    """
    if sample.refusal:
        is_right = (outcome.outcome, outcome.reason) == ("rejected", sample.refusal)
        return "" if is_right else f"expected: rejected, {sample.refusal}"
    if outcome.outcome == "in_review":
        return ""
    if sample.vehicle is None:
        return "expected: in review, since it shows no vehicle"
    is_right = (outcome.outcome, outcome.vehicle) == ("assigned", sample.vehicle)
    return "" if is_right else f"expected: assigned, {sample.vehicle}, or in review"


def _await_messages(photos: PhotosTable, photo_ids: set[str]) -> int:
    """Wait until the open reviews have their message, and return how many there are.

    A row that vanishes before would make its execution fail.
    """
    end = time.monotonic() + _ENQUEUED_WITHIN_S
    while True:
        rows = [LedgerRow.from_item(item) for item in photos.rows(photo_ids, consistent=True)]
        is_open = [row for row in rows if row.review == "open"]
        if all(row.enqueued_at for row in is_open) or time.monotonic() > end:
            return len(is_open)
        time.sleep(_POLL_S)


def _remove_objects(target: Target) -> None:
    s3, bucket = target.session.client("s3"), target.output("IntakeBucket")
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=_PREFIX):
        for version in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
            s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])


def _driver_of(body: str) -> str | None:
    try:
        driver: str | None = parse_json(body)["photo"].get("driver_id")
    except (ValueError, KeyError, TypeError, AttributeError):
        return None  # not a review message
    return driver
