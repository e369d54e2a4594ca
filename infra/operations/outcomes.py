"""Waits until the ledger says what became of uploaded photos."""

import contextlib
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from handlers.aws.photos_table import LedgerBusy, PhotosTable
from handlers.domain.ledger.rows import FINAL_STATUSES, LedgerRow

if TYPE_CHECKING:
    import boto3

    from infra.operations.upload import SubmittedUpload

POLL_S = 0.3
STALLED_S = 120.0  # longer than any retry of the workflow waits


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One photo's end, as the drivers' app would tell it."""

    upload: "SubmittedUpload"
    outcome: str  # a final status, or in_flight where nothing more happened
    vehicle: str | None
    confidence: float | None
    reason: str | None
    seconds: float | None  # from the upload to the status


def wait_for(
    session: "boto3.Session", table: str, uploads: Iterable["SubmittedUpload"]
) -> Iterator[Outcome]:
    """Outcomes as they come, and `in_flight` for the rest once nothing has moved for long."""
    waiting = {upload.photo_id: upload for upload in uploads}
    moved_at = time.monotonic()
    while waiting and time.monotonic() - moved_at < STALLED_S:
        found = final_outcomes(session, table, waiting)
        for outcome in found:
            del waiting[outcome.upload.photo_id]
            yield outcome
        if found:
            moved_at = time.monotonic()
        else:
            time.sleep(POLL_S)
    for upload in waiting.values():
        yield Outcome(
            upload=upload,
            outcome="in_flight",
            vehicle=None,
            confidence=None,
            reason=None,
            seconds=None,
        )


def final_outcomes(
    session: "boto3.Session", table: str, uploads: Mapping[str, "SubmittedUpload"]
) -> list[Outcome]:
    """The outcomes of those, by photo id, that have one by now."""
    photos = PhotosTable(session.client("dynamodb"), table=table)
    outcomes = []
    # What a busy table leaves out is asked for again by the next poll.
    with contextlib.suppress(LedgerBusy):
        for item in photos.rows(uploads, consistent=True):
            row = LedgerRow.from_item(item)
            if row.status in FINAL_STATUSES:
                outcomes.append(_outcome(uploads[row.photo_id], row))
    return outcomes


def _outcome(upload: "SubmittedUpload", row: LedgerRow) -> Outcome:
    facts = row.classification
    no_vehicle = row.review_reason == "no_vehicle"
    decided = datetime.fromisoformat(row.updated_at)
    return Outcome(
        upload=upload,
        outcome=row.status,
        vehicle=None if no_vehicle else facts.get("vehicle"),
        confidence=float(facts["confidence"]) if facts else None,
        reason=row.reason or row.review_reason or None,
        seconds=max(0.0, round((decided - upload.uploaded_at).total_seconds(), 3)),
    )
