"""The modelled account, endpoint, executions and drain, on SimPy's clock. Times are in seconds."""

import random
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any

import simpy

from handlers.aws.controls_table import CachedControls
from handlers.domain.breaker import FailureStreak
from handlers.domain.controls import BREAKER_OPEN, BreakerControl, Controls
from monitoring.drain.drain import ROUND
from monitoring.drain.policy import MAX_WINDOW, STEP_S, DrainPolicy, DrainStep, Observation
from tests.bursts.workflows import NOW, Workflow

Process = Generator[simpy.Event, Any, Any]  # what SimPy sends and returns depends on the event

ENDPOINT_PER_S = 140.0
ENDPOINT_PENDING = 32
REFUSED_S = 0.01  # a busy endpoint, an open breaker, paused intake
START_S, START_THREADS = 0.025, 8  # of the drain: two calls a photo
DRAIN_EVERY_S = 60.0
# The branches of an ordinary photo; a photo that is held back leaves at IsPrepared.
BRANCHES = {"Identify": "IdentifyVersionOfDriver", "IsPrepared": "Classify", "Route": "Assign"}
_THROTTLED, _BUSY = "Lambda.TooManyRequestsException", "EndpointBusy"
_DOWN, _OPEN = "EndpointUnavailable", BREAKER_OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Durations:
    """How long calls take; the defaults are assumed for AWS, others are measured."""

    functions: Mapping[str, float] = field(
        default_factory=lambda: {"Serialize": 0.5, "Classify": 0.06, "Filter": 0.05}
    )
    cold_start: float = 1.5
    write: float = 0.02  # a call of DynamoDB
    throttle: float = 0.01
    endpoint_down: float = 0.01  # until Classify raises its error


@dataclass(slots=True, kw_only=True)
class Load:
    """What happens to the stage: photos at these times, and an endpoint that is down."""

    arrivals: list[float]
    concurrency: int  # limit of the account
    outage_s: float = 0.0  # from the start on
    durations: Durations = field(default_factory=Durations)
    is_warm: bool = False  # every function has as many processes as it can use
    first_drain_s: float | None = None  # at random within `DRAIN_EVERY_S`

    @property
    def floor_s(self) -> float:
        """The shortest possible time in which all photos are decided."""
        lambda_s = len(self.arrivals) * sum(self.durations.functions.values()) / self.concurrency
        return self.outage_s + max(lambda_s, len(self.arrivals) / ENDPOINT_PER_S)


@dataclass(slots=True, eq=False)
class Photo:
    """One photo and what has become of it."""

    number: int
    received_s: float
    attempt: int = 1
    parkings: int = 0
    transitions: int = 0
    state: str = "waiting"  # in_flight | parked | decided | failed | lost
    reason: str = ""
    decided_s: float = 0.0


@dataclass(slots=True, eq=False)
class Container:
    """One warm process of a function."""

    controls: CachedControls
    streak: FailureStreak = field(default_factory=FailureStreak)


class Refused(Exception):
    """A task failed with this error name."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


class Stage:
    """The stage under a load."""

    def __init__(self, load: Load, *, seed: int, workflow: Workflow = NOW) -> None:
        self.load = load
        self.workflow = workflow
        self.chance = random.Random(seed)  # noqa: S311 # reproducible, protects no secret
        self.clock = simpy.Environment()
        self.controls = Controls()
        self.photos = [Photo(n, time) for n, time in enumerate(load.arrivals)]
        self._running = 0  # functions
        self._durations = load.durations
        self._warm: dict[str, list[Container]] = {
            name: [self._container() for _ in range(load.concurrency if load.is_warm else 0)]
            for name in self._durations.functions
        }
        self._endpoint = simpy.Resource(self.clock)
        for photo in self.photos:
            self.clock.process(self._arrive(photo))
        self.clock.process(self._schedule())

    def run(self, *, until_s: float) -> None:
        """Run until every photo has an outcome, or to the end."""
        while self.clock.peek() < until_s and not all(
            photo.state in {"decided", "failed"} for photo in self.photos
        ):
            self.clock.run(until=min(until_s, self.clock.now + 5))

    def _arrive(self, photo: Photo) -> Process:
        yield self.clock.timeout(photo.received_s)
        yield from self._execute(photo, is_probe=False)

    def _execute(self, photo: Photo, *, is_probe: bool) -> Process:
        """Run one execution through the states of the definition."""
        photo.state = "in_flight"
        name = "Identify"
        while True:
            state = self.workflow.states[name]
            photo.transitions += 1
            if state["Type"] == "Succeed" or name in {"RecordFailure", "Assign"}:
                break
            if state["Type"] == "Choice":
                name = self._choose(name, state, photo)
            elif state["Type"] == "Pass":
                name = state["Next"]
            else:
                name = yield from self._task(name, state, photo, is_probe=is_probe)
        ends = {"Assign": "decided", "Parked": "parked", "RecordFailure": "failed"}
        photo.state = ends.get(name, "lost")
        photo.decided_s = self.clock.now

    def _choose(self, name: str, state: dict[str, Any], photo: Photo) -> str:
        chosen = "HoldBack" if name == "IsPrepared" and photo.reason else BRANCHES[name]
        assert chosen in {choice["Next"] for choice in state["Choices"]}
        return chosen

    def _task(
        self, name: str, state: dict[str, Any], photo: Photo, *, is_probe: bool
    ) -> Generator[simpy.Event, Any, str]:
        """Try a task as its retriers say; return the next state."""
        tries = [0] * len(state["Retry"])
        while True:
            try:
                yield from self._call(name, photo, is_probe=is_probe)
            except Refused as refused:
                for number, retry in enumerate(state["Retry"]):
                    if (
                        refused.error in retry["ErrorEquals"]
                        and tries[number] < (retry["MaxAttempts"])
                    ):
                        break
                else:
                    photo.reason = refused.error
                    return self._caught(state, refused.error)
                longest_s = retry["IntervalSeconds"] * retry["BackoffRate"] ** tries[number]
                tries[number] += 1
                photo.transitions += 1
                delay_s = self.chance.uniform(0, min(longest_s, retry["MaxDelaySeconds"]))
                yield self.clock.timeout(delay_s)
            else:
                return str(state["Next"])

    @staticmethod
    def _caught(state: dict[str, Any], error: str) -> str:
        return next(
            str(catch["Next"])
            for catch in state["Catch"]
            if error in catch["ErrorEquals"] or "States.ALL" in catch["ErrorEquals"]
        )

    def _call(self, name: str, photo: Photo, *, is_probe: bool) -> Process:
        if name not in self._durations.functions:  # a call of DynamoDB
            yield self.clock.timeout(self._durations.write)
            if name == "Park":
                photo.parkings += 1
            return
        if self._running >= self.load.concurrency:
            yield self.clock.timeout(self._durations.throttle)
            raise Refused(_THROTTLED)
        self._running += 1
        try:
            yield from self._run_function(name, photo, is_probe=is_probe)
        finally:
            self._running -= 1

    def _run_function(self, name: str, photo: Photo, *, is_probe: bool) -> Process:
        takes_s = self._durations.functions[name]
        if self._warm[name]:
            container = self._warm[name].pop()
        else:
            container = self._container()
            yield self.clock.timeout(self._durations.cold_start)
        try:
            controls = container.controls.current()
            if name == "Serialize":
                photo.reason = controls.hold_reason(is_probe=is_probe)
                yield self.clock.timeout(REFUSED_S if photo.reason else takes_s)
            elif name == "Classify":
                if controls.breaker.is_open and not is_probe:
                    yield self.clock.timeout(REFUSED_S)
                    raise Refused(_OPEN)
                yield from self._invoke_endpoint(container, photo)
            else:
                yield self.clock.timeout(takes_s)
        finally:
            self._warm[name].append(container)

    def _container(self) -> Container:
        return Container(CachedControls(lambda: self.controls, clock=lambda: float(self.clock.now)))

    def _invoke_endpoint(self, container: Container, photo: Photo) -> Process:
        now = float(self.clock.now)
        if now < self.load.outage_s:
            yield self.clock.timeout(self._durations.endpoint_down)
            if container.streak.fail(str(photo.number), at_s=now):
                self._open_breaker()
            raise Refused(_DOWN)
        if len(self._endpoint.queue) + self._endpoint.count >= ENDPOINT_PENDING:
            yield self.clock.timeout(REFUSED_S)
            raise Refused(_BUSY)
        with self._endpoint.request() as turn:
            yield turn
            yield self.clock.timeout(1 / ENDPOINT_PER_S)
        yield self.clock.timeout(self._durations.functions["Classify"] - 1 / ENDPOINT_PER_S)
        container.streak.end()

    def _open_breaker(self) -> None:
        if self.workflow.has_breaker and not self.controls.breaker.is_open:
            opened = BreakerControl(is_open=True, since=str(self.clock.now), reason=_DOWN)
            self.controls = Controls(breaker=opened)

    def _schedule(self) -> Process:
        """Call the drain every minute; Lambda tries a throttled event again, ever more rarely."""
        first_s = self.load.first_drain_s
        if first_s is None:
            first_s = self.chance.uniform(0, DRAIN_EVERY_S)
        yield self.clock.timeout(first_s)
        while True:
            self.clock.process(self._invoke_drain())
            yield self.clock.timeout(DRAIN_EVERY_S)

    def _invoke_drain(self) -> Process:
        wait_s = 1.0
        while self._running >= self.load.concurrency:
            yield self.clock.timeout(wait_s)
            wait_s *= 2
        self._running += 1
        yield from self._drain()
        self._running -= 1

    def _drain(self) -> Process:
        """Run one round, as `Drain.round` does with the real tables."""
        policy, own = DrainPolicy(), dict[Photo, bool]()  # a photo → whether it is a probe
        ends_s = self.clock.now + ROUND.total_seconds()
        while own or any(photo.state == "parked" for photo in self.photos):
            plan = policy.plan(self._observe(own))
            yield from self._follow(plan, own)
            if self.clock.now + STEP_S >= ends_s:
                return
            yield self.clock.timeout(STEP_S)

    def _observe(self, own: dict[Photo, bool]) -> Observation:
        ended = [photo for photo in own if photo.state != "in_flight"]
        decided = [photo for photo in ended if photo.state != "parked"]
        probe_decided = any(own[photo] for photo in decided)
        parked = [photo for photo in ended if photo.state == "parked"]
        for photo in ended:
            del own[photo]
        in_flight = sum(photo.state == "in_flight" for photo in self.photos)
        return Observation(
            is_paused=False,
            is_breaker_open=self.controls.breaker.is_open,
            in_flight=min(in_flight, MAX_WINDOW + 1),
            decided=len(decided),
            parked_again=len(parked),
            endpoint_down=sum(photo.reason == _DOWN for photo in parked),
            probing=any(own.values()),
            probe_decided=probe_decided,
        )

    def _follow(self, plan: DrainStep, own: dict[Photo, bool]) -> Process:
        if plan.close_breaker:
            self.controls = Controls()
        if plan.open_breaker:
            self._open_breaker()
        parked = [photo for photo in self.photos if photo.state == "parked"]
        chosen = parked[: plan.starts]
        if plan.probe:
            chosen = sorted(parked[:25], key=lambda photo: photo.parkings)[:1]
        for photo in chosen:
            photo.attempt += 1
            own[photo] = plan.probe
            photo.state = "in_flight"
            self.clock.process(self._execute(photo, is_probe=plan.probe))
            yield self.clock.timeout(START_S / START_THREADS)
