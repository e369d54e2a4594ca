"""The table of faults: what each class injects into a run, drawn by a seed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any

import boto3
from botocore.exceptions import ReadTimeoutError

from tests.faults.seams import (
    MACHINE,
    CallFault,
    Effect,
    FunctionEnded,
    crash_after,
    crash_before,
    meanwhile,
    refused,
    reply_lost,
    service_error,
)
from tests.faults.stage import (
    BICYCLE,
    EMPTY,
    MOTORCYCLE,
    UNSURE,
    FaultyStage,
    an_answer,
    probabilities_of,
    true_answer,
)
from tests.handlers.api_client import RITA, Person
from tests.workflow.faulty_pipeline import BUCKET, later

BEN = Person(name="ben", groups=RITA.groups, scopes=RITA.scopes)
OUTAGE = 60
"""Calls that a long outage fails: more than all retries of a state make."""

_FUNCTIONS = frozenset({"serialize", "classify", "filter"})
_WRITES = frozenset({"UpdateItem", "TransactWriteItems"})
_THROTTLE = service_error("ThrottlingException", 400)
_SERVER_ERROR = service_error("InternalServerErrorException", 500)


@dataclass(slots=True, kw_only=True)
class Plan:
    """What one run does with its photos; fault classes change it before it begins."""

    kinds: list[str]
    deliveries: list[int]  # numbers of photos, in the order in which their events come
    at_once: bool = False  # the events of all deliveries come at the same time
    dropped: set[int] = field(default_factory=set)
    after_upload: list[Callable[[], object]] = field(default_factory=list)
    after_events: list[Callable[[], object]] = field(default_factory=list)
    faults: list[CallFault] = field(default_factory=list)
    reviews: bool = True  # whether a reviewer decides once the events have come
    redriven: bool = False  # whether an operator redrives what has failed
    is_certain: bool = False  # whether the fault has come without a `CallFault`


Draw = Callable[[FaultyStage, Plan, Random], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultClass:
    """One row of the table."""

    name: str
    place: str
    draw: Draw
    may_fail: bool = False  # whether a photo may end as failed, visible to an operator


def _certain(stage: FaultyStage, plan: Plan, chance: Random, *, change: Draw) -> None:
    change(stage, plan, chance)
    plan.is_certain = True


def _calls(
    actors: frozenset[str] | set[str], operations: set[str], *effects: Effect, most_skipped: int = 3
) -> Draw:
    """Draw one of the effects for some calls: one, a few, or an outage."""

    def draw(_stage: FaultyStage, plan: Plan, chance: Random) -> None:
        fault = CallFault(
            actors=frozenset(actors),
            operations=frozenset(operations),
            effect=chance.choice(effects),
            nth=chance.randrange(most_skipped + 1),
            times=chance.choice([1, 2, OUTAGE]),
        )
        plan.faults.append(fault)

    return draw


def _reviewed(draw: Draw) -> Draw:
    """Make the photos unsure, so that a reviewer acts."""

    def changed(stage: FaultyStage, plan: Plan, chance: Random) -> None:
        plan.kinds[:] = [UNSURE for _ in plan.kinds]
        draw(stage, plan, chance)

    return changed


# Events


def _duplicated(_stage: FaultyStage, plan: Plan, chance: Random) -> None:
    plan.deliveries = [number for number in plan.deliveries for _ in range(chance.randint(2, 5))]
    chance.shuffle(plan.deliveries)
    plan.at_once = chance.random() < 0.5


def _reordered(_stage: FaultyStage, plan: Plan, _chance: Random) -> None:
    plan.deliveries.reverse()


def _delayed(stage: FaultyStage, plan: Plan, chance: Random) -> None:
    """The sweeper starts the photos; then their events come."""
    plan.dropped = {chance.randrange(len(plan.kinds))}
    late = partial(_deliver_late, stage, plan)
    plan.after_events += [partial(stage.sweep, hours=2), late]


def _deliver_late(stage: FaultyStage, plan: Plan) -> None:
    for number in plan.dropped:
        stage.deliver(stage.events[number])


def _dropped(_stage: FaultyStage, plan: Plan, chance: Random) -> None:
    plan.dropped = {chance.randrange(len(plan.kinds)), chance.randrange(len(plan.kinds))}


def _replayed(stage: FaultyStage, plan: Plan, _chance: Random) -> None:
    def act() -> None:
        for event in list(stage.events):
            stage.deliver(event)

    plan.after_events.append(act)


# The model's endpoint. Each wrong answer is sure of a vehicle that the photo does not show.

Answer = Callable[[str], bytes]  # given what the photo shows


def _answers(*answers: Answer) -> Draw:
    def draw(stage: FaultyStage, plan: Plan, chance: Random) -> None:
        plan.kinds[:] = [chance.choice([BICYCLE, MOTORCYCLE, UNSURE]) for _ in plan.kinds]
        chosen = [chance.choice(answers)] * chance.choice([1, 2])
        plan.after_upload.append(lambda: stage.endpoint_answers.extend(chosen))
        plan.is_certain = True
        plan.redriven = chance.random() < 0.5

    return draw


def _other_vehicle(kind: str) -> str:
    return BICYCLE if kind == MOTORCYCLE else MOTORCYCLE


def _sure(probability: object, **others: object) -> Answer:
    """Answer with this probability of the other vehicle."""

    def answer(kind: str) -> bytes:
        shares: dict[str, object] = {BICYCLE: 0.0, MOTORCYCLE: 0.0, "other": 0.01}
        return an_answer(shares | {_other_vehicle(kind): probability} | others)

    return answer


def _of_other_classes(kind: str) -> bytes:
    return an_answer({_other_vehicle(kind): 0.99, "van": 0.01})


def _of_one_class(kind: str) -> bytes:
    return an_answer({_other_vehicle(kind): 1.0})


def _of_unknown_model(kind: str) -> bytes:
    return an_answer(probabilities_of(_other_vehicle(kind)), version="m2")


def _in_another_order(kind: str) -> bytes:
    """The true answer."""
    return an_answer(dict(reversed(probabilities_of(kind).items())))


# Reviewers


def _submit_twice(stage: FaultyStage, plan: Plan, chance: Random) -> None:
    def act() -> None:
        if review := stage.take(RITA):
            submission = stage.decide(review, _verdict(chance), RITA)
            for _ in range(chance.randint(1, 3)):
                stage.submit(submission)
            stage.decide(review, _verdict(chance), RITA)  # with another key, from a second tab

    plan.reviews, plan.is_certain = False, True
    plan.after_events.append(act)


def _two_reviewers(stage: FaultyStage, plan: Plan, chance: Random) -> None:
    """The first lease ends, a colleague takes the photo, and both decide."""

    def act() -> None:
        first = stage.take(RITA)
        if first is None:
            return
        stage.expire_lease(first["photo_id"])
        stage.show_messages()
        second = stage.take(BEN)
        order = [(first, RITA), *([(second, BEN)] if second else [])]
        chance.shuffle(order)
        for review, person in order:
            stage.decide(review, _verdict(chance), person)

    plan.reviews, plan.is_certain = False, True
    plan.after_events.append(act)


def _lease_ends(stage: FaultyStage, plan: Plan, chance: Random) -> None:
    def act() -> None:
        if review := stage.take(RITA):
            stage.expire_lease(review["photo_id"])
            if chance.random() < 0.5:
                stage.decide(review, _verdict(chance), RITA)

    plan.reviews, plan.is_certain = False, True
    plan.after_events.append(act)


def _undone(stage: FaultyStage, plan: Plan, chance: Random) -> None:
    def act() -> None:
        if review := stage.take(RITA):
            decided = stage.decide(review, _verdict(chance), RITA)
            if decided.status == 200:
                for _ in range(chance.choice([1, 2])):
                    stage.undo(decided)

    plan.reviews, plan.is_certain = False, True
    plan.after_events.append(act)


def _verdict(chance: Random) -> str:
    return chance.choice([BICYCLE, MOTORCYCLE, "neither", "unusable"])


# Objects


def _overwritten(stage: FaultyStage, plan: Plan, chance: Random) -> None:
    """Another photo under the same key, before or after the first is read; both events come."""

    def act() -> None:
        key = stage.events[0]["detail"]["object"]["key"]
        stage.deliver(stage.upload(key, chance.choice([BICYCLE, MOTORCYCLE, UNSURE]), at=later(0)))

    chance.choice([plan.after_upload, plan.after_events]).append(act)
    plan.is_certain = True


def _deleted(stage: FaultyStage, plan: Plan, _chance: Random) -> None:
    def act() -> None:
        stored = stage.events[0]["detail"]["object"]
        boto3.client("s3").delete_object(
            Bucket=BUCKET, Key=stored["key"], VersionId=stored["version-id"]
        )

    plan.faults.append(
        CallFault(
            actors=frozenset({"serialize"}),
            operations=frozenset({"GetObject"}),
            effect=meanwhile(act),
        )
    )


def _empty(_stage: FaultyStage, plan: Plan, chance: Random) -> None:
    plan.kinds[chance.randrange(len(plan.kinds))] = EMPTY
    plan.is_certain = True


# Operators


def _redriven(stage: FaultyStage, plan: Plan, chance: Random) -> None:
    plan.faults.append(
        CallFault(
            actors=frozenset({"serialize"}),
            operations=frozenset({"GetObject"}),
            effect=refused(service_error("AccessDenied", 403)),
            times=chance.choice([1, 2]),
        )
    )
    plan.after_events += [stage.redrive, stage.redrive]
    plan.redriven = True


def _reconciled(stage: FaultyStage, plan: Plan, chance: Random) -> None:
    plan.dropped = {chance.randrange(len(plan.kinds))}
    plan.after_events += [stage.reconcile, stage.reconcile]
    plan.is_certain = True


def _paused(stage: FaultyStage, plan: Plan, chance: Random) -> None:
    plan.after_upload.append(lambda: stage.pause(paused=True))
    plan.after_events += [stage.drain, lambda: stage.pause(paused=False)]
    plan.at_once = chance.random() < 0.5
    plan.is_certain = True


def _stopped(stage: FaultyStage, plan: Plan, _chance: Random) -> None:
    """Assignment is stopped before the photos come; it is not resumed."""
    stage.stop_assignment()
    plan.is_certain = True


def _message_lost(stage: FaultyStage, plan: Plan, _chance: Random) -> None:
    plan.after_events.append(stage.lose_messages)
    plan.reviews, plan.is_certain = False, True


def _message_doubled(real: Callable[[], Any]) -> Any:
    real()
    return real()


def _with_dropped(draw: Draw) -> Draw:
    """Leave work to the sweeper, so that it acts."""

    def changed(stage: FaultyStage, plan: Plan, chance: Random) -> None:
        plan.dropped = set(range(len(plan.kinds)))
        draw(stage, plan, chance)

    return changed


def _with_pause(draw: Draw) -> Draw:
    """Leave work to the drain, so that it acts."""

    def changed(stage: FaultyStage, plan: Plan, chance: Random) -> None:
        plan.after_upload.append(lambda: stage.pause(paused=True))
        plan.after_events += [lambda: stage.pause(paused=False), stage.drain]
        draw(stage, plan, chance)

    return changed


def _superseding(draw: Draw) -> Draw:
    """Let the photo of a vehicle come after a newer one, so that the machine reads both."""

    def changed(stage: FaultyStage, plan: Plan, chance: Random) -> None:
        plan.kinds[:] = [BICYCLE, MOTORCYCLE]
        plan.deliveries.reverse()
        draw(stage, plan, chance)

    return changed


def _with_reconcile(draw: Draw) -> Draw:
    """Leave work to the operator's repair, and make it twice."""

    def changed(stage: FaultyStage, plan: Plan, chance: Random) -> None:
        _reconciled(stage, plan, chance)
        plan.is_certain = False
        draw(stage, plan, chance)

    return changed


def _two_sweeps(stage: FaultyStage, plan: Plan, chance: Random) -> None:
    """A sweep begins while another one is between two calls."""
    plan.dropped = set(range(len(plan.kinds)))
    other = CallFault(
        actors=frozenset({"sweeper"}),
        operations=frozenset(),
        effect=meanwhile(partial(stage.sweep, hours=2)),
        nth=chance.randrange(8),
    )
    plan.faults.append(other)
    plan.after_events.append(partial(stage.sweep, hours=2))


EVENTS, FUNCTIONS, ENDPOINT = "events", "functions", "endpoint"
LEDGER, QUEUES, REVIEWERS = "ledger", "queues", "reviewers"
OBJECTS, REPAIRS = "objects", "operator and repairs"
_REFUSALS = (refused(), refused(_THROTTLE), refused(_SERVER_ERROR))


def _certainly(change: Draw) -> Draw:
    return partial(_certain, change=change)


CATALOGUE = (
    FaultClass(place=EVENTS, name="delivered 2 to 5 times", draw=_certainly(_duplicated)),
    FaultClass(place=EVENTS, name="out of order", draw=_certainly(_reordered)),
    FaultClass(place=EVENTS, name="later than the sweeper", draw=_certainly(_delayed)),
    FaultClass(place=EVENTS, name="never delivered", draw=_certainly(_dropped)),
    FaultClass(place=EVENTS, name="all replayed after decisions", draw=_certainly(_replayed)),
    FaultClass(
        place=FUNCTIONS,
        name="ends before a call",
        draw=_calls(_FUNCTIONS, set(), crash_before),
    ),
    FaultClass(
        place=FUNCTIONS,
        name="ends after a call",
        draw=_calls(_FUNCTIONS, set(), crash_after),
    ),
    FaultClass(
        place=FUNCTIONS,
        name="throttled, timed out, out of memory",
        draw=_calls(
            {MACHINE},
            {"Invoke serialize", "Invoke classify", "Invoke filter"},
            refused(service_error("TooManyRequestsException", 429)),
            refused(FunctionEnded("Sandbox.Timedout")),
            refused(FunctionEnded("Lambda.Unknown")),
        ),
    ),
    FaultClass(
        place=FUNCTIONS,
        name="photo cannot be read from S3",
        draw=_calls({"serialize"}, {"GetObject"}, *_REFUSALS, most_skipped=1),
    ),
    FaultClass(
        place=FUNCTIONS,
        name="parameter, secret or controls unreadable",
        draw=_calls(_FUNCTIONS, {"GetParameter", "GetSecretValue", "BatchGetItem"}, *_REFUSALS),
    ),
    FaultClass(
        place=ENDPOINT,
        name="5xx, 429, time-out",
        draw=_calls(
            {"classify"},
            {"InvokeEndpoint"},
            refused(service_error("InternalFailure", 500)),
            refused(_THROTTLE),
            refused(service_error("ServiceUnavailable", 503)),
            refused(ReadTimeoutError(endpoint_url="https://injected.example.com")),
            most_skipped=0,
        ),
    ),
    FaultClass(
        place=ENDPOINT,
        name="answer is not JSON, or not a prediction",
        may_fail=True,
        draw=_answers(
            lambda _kind: b"<html>502 Bad Gateway</html>",
            lambda _kind: b"",
            lambda _kind: b"[0.99, 0.01]",
            lambda kind: true_answer(kind)[:40],
        ),
    ),
    FaultClass(
        place=ENDPOINT,
        name="probabilities are NaN, negative, too large, or text",
        may_fail=True,
        draw=_answers(
            _sure(float("nan")),
            _sure(float("inf")),
            _sure(1.99, other=-1.0),
            _sure("0.99"),
            _sure(0.99, other=0.5),
        ),
    ),
    FaultClass(
        place=ENDPOINT,
        name="classes of another model, or an unknown model",
        may_fail=True,
        draw=_answers(_of_other_classes, _of_one_class, _of_unknown_model),
    ),
    FaultClass(place=ENDPOINT, name="classes in another order", draw=_answers(_in_another_order)),
    FaultClass(
        place=LEDGER,
        name="read of the machine refused",
        draw=_superseding(_calls({MACHINE}, {"GetItem"}, *_REFUSALS, most_skipped=1)),
    ),
    FaultClass(
        place=LEDGER,
        name="permission of the machine missing for a while",
        draw=_calls({MACHINE}, set(_WRITES), refused(service_error("AccessDeniedException", 400))),
        may_fail=True,
    ),
    FaultClass(
        place=LEDGER,
        name="write of the machine refused",
        draw=_calls({MACHINE}, set(_WRITES), *_REFUSALS),
    ),
    FaultClass(
        place=LEDGER,
        name="reply to a write of the machine lost",
        draw=_calls({MACHINE}, set(_WRITES), reply_lost),
    ),
    FaultClass(
        place=LEDGER,
        name="transaction conflict",
        draw=_calls(
            {MACHINE},
            {"TransactWriteItems"},
            refused(service_error("TransactionCanceledException", 400)),
            most_skipped=0,
        ),
        may_fail=True,
    ),
    FaultClass(
        place=LEDGER,
        name="write of a function refused, or its reply lost",
        draw=_calls(_FUNCTIONS, {"UpdateItem"}, reply_lost, *_REFUSALS, most_skipped=1),
    ),
    FaultClass(
        place=QUEUES,
        name="message refused",
        draw=_reviewed(_calls({MACHINE}, {"SendMessage"}, *_REFUSALS, most_skipped=1)),
    ),
    FaultClass(
        place=QUEUES,
        name="reply to a message lost",
        draw=_reviewed(_calls({MACHINE}, {"SendMessage"}, reply_lost, most_skipped=1)),
    ),
    FaultClass(
        place=QUEUES,
        name="message delivered twice",
        draw=_reviewed(_calls({MACHINE}, {"SendMessage"}, _message_doubled, most_skipped=1)),
    ),
    FaultClass(place=QUEUES, name="all messages lost", draw=_reviewed(_message_lost)),
    FaultClass(place=REVIEWERS, name="verdict submitted again", draw=_reviewed(_submit_twice)),
    FaultClass(place=REVIEWERS, name="two reviewers of a photo", draw=_reviewed(_two_reviewers)),
    FaultClass(place=REVIEWERS, name="lease ends", draw=_reviewed(_lease_ends)),
    FaultClass(place=REVIEWERS, name="verdict undone, once or twice", draw=_reviewed(_undone)),
    FaultClass(
        place=REVIEWERS,
        name="function ends before or after a call",
        draw=_reviewed(_calls({"reviewer"}, set(), crash_before, crash_after, most_skipped=12)),
    ),
    FaultClass(
        place=REVIEWERS,
        name="call refused, or its reply lost",
        draw=_reviewed(_calls({"reviewer"}, set(), reply_lost, *_REFUSALS, most_skipped=12)),
    ),
    FaultClass(place=OBJECTS, name="overwritten", draw=_overwritten),
    FaultClass(place=OBJECTS, name="deleted before it is read", draw=_deleted, may_fail=True),
    FaultClass(place=OBJECTS, name="empty", draw=_empty),
    FaultClass(place=REPAIRS, name="redriven twice after denied access", draw=_redriven),
    FaultClass(place=REPAIRS, name="`reconcile --repair` twice", draw=_reconciled),
    FaultClass(place=REPAIRS, name="intake paused and resumed", draw=_paused),
    FaultClass(place=REPAIRS, name="automatic assignment stopped", draw=_stopped),
    FaultClass(
        place=REPAIRS,
        name="sweeper ends before or after a call",
        draw=_with_dropped(
            _calls({"sweeper"}, set(), crash_before, crash_after, reply_lost, most_skipped=12)
        ),
    ),
    FaultClass(
        place=REPAIRS,
        name="call of the sweeper refused",
        draw=_with_dropped(_calls({"sweeper"}, set(), *_REFUSALS, most_skipped=12)),
    ),
    FaultClass(place=REPAIRS, name="two sweeps at once", draw=_two_sweeps),
    FaultClass(
        place=REPAIRS,
        name="`reconcile --repair` ends before or after a call",
        draw=_with_reconcile(
            _calls({"operator"}, set(), crash_before, crash_after, reply_lost, most_skipped=12)
        ),
    ),
    FaultClass(
        place=REPAIRS,
        name="call of the drain refused",
        draw=_with_pause(_calls({"drain"}, set(), *_REFUSALS, most_skipped=12)),
    ),
    FaultClass(
        place=REPAIRS,
        name="drain ends before or after a call",
        draw=_with_pause(
            _calls({"drain"}, set(), crash_before, crash_after, reply_lost, most_skipped=12)
        ),
    ),
)
