"""One bounded round of the sweeper: a part of the bucket, a part of the reviews, what is overdue.

Where a round ends is noted, and the next goes on there. Two rounds at once only do some of the
looking twice.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from handlers.aws.object_versions import PageMark
from handlers.aws.photos_table import PhotosTable, Row
from handlers.domain.errors import InvalidRecord
from handlers.domain.ledger.object_versions import ObjectVersion
from handlers.domain.ledger.rows import LedgerRow
from handlers.domain.ledger.schema import PhotoAttribute
from handlers.domain.timestamps import stamp
from monitoring.reconciliation.bucket_walk import BucketWalk, SweepCheckpoint
from monitoring.reconciliation.repair_executor import RepairExecutor, RepairSummary
from monitoring.reconciliation.repair_plan import (
    REMIND,
    Repair,
    RepairDeadlines,
    forgotten_review,
    missing_event,
    unfinished,
)
from monitoring.reconciliation.review_age import oldest_review_s
from monitoring.reconciliation.row_parser import record_of

Listing = Callable[[PageMark | None], Iterator[tuple[list[ObjectVersion], PageMark]]]


class Checkpoints(Protocol):
    """Where a round leaves its notes for the next."""

    def read(self) -> SweepCheckpoint:
        """What the last round wrote; nothing at first."""

    def write(self, notes: SweepCheckpoint) -> None:
        """Leave these for the next round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepLimits:
    """How much one round may look at and mend."""

    versions: int = 10_000
    reviews: int = 2_000
    pending: int = 1_000
    repairs: int = 500  # of each walk


@dataclass(slots=True, kw_only=True)
class SweepResult(RepairSummary):
    """What a round found and did."""

    found: list[Repair] = field(default_factory=list)
    malformed: list[str] = field(default_factory=list)  # photo ids of rows that are no record
    looked_at: Counter[str] = field(default_factory=Counter)
    oldest_review_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walk:
    """What the parts of a round share."""

    notes: SweepCheckpoint
    done: SweepResult
    now: datetime
    has_time: Callable[[], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweeper:
    """What a round looks at; without a executor it only says what it would do."""

    ledger: PhotosTable
    listing: Listing
    review_messages: Callable[[], int]  # about how many there are, in the queue or in hand
    checkpoints: Checkpoints
    deadlines: RepairDeadlines
    bounds: SweepLimits
    executor: RepairExecutor | None

    def sweep(self, *, now: datetime, has_time: Callable[[], bool] = lambda: True) -> SweepResult:
        """Raises what the services raise while it looks: the next round begins where this did."""
        done = SweepResult()
        walk = _Walk(notes=self.checkpoints.read(), done=done, now=now, has_time=has_time)
        done.oldest_review_s = oldest_review_s(self.ledger, now=now)
        for part in (self._pending, self._reviews, self._uploads):
            repaired = 0
            for repair in part(walk):
                done.found.append(repair)
                if self.executor is not None:
                    repaired += done.execute(self.executor, repair, now=now)
                # What is broken off leaves no note: the next round begins with it.
                if repaired >= self.bounds.repairs or not has_time():
                    break
        if self.executor is not None:
            self.checkpoints.write(walk.notes)
        return done

    def _pending(self, walk: _Walk) -> Iterator[Repair]:
        # What is repaired leaves the front of the index: each round begins there.
        before = stamp(walk.now - min(self.deadlines.execution, self.deadlines.start))
        items = list(self.ledger.pending(claimed_before=before, limit=self.bounds.pending))
        walk.done.looked_at["pending"] += len(items)
        for row in _records(items, walk.done):
            repair = unfinished(row, now=walk.now, deadlines=self.deadlines)
            if repair:
                yield repair

    def _reviews(self, walk: _Walk) -> Iterator[Repair]:
        rows, following = self.ledger.open_reviews(
            received_before=stamp(walk.now),
            limit=self.bounds.reviews,
            after=walk.notes.get("reviews"),
        )
        walk.done.looked_at["reviews"] += len(rows)
        are_all = following is None and not walk.notes.get("reviews")
        # On a weekend nobody reviews. While no message is missing, another would only be dropped.
        all_wait = are_all and self.review_messages() >= len(rows)
        for row in _records(rows, walk.done):
            repair = forgotten_review(row, now=walk.now, deadlines=self.deadlines)
            if repair and not (all_wait and repair.action == REMIND):
                yield repair
        walk.notes["reviews"] = following

    def _uploads(self, walk: _Walk) -> Iterator[Repair]:
        bucket = BucketWalk(walk.notes)
        for versions, mark in self.listing(bucket.mark):
            walk.done.looked_at["uploads"] += len(versions)
            found = (
                missing_event(each, now=walk.now, deadlines=self.deadlines) for each in versions
            )
            overdue = [repair for repair in found if repair]
            known = self.ledger.known(repair.photo_id for repair in overdue)
            for repair in overdue:
                if repair.photo_id not in known:
                    bucket.lose()
                    yield repair
            bucket.turn(len(versions), mark=mark, now=walk.now)
            if walk.done.looked_at["uploads"] >= self.bounds.versions or not walk.has_time():
                return


def _records(items: Iterable[Row], done: SweepResult) -> Iterator[LedgerRow]:
    for item in items:
        try:
            yield record_of(item)
        except InvalidRecord:
            done.malformed.append(str(item.get(PhotoAttribute.PHOTO_ID, "")))
