"""One run: two photos, one fault or two, the repairs that follow, and what has come of it."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from random import Random
from typing import Any

from tests.conftest import ROOT
from tests.faults.catalogue import CATALOGUE, FaultClass, Plan
from tests.faults.invariants import (
    DOUBLE,
    LOST,
    Breach,
    Examination,
    breaches,
    contents,
    examine,
    wrong_assignments,
)
from tests.faults.stage import BICYCLE, MOTORCYCLE, NOTHING, UNREADABLE, UNSURE, FaultyStage
from tests.handlers.api_client import RITA

_KINDS = (*(BICYCLE, MOTORCYCLE, BICYCLE, MOTORCYCLE), UNSURE, UNSURE, NOTHING, UNREADABLE)
_SHARE_WITH_SECOND_FAULT = 0.5
# Sweeps follow at these hours: after the deadline of an execution, of a parked photo, of a review.
_SWEEPS_AFTER_H = (2, 8, 26, 28, 34, 52, 54)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """What one run has injected and found."""

    number: int
    seed: int
    fault: str
    place: str
    second: str = ""
    fired: bool = True  # whether the fault came; otherwise the run does not count
    photos: int = 0
    breaches: tuple[Breach, ...] = ()
    product: str = ""  # digest of the code that was tried

    def to_wire(self) -> dict[str, Any]:
        return asdict(self)


def run(stage: FaultyStage, number: int, *, seed: int) -> RunResult:
    """Make the run of a number; the same number and seed draw the same faults."""
    chance = Random(f"{seed}:{number}")  # noqa: S311 - reproducible faults, not secrets
    first = CATALOGUE[number % len(CATALOGUE)]
    others = [fault for fault in CATALOGUE if fault is not first]
    second = chance.choice(others) if chance.random() < _SHARE_WITH_SECOND_FAULT else None
    stage.reset()
    plan = Plan(kinds=[chance.choice(_KINDS), chance.choice(_KINDS)], deliveries=[0, 1])
    if second is not None:
        second.draw(stage, plan, chance)
    own, plan.is_certain = len(plan.faults), False
    first.draw(stage, plan, chance)
    before_reviews = _play(stage, plan, chance)
    has_fired = plan.is_certain or any(fault.fired for fault in plan.faults[own:])
    examination = _end_faults(stage, plan)
    violated = breaches(stage, examination, may_fail=_may_fail(first, second, plan))
    return RunResult(
        number=number,
        seed=seed,
        fault=first.name,
        place=first.place,
        second=second.name if second else "",
        fired=has_fired,
        photos=len(stage.kinds),
        breaches=tuple(dict.fromkeys([*before_reviews, *violated, *_after_replay(stage)])),
        product=product_digest(),
    )


@cache
def product_digest() -> str:
    """Return a digest of the functions, repairs and the state machine that a run tries."""
    digest = sha256()
    for folder in ("handlers", "monitoring", "infra/state_machine"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            digest.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:8]


def _may_fail(first: FaultClass, second: FaultClass | None, plan: Plan) -> bool:
    if plan.redriven:
        return False
    return first.may_fail or (second is not None and second.may_fail)


def _play(stage: FaultyStage, plan: Plan, chance: Random) -> list[Breach]:
    """Send the photos; return what is wrong before a person has looked at any."""
    now = datetime.now(UTC)
    is_same_driver = chance.random() < 0.7
    for number, kind in enumerate(plan.kinds):
        driver = "d0" if is_same_driver else f"d{number}"
        key = f"intake/{driver}/u{number}.jpg"
        stage.upload(key, kind, at=now - timedelta(minutes=10 - number))
    for act in plan.after_upload:
        act()
    stage.seams.faults.extend(plan.faults)
    for number in plan.deliveries:
        if number not in plan.dropped:
            stage.deliver(stage.events[number], wait=not plan.at_once)
    stage.wait()
    before_reviews = list(wrong_assignments(stage))
    for act in plan.after_events:
        act()
    if plan.reviews and (review := stage.take(RITA)):
        stage.decide(review, chance.choice([BICYCLE, MOTORCYCLE, "neither"]), RITA)
    # Sweeper and drain run while the fault lasts.
    if any(fault.fired < fault.times for fault in plan.faults):
        stage.sweep(hours=1.5)
        stage.drain()
    return before_reviews


def _end_faults(stage: FaultyStage, plan: Plan) -> Examination:
    """End the faults, and let everything run that runs on a schedule, until nothing is left."""
    stage.seams.faults.clear()
    stage.endpoint_answers.clear()
    stage.forget_cached()
    unanswered = [request for request in stage.submissions if request.status is None]
    if unanswered:
        stage.forget_requests_in_progress()
    for request in unanswered:
        stage.submit(request)
    for hours in _SWEEPS_AFTER_H:
        stage.show_messages()
        if plan.redriven:
            stage.redrive()
        examination = examine(stage)
        if examination.is_quiet:
            return examination
        stage.drain()
        stage.sweep(hours=hours)
    stage.show_messages()
    return examine(stage)


def _after_replay(stage: FaultyStage) -> list[Breach]:
    """Deliver every event once more: nothing changes."""
    before = contents(stage)
    for event in stage.events:
        stage.deliver(event)
    after = contents(stage)
    if after == before:
        return []
    is_lost = len(after[0]) < len(before[0])
    return [(LOST if is_lost else DOUBLE, "a replay of all events has changed the ledger")]
