"""Reads everything that the page shows of the stage: the overview, one photo, one thumbnail."""

from __future__ import annotations

import threading
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from handlers.aws.assignments_table import AssignmentsTable
from handlers.domain.ledger.schema import PhotoAttribute
from infra.local.status_page.capture_lookup import find_capture
from infra.local.status_page.cards import card_page, counts
from infra.local.status_page.executions import ExecutionHistories
from infra.local.status_page.ledger_mirror import LedgerMirror
from infra.local.status_page.queues import QueueDepth, oldest_in_flight, queue_depths
from infra.local.status_page.story import card_to_wire, story
from infra.local.status_page.thumbnails import Thumbnails
from infra.local.status_page.uploads import UploadCounter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import boto3
    from botocore.config import Config
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

    from infra.local.status_page.cards import Card
    from infra.local.status_page.stack_names import StackNames

_FRESH_S = 0.8  # several browser windows share one reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The stage at the time `as_of` (ISO 8601)."""

    as_of: str = ""
    cards: tuple[Card, ...] = ()
    uploads: int = 0
    queues: tuple[QueueDepth, ...] = ()


@dataclass(kw_only=True)
class StageReader:
    """Reads the stage for the page. Thread-safe: one thread at a time reads the overview."""

    names: StackNames
    s3: S3Client
    sqs: SQSClient
    assignments: AssignmentsTable
    executions: ExecutionHistories
    thumbnails: Thumbnails
    mirror: LedgerMirror
    uploads: UploadCounter
    clock: Callable[[], float]
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _latest: Snapshot = Snapshot()
    _read_at_s: float = float("-inf")

    @classmethod
    def over(
        cls,
        session: boto3.Session,
        names: StackNames,
        *,
        config: Config,
        clock: Callable[[], float] = time.monotonic,
    ) -> Self:
        """Return a reader with clients of `session`; `clock` is monotonic, in seconds."""
        s3 = session.client("s3", config=config)
        dynamodb = session.client("dynamodb", config=config)
        return cls(
            names=names,
            s3=s3,
            sqs=session.client("sqs", config=config),
            assignments=AssignmentsTable(dynamodb, table=names.assignments_table),
            executions=ExecutionHistories(
                session.client("stepfunctions", config=config), clock=clock
            ),
            thumbnails=Thumbnails(s3),
            mirror=LedgerMirror(dynamodb, names.photos_table, clock=clock),
            uploads=UploadCounter(s3, names.intake_bucket, clock=clock),
            clock=clock,
        )

    def overview(self, *, state: str, before: str) -> dict[str, Any]:  # Any: JSON
        """Return counts, queues and one page of photos (see `card_page`)."""
        latest = self._snapshot()
        page = card_page(latest.cards, state=state, before=before)
        return {
            "as_of": latest.as_of,
            "counts": counts(latest.cards, uploads=latest.uploads),
            "in_flight_since": oldest_in_flight(latest.cards),
            "queues": [asdict(depth) for depth in latest.queues],
            "position": page.position,
            "of": page.of,
            "older": page.older,
            "photos": [
                card_to_wire(card, self.executions.run(card.execution_arn)) for card in page.cards
            ],
        }

    def story(self, photo_id: str) -> dict[str, Any] | None:  # Any: JSON
        """Return everything about one photo, or None if the ledger does not hold it."""
        item = self.mirror.item(photo_id)
        if item is None:
            return None
        arn = item.get(PhotoAttribute.EXECUTION_ARN, "")
        return story(
            item,
            run=self.executions.run(arn),
            execution=self.executions.description(arn),
            capture=find_capture(self.s3, self.names, item),
            assignment=self._assignment(item),
        )

    def thumbnail(self, photo_id: str) -> bytes | None:
        """Return a JPEG, or None if there is no picture to show."""
        item = self.mirror.item(photo_id)
        return self.thumbnails.of(item) if item else None

    def _snapshot(self) -> Snapshot:
        with self._lock:
            if self.clock() - self._read_at_s >= _FRESH_S:
                self.mirror.refresh()
                cards = self.mirror.cards
                self._latest = Snapshot(
                    as_of=datetime.now(UTC).isoformat(timespec="milliseconds"),
                    cards=cards,
                    uploads=self.uploads.count(),
                    queues=queue_depths(self.sqs, self.names, cards),
                )
                self._read_at_s = self.clock()
            return self._latest

    def _assignment(self, item: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the driver's assignment, whichever photo decided it."""
        driver_id = item.get(PhotoAttribute.DRIVER_ID)
        return self.assignments.row(driver_id) if driver_id else None
