"""One bounded sweep: overdue photos, some of the open reviews, and some of the bucket.

The checkpoint holds where a sweep has stopped, and the next one goes on there. Two sweeps at once
examine some photos twice, and do nothing else twice.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from handlers.aws.object_versions import PageMark
from handlers.aws.photos_table import PhotosTable, Row
from handlers.domain.errors import InvalidRecord
from handlers.domain.ledger.identity import ObjectVersion
from handlers.domain.ledger.rows import LedgerRow
from handlers.domain.ledger.schema import PhotoAttribute
from handlers.domain.timestamps import stamp
from monitoring.reconciliation.bucket_walk import BucketWalk, SweepCheckpoint
from monitoring.reconciliation.repair_executor import RepairExecutor, RepairSummary
from monitoring.reconciliation.repair_plan import (
    Repair,
    RepairDeadlines,
    forgotten_review,
    missing_event,
    unfinished,
)
from monitoring.reconciliation.row_parser import record_of

# Reviews examined for the oldest one: the index sorts by receipt, and contested reviews were
# opened later.
_OLDEST_CANDIDATES = 25

Listing = Callable[[PageMark | None], Iterator[tuple[list[ObjectVersion], PageMark]]]


class Checkpoints(Protocol):
    """Where a sweep stores its checkpoint for the next one."""

    def read(self) -> SweepCheckpoint:
        """Return the last checkpoint; empty at first."""

    def write(self, checkpoint: SweepCheckpoint) -> None:
        """Replace the checkpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepLimits:
    """How much one sweep may examine and repair."""

    versions: int = 10_000  # object versions of the bucket
    reviews: int = 2_000
    pending: int = 1_000
    repairs: int = 500  # for each of pending photos, reviews and uploads


@dataclass(slots=True, kw_only=True)
class SweepResult(RepairSummary):
    """The repairs that a sweep needed, and what it examined and did."""

    needed: list[Repair] = field(default_factory=list)
    malformed: list[str] = field(default_factory=list)  # photo ids of malformed rows
    examined: Counter[str] = field(default_factory=Counter)  # pending, reviews, uploads
    oldest_review_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _SweepState:
    """What the steps of one sweep share."""

    checkpoint: SweepCheckpoint
    result: SweepResult
    now: datetime
    has_time: Callable[[], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweeper:
    """Finds and repairs misplaced photos; without an executor it only lists the repairs."""

    ledger: PhotosTable
    listing: Listing
    checkpoints: Checkpoints
    deadlines: RepairDeadlines
    limits: SweepLimits
    executor: RepairExecutor | None

    def sweep(self, *, now: datetime, has_time: Callable[[], bool] = lambda: True) -> SweepResult:
        """Make one sweep.

        Raises: what the services raise while photos are examined. The checkpoint is not written
        then, so that the next sweep begins where this one did.
        """
        result = SweepResult()
        state = _SweepState(
            checkpoint=self.checkpoints.read(), result=result, now=now, has_time=has_time
        )
        result.oldest_review_s = oldest_review_s(self.ledger, now=now)
        for step in (self._pending, self._reviews, self._uploads):
            repaired = 0
            for repair in step(state):
                result.needed.append(repair)
                if self.executor is not None:
                    repaired += result.execute(self.executor, repair, now=now)
                # An interrupted step stores no position: the next sweep begins with it.
                if repaired >= self.limits.repairs or not has_time():
                    break
        if self.executor is not None:
            self.checkpoints.write(state.checkpoint)
        return result

    def _pending(self, state: _SweepState) -> Iterator[Repair]:
        # What is repaired leaves the front of the index, so that each sweep begins there.
        before = stamp(state.now - min(self.deadlines.execution, self.deadlines.start))
        items = [
            *self.ledger.pending(claimed_before=before, limit=self.limits.pending),
            # Parked photos are the drain's; those that it has left for hours are taken over.
            *self.ledger.parked(limit=self.limits.pending),
        ]
        state.result.examined["pending"] += len(items)
        for row in _records(items, state.result):
            repair = unfinished(row, now=state.now, deadlines=self.deadlines)
            if repair:
                yield repair

    def _reviews(self, state: _SweepState) -> Iterator[Repair]:
        rows, following = self.ledger.open_reviews(
            received_before=stamp(state.now),
            limit=self.limits.reviews,
            after=state.checkpoint.get("reviews"),
        )
        state.result.examined["reviews"] += len(rows)
        # Whether the message of this very review is there, the queue's length does not show: a
        # surplus message would hide a lost one.
        for row in _records(rows, state.result):
            repair = forgotten_review(row, now=state.now, deadlines=self.deadlines)
            if repair:
                yield repair
        state.checkpoint["reviews"] = following

    def _uploads(self, state: _SweepState) -> Iterator[Repair]:
        walk = BucketWalk(state.checkpoint)
        for versions, mark in self.listing(walk.mark):
            state.result.examined["uploads"] += len(versions)
            candidates = (
                missing_event(version, now=state.now, deadlines=self.deadlines)
                for version in versions
            )
            overdue = [repair for repair in candidates if repair]
            known = self.ledger.known(repair.photo_id for repair in overdue)
            for repair in overdue:
                if repair.photo_id not in known:
                    walk.count_lost()
                    yield repair
            walk.finish_page(len(versions), mark=mark, now=state.now)
            if state.result.examined["uploads"] >= self.limits.versions or not state.has_time():
                return


def oldest_review_s(ledger: PhotosTable, *, now: datetime) -> float:
    """Return how many seconds the longest waiting review has been open; 0 without open reviews."""
    rows, _ = ledger.open_reviews(received_before=stamp(now), limit=_OLDEST_CANDIDATES)
    oldest = 0.0
    for item in rows:
        try:
            oldest = max(oldest, _waiting_s(record_of(item), now))
        except InvalidRecord:
            continue  # a sweep reports malformed rows
    return oldest


def _waiting_s(row: LedgerRow, now: datetime) -> float:
    since = row.received_at or row.claimed_at
    if row.review_reason == "contested":
        since = row.last_activity_at or row.enqueued_at or row.updated_at
    return max(0.0, (now - datetime.fromisoformat(since)).total_seconds())


def _records(items: Iterable[Row], result: SweepResult) -> Iterator[LedgerRow]:
    for item in items:
        try:
            yield record_of(item)
        except InvalidRecord:
            result.malformed.append(str(item.get(PhotoAttribute.PHOTO_ID, "")))
