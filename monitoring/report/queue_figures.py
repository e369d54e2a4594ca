"""Measures queue depths, the age of the oldest review and the sweeper's last completed walk."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from handlers.aws.photos_table import PhotosTable
from handlers.aws.queue import Queue
from monitoring.reconciliation.bucket_walk import last_completed_walk
from monitoring.reconciliation.checkpoint import CheckpointStore
from monitoring.reconciliation.sweep import oldest_review_s
from monitoring.report import QueueFigures


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueMonitor:
    """Measures the figures of queues at the present moment."""

    ledger: PhotosTable
    reviews: Queue
    failures: Queue
    dead_letters: Sequence[Queue]
    checkpoints: CheckpointStore  # of the sweeper
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def figures(self) -> QueueFigures:
        """Return the figures now; depths are SQS's approximations."""
        age_s = oldest_review_s(self.ledger, now=self.clock())
        walk = last_completed_walk(self.checkpoints.read())
        return QueueFigures(
            reviews_open=self.reviews.depth(),
            oldest_review_s=age_s,
            failures_waiting=self.failures.depth(),
            dead_letters=sum(queue.depth() for queue in self.dead_letters),
            walk_ended_at=walk.ended_at if walk else None,
            walked_objects=walk.objects if walk else None,
            lost_objects=walk.lost if walk else None,
        )
