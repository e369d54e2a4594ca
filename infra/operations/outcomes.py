"""Wait until the ledger has the outcome of uploaded photos."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from handlers.aws.photos_table import LedgerBusy, PhotosTable
from handlers.domain.ledger.rows import FINAL_STATUSES, LedgerRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from infra.operations.target import Target
    from infra.operations.upload import SubmittedUpload

POLL_S = 0.3
STALLED_S = 120.0  # longer than any retry of the workflow waits


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The outcome of one photo, with the fields that the drivers' app shows."""

    upload: SubmittedUpload
    outcome: str  # a final status, or in_flight if the photo has none
    vehicle: str | None
    confidence: float | None  # 0..1
    reason: str | None
    seconds: float | None  # from the upload to the final status


def wait_for(target: Target, uploads: Iterable[SubmittedUpload]) -> Iterator[Outcome]:
    """Yield outcomes as the ledger gets them.

    Once no photo has got an outcome for `STALLED_S`, yield `in_flight` for the rest.
    """
    waiting = {upload.photo_id: upload for upload in uploads}
    progress_at = time.monotonic()
    while waiting and time.monotonic() - progress_at < STALLED_S:
        outcomes = final_outcomes(target, waiting)
        for outcome in outcomes:
            del waiting[outcome.upload.photo_id]
            yield outcome
        if outcomes:
            progress_at = time.monotonic()
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


def final_outcomes(target: Target, uploads: Mapping[str, SubmittedUpload]) -> list[Outcome]:
    """Return the outcomes that the ledger has now; `uploads` are keyed by photo id."""
    photos = PhotosTable(target.session.client("dynamodb"), table=target.output("PhotosTable"))
    outcomes = []
    # The next poll asks again for the rows that a busy table leaves out.
    with contextlib.suppress(LedgerBusy):
        for item in photos.rows(uploads, consistent=True):
            row = LedgerRow.from_item(item)
            if row.status in FINAL_STATUSES:
                outcomes.append(_outcome(uploads[row.photo_id], row))
    return outcomes


def _outcome(upload: SubmittedUpload, row: LedgerRow) -> Outcome:
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
