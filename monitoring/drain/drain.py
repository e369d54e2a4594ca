"""One round of the drain: steps of `STEP_S` while photos are parked and there is time.

Two rounds at once start no photo twice: a takeover is conditional on the attempt that was parked.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice

from botocore.exceptions import BotoCoreError, ClientError

from handlers.aws.controls_table import ControlsTable
from handlers.aws.photos_table import PhotosTable, Row
from handlers.domain.controls import Controls
from handlers.domain.errors import EndpointUnavailable, InvalidRecord
from handlers.domain.ledger.rows import LedgerRow
from handlers.domain.ledger.schema import PhotoAttribute
from handlers.domain.timestamps import stamp
from monitoring.drain.policy import (
    CAPACITY_REASONS,
    MAX_WINDOW,
    MIN_WINDOW,
    STEP_S,
    DrainPolicy,
    DrainStep,
    Observation,
    wait_s,
)
from monitoring.reconciliation.repair_executor import RepairExecutor
from monitoring.reconciliation.repair_plan import GIVE_UP, Repair
from monitoring.reconciliation.row_parser import record_of

ROUND = timedelta(seconds=57)  # the next one begins after a minute
# A photo may itself be what a function or the endpoint fails at. It is given up if that happens so
# often, the last time as an ordinary photo while others are decided.
MAX_PARKINGS = 10
_PROBE_CANDIDATES = 25
_THREADS = 8
_COUNTED = 10_000
# A step reads so many parked photos at most. Those behind them wait while all of these do, which
# is `MAX_WAIT_S` at most.
_EXAMINED = 2_000


@dataclass(slots=True, kw_only=True)
class DrainResult:
    """What a round did, and what it left parked."""

    started: int = 0
    decided: int = 0
    parked_again: int = 0
    given_up: int = 0
    refused: list[str] = field(default_factory=list)  # one text a start that a service refused
    malformed: list[str] = field(default_factory=list)  # photo ids of malformed rows
    parked: int = 0  # at the end, at most `_COUNTED`
    oldest_parked_s: float = 0.0  # since receipt; 0 while intake is paused


@dataclass(slots=True, kw_only=True)
class _Started:
    """The photos that a round has started and that were not seen decided or parked since."""

    attempts: dict[str, int] = field(default_factory=dict)  # by photo id
    probe: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drain:
    """Drains the parked photos of one ledger. `sleep` and `clock` are replaced in tests."""

    ledger: PhotosTable
    controls: ControlsTable
    executor: RepairExecutor
    sleep: Callable[[float], None]
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def round(self, *, lasts: timedelta = ROUND) -> DrainResult:
        """Run one round.

        Raises: what the services raise while photos and controls are read.
        """
        result, policy, started = DrainResult(), DrainPolicy(), _Started()
        ends_at = self.clock() + lasts
        while self._has_work(started):
            controls = self.controls.read()
            plan = policy.plan(self._observe(controls, started, result))
            self._execute(plan, controls, started, result)
            if controls.intake.paused or self.clock() + timedelta(seconds=STEP_S) >= ends_at:
                break
            self.sleep(STEP_S)
        self._measure(result)
        return result

    def _has_work(self, started: _Started) -> bool:
        return bool(started.attempts) or any(self.ledger.parked(limit=1))

    def _observe(self, controls: Controls, started: _Started, result: DrainResult) -> Observation:
        decided = parked_again = endpoint_down = 0
        probe_decided = False
        suspects: list[LedgerRow] = []
        for row in _records(self.ledger.rows(started.attempts, consistent=True), result):
            is_own = row.attempt == started.attempts[row.photo_id]
            if is_own and row.status in {"received", "requeued"} and not row.is_parked:
                continue
            del started.attempts[row.photo_id]
            if row.is_parked:
                parked_again += 1
                endpoint_down += row.parked_reason == EndpointUnavailable.__name__
                if row.photo_id != started.probe and _fails_by_itself(row):
                    suspects.append(row)
            else:
                decided += 1
                probe_decided |= row.photo_id == started.probe
            if row.photo_id == started.probe:
                started.probe = ""
        result.decided += decided
        result.parked_again += parked_again
        if result.decided:  # meanwhile others are decided
            self._give_up(suspects, result)
        return Observation(
            is_paused=controls.intake.paused,
            is_breaker_open=controls.breaker.is_open,
            in_flight=self.ledger.count_in_flight(limit=MAX_WINDOW + 1),
            decided=decided,
            parked_again=parked_again,
            endpoint_down=endpoint_down,
            probing=bool(started.probe),
            probe_decided=probe_decided,
        )

    def _execute(
        self, plan: DrainStep, controls: Controls, started: _Started, result: DrainResult
    ) -> None:
        now = stamp(self.clock())
        if plan.close_breaker:
            self.controls.close_breaker(controls.breaker, now=now)
        elif plan.open_breaker:
            self.controls.open_breaker(now=now, reason=EndpointUnavailable.__name__)
        elif plan.probe:
            candidates = list(_records(self.ledger.parked(limit=_PROBE_CANDIDATES), result))
            # The oldest photo may be what the endpoint fails at: a probe takes turns.
            for row in sorted(candidates, key=lambda row: row.parkings)[:1]:
                started.probe = row.photo_id
                self._start([row], started, result, probe=True)
        elif plan.starts:
            self._start(self._due(plan.starts, result), started, result)

    def _due(self, starts: int, result: DrainResult) -> list[LedgerRow]:
        """Return at most `starts` photos whose wait is over, the oldest by receipt first."""
        parked = self.ledger.parked(limit=_EXAMINED, page_size=max(starts, MIN_WINDOW))
        now = self.clock()
        return list(islice((row for row in _records(parked, result) if _is_due(row, now)), starts))

    def _start(
        self, rows: list[LedgerRow], started: _Started, result: DrainResult, *, probe: bool = False
    ) -> None:
        now = stamp(self.clock())

        def start(row: LedgerRow) -> bool | str:
            try:
                return self.executor.take_over(row, now, probe=probe)
            except (BotoCoreError, ClientError) as error:
                return f"{row.photo_id}: {error}"

        with ThreadPoolExecutor(_THREADS) as pool:
            for row, outcome in zip(rows, pool.map(start, rows), strict=True):
                if isinstance(outcome, str):
                    result.refused.append(outcome)
                elif outcome:
                    result.started += 1
                    started.attempts[row.photo_id] = row.attempt + 1

    def _give_up(self, rows: list[LedgerRow], result: DrainResult) -> None:
        for row in rows:
            repair = Repair(
                action=GIVE_UP, rule="parked_too_often", photo_id=row.photo_id, key=row.key, row=row
            )
            try:
                result.given_up += self.executor.execute(repair, now=self.clock())
            except (BotoCoreError, ClientError) as error:
                result.refused.append(f"{row.photo_id}: {error}")

    def _measure(self, result: DrainResult) -> None:
        result.parked = self.ledger.count_parked(limit=_COUNTED)
        if self.controls.read().intake.paused:
            return
        for row in _records(self.ledger.parked(limit=1), result):
            received_at = datetime.fromisoformat(row.received_at or row.claimed_at)
            result.oldest_parked_s = max(0.0, (self.clock() - received_at).total_seconds())


def _is_due(row: LedgerRow, now: datetime) -> bool:
    parked_at = datetime.fromisoformat(row.updated_at)  # Park is the last write of a parked row
    return (now - parked_at).total_seconds() >= wait_s(row.parked_reason, row.parkings)


def _fails_by_itself(row: LedgerRow) -> bool:
    return row.parkings >= MAX_PARKINGS and row.parked_reason not in CAPACITY_REASONS


def _records(items: Iterable[Row], result: DrainResult) -> Iterator[LedgerRow]:
    for item in items:
        try:
            yield record_of(item)
        except InvalidRecord:
            photo_id = str(item.get(PhotoAttribute.PHOTO_ID, ""))
            if photo_id not in result.malformed:
                result.malformed.append(photo_id)
