"""Start executions for photos that were stored while no event started one.

The ledger is the only checkpoint: a photo with a row is skipped, so that an interrupted backfill is
continued by running it again, and a repeated one starts nothing. A photo that is started again
before its row exists is a duplicate, which the claim refuses.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from handlers.aws.executions import Executions
from handlers.aws.photos_table import PhotosTable
from infra.operations.backfill_source import BackfillSource
from monitoring.reconciliation.messages import event_of_upload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from handlers.domain.ledger.identity import ObjectVersion
    from infra.operations.backfill_source import ListedPhoto
    from infra.operations.target import Target

AT_ONCE = 10  # photos without an outcome, live ones included
PER_SECOND = 5.0
_POLL_S = 1.0
_LABEL_LENGTH = 16

# List prices of us-east-1 in US dollars, 2026-11. A photo: about 12 state transitions, 21 write
# units, 10 read units, 1.1 GB-seconds of three functions. The endpoint runs anyway.
PRICES_AS_OF = "2026-11, us-east-1"
_TRANSITION, _WRITE, _READ, _GB_SECOND = 0.000_025, 0.000_000_625, 0.000_000_125, 0.000_013_333
PRICE_PER_PHOTO = 12 * _TRANSITION + 21 * _WRITE + 10 * _READ + 1.1 * _GB_SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a backfill would start; the endpoint's hours are not in the price."""

    already: int  # have a row
    gone: int  # listed, and not in the bucket
    to_start: int
    at_least_s: float
    price_usd: float


@dataclass(slots=True, kw_only=True)
class Progress:
    """What a backfill has done so far."""

    started: int = 0
    already: int = 0
    gone: int = 0
    waits_for: str = ""  # empty while it starts photos
    unclaimed: set[str] = field(default_factory=set)  # started, and not yet in the ledger


class Backfill:
    """Starts the photos of a source; live and parked photos go first."""

    def __init__(
        self,
        target: Target,
        source: str,
        *,
        per_second: float = PER_SECOND,
        at_once: int = AT_ONCE,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        session = target.session
        self._source = BackfillSource(
            session.client("s3"), bucket=target.output("IntakeBucket"), source=source
        )
        self._ledger = PhotosTable(session.client("dynamodb"), table=target.output("PhotosTable"))
        self._executions = Executions(
            session.client("stepfunctions"), machine_arn=target.output("StateMachineArn")
        )
        self._per_second = per_second
        self._at_once = at_once
        self._pause = pause

    def estimate(self) -> Estimate:
        """Count what would be started.

        Raises: BackfillRefused, ClientError.
        """
        progress = Progress()
        to_start = sum(
            1 for photos in self._source.batches() for _ in self._missing(photos, progress)
        )
        return Estimate(
            already=progress.already,
            gone=progress.gone,
            to_start=to_start,
            at_least_s=round(to_start / self._per_second, 1),
            price_usd=round(to_start * PRICE_PER_PHOTO, 4),
        )

    def run(self) -> Iterator[Progress]:
        """Start the photos that have no row, and yield after each start and each wait.

        Raises: BackfillRefused, ClientError.
        """
        progress = Progress()
        for photos in self._source.batches():
            for version in self._missing(photos, progress):
                while reason := self._occupied(progress):
                    progress.waits_for = reason
                    yield progress
                    self._pause(_POLL_S)
                progress.waits_for = ""
                label = f"backfill-{version.photo_id[:_LABEL_LENGTH]}"
                self._executions.start(event_of_upload(version), label=label)
                progress.started += 1
                progress.unclaimed.add(version.photo_id)
                yield progress
                self._pause(1 / self._per_second)
        yield progress

    def _missing(self, photos: list[ListedPhoto], progress: Progress) -> Iterator[ObjectVersion]:
        """Yield the photos without a row; count the others."""
        versions = []
        for photo in photos:
            version = self._source.resolved(photo)
            if version is None:
                progress.gone += 1
            else:
                versions.append(version)
        known = self._ledger.known(version.photo_id for version in versions)
        for version in versions:
            if version.photo_id in known:
                progress.already += 1
            else:
                yield version

    def _occupied(self, progress: Progress) -> str:
        """Return what has to go first; empty if a photo may be started."""
        if self._ledger.count_parked(limit=1):
            return "parked photos"
        progress.unclaimed -= self._ledger.known(progress.unclaimed)
        in_flight = self._ledger.count_in_flight(limit=self._at_once) + len(progress.unclaimed)
        return "photos that are being decided" if in_flight >= self._at_once else ""
