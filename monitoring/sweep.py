"""One bounded round of the sweeper: a part of the bucket, a part of the reviews, what is overdue.

Where a round ends is noted, and the next goes on there. Two rounds at once only do some of the
looking twice.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from handlers.aws.ledger import PhotoLedger, Row
from handlers.aws.object_versions import PageMark
from handlers.domain.errors import InvalidRecord
from handlers.domain.ledger import LedgerRow
from handlers.domain.object_versions import ObjectVersion
from monitoring.mend import Mender
from monitoring.repairs import Patience, Repair, forgotten_review, missing_event, unfinished
from monitoring.review_age import oldest_review_s

Listing = Callable[[PageMark | None], Iterator[tuple[list[ObjectVersion], PageMark]]]
Notes = dict[str, Any]  # JSON: where each walk goes on


class Notebook(Protocol):
    """Where a round leaves its notes for the next."""

    def read(self) -> Notes:
        """What the last round wrote; nothing at first."""

    def write(self, notes: Notes) -> None:
        """Leave these for the next round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much one round may look at and mend."""

    versions: int = 10_000
    reviews: int = 2_000
    pending: int = 1_000
    repairs: int = 500  # of each walk


@dataclass(slots=True, kw_only=True)
class Round:
    """What a round found and did."""

    found: list[Repair] = field(default_factory=list)
    mended: Counter[str] = field(default_factory=Counter)  # by action
    refused: list[str] = field(default_factory=list)  # what a service refused to do, by photo
    malformed: list[str] = field(default_factory=list)  # photo ids of rows that are no record
    looked_at: Counter[str] = field(default_factory=Counter)
    oldest_review_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweeper:
    """What a round looks at; without a mender it only says what it would do."""

    ledger: PhotoLedger
    listing: Listing
    notebook: Notebook
    patience: Patience
    bounds: Bounds
    mender: Mender | None

    def sweep(self, *, now: datetime, has_time: Callable[[], bool] = lambda: True) -> Round:
        """Raises what the services raise while it looks: the next round begins where this did."""
        done = Round()
        notes = self.notebook.read()
        done.oldest_review_s = oldest_review_s(self.ledger, now=now)
        for walk in (self._pending, self._reviews, self._uploads):
            mended = 0
            for repair in walk(notes, done, now):
                mended += self._mend(repair, done, now)
                # What is broken off leaves no note: the next round begins with it.
                if mended >= self.bounds.repairs or not has_time():
                    break
        if self.mender is not None:
            self.notebook.write(notes)
        return done

    def _mend(self, repair: Repair, done: Round, now: datetime) -> bool:
        done.found.append(repair)
        if self.mender is None:
            return False
        try:
            mended = self.mender.mend(repair, now=now)
        except (BotoCoreError, ClientError) as error:
            # One photo that a service refuses must not keep the others waiting.
            done.refused.append(f"{repair.action} {repair.photo_id}: {error}")
            return False
        done.mended[repair.action] += mended
        return mended

    def _pending(self, notes: Notes, done: Round, now: datetime) -> Iterator[Repair]:
        del notes  # what is mended leaves the front of the index: each round begins there
        before = _text(now - min(self.patience.execution, self.patience.start))
        items = list(self.ledger.pending(claimed_before=before, limit=self.bounds.pending))
        done.looked_at["pending"] += len(items)
        for row in _records(items, done):
            repair = unfinished(row, now=now, patience=self.patience)
            if repair:
                yield repair

    def _reviews(self, notes: Notes, done: Round, now: datetime) -> Iterator[Repair]:
        rows, following = self.ledger.open_reviews(
            received_before=_text(now - self.patience.execution),
            limit=self.bounds.reviews,
            after=notes.get("reviews"),
        )
        done.looked_at["reviews"] += len(rows)
        for row in _records(rows, done):
            repair = forgotten_review(row, now=now, patience=self.patience)
            if repair:
                yield repair
        notes["reviews"] = following

    def _uploads(self, notes: Notes, done: Round, now: datetime) -> Iterator[Repair]:
        for versions, mark in self.listing(notes.get("uploads")):
            done.looked_at["uploads"] += len(versions)
            found = (missing_event(each, now=now, patience=self.patience) for each in versions)
            overdue = [repair for repair in found if repair]
            known = self.ledger.known(repair.photo_id for repair in overdue)
            yield from (repair for repair in overdue if repair.photo_id not in known)
            notes["uploads"] = mark
            if done.looked_at["uploads"] >= self.bounds.versions:
                return


def _records(items: Iterable[Row], done: Round) -> Iterator[LedgerRow]:
    for item in items:
        try:
            yield LedgerRow.from_item(item)
        except InvalidRecord:
            done.malformed.append(str(item.get("photo_id", "")))


def _text(moment: datetime) -> str:
    """As the state machine writes times."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
