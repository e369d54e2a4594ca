"""The bursts and the outage that the model is run with, and what is counted."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from tests.bursts.model import Load, Stage
from tests.bursts.workflows import BEFORE, NOW, Workflow

BURSTS = (200, 500, 1000, 2000, 5000)
LIMITS = (10, 100, 1000)
BURST_S = 5.0
OUTAGE_S, PHOTOS_PER_S = 1800.0, 2
SEED = 20_261_130


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of the photos of one load, the worst of several seeds."""

    photos: int
    failed: int
    lost: int  # without an outcome at the end
    ended_s: float  # until the last photo was decided or failed
    floor_s: float
    parked: int  # photos that were parked at least once
    transitions: float  # mean of a photo
    most_transitions: int  # of any photo

    @property
    def limit_s(self) -> float:
        """The time in which all photos are to be decided."""
        return max(1.3 * self.floor_s, self.floor_s + 90)

    @property
    def in_time(self) -> bool:
        """Whether all of them were."""
        return not self.failed and not self.lost and self.ended_s <= self.limit_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A burst of photos within `BURST_S`, or photos while the endpoint is down."""

    photos: int
    concurrency: int  # limit of the account
    outage_s: float = 0.0
    is_short: bool = False  # its first ten photos only, to see that it works

    @property
    def id(self) -> str:
        """The name in records and claims, such as `5000-at-10`."""
        load = "outage" if self.outage_s else str(self.photos)
        return f"{load}-at-{self.concurrency}"

    @property
    def name(self) -> str:
        """The name in tables."""
        if self.outage_s:
            return f"endpoint down {self.outage_s / 60:.0f} min, {PHOTOS_PER_S} photos/s"
        return f"{self.photos:,} photos in {BURST_S:.0f} s"

    def load(self, *, seed: int) -> Load:
        """Return the arrivals: those of a burst are even at random, those of an outage regular."""
        if self.outage_s:
            arrivals = [number / PHOTOS_PER_S for number in range(self.photos)]
        else:
            chance = random.Random(seed)  # noqa: S311 # reproducible, protects no secret
            arrivals = sorted(chance.uniform(0, BURST_S) for _ in range(self.photos))
        if self.is_short:
            arrivals = arrivals[:10]
        return Load(arrivals=arrivals, concurrency=self.concurrency, outage_s=self.outage_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A scenario with the workflow as it was and as it is."""

    scenario: Scenario
    before: Outcome
    now: Outcome


def outage(concurrency: int, *, outage_s: float = OUTAGE_S) -> Scenario:
    """Return photos at `PHOTOS_PER_S` while the endpoint is down."""
    photos = int(outage_s * PHOTOS_PER_S)
    return Scenario(photos=photos, concurrency=concurrency, outage_s=outage_s)


SCENARIOS = (
    *(Scenario(photos=photos, concurrency=limit) for photos in BURSTS for limit in LIMITS),
    *(outage(limit) for limit in LIMITS),
)


def simulate(scenario: Scenario, workflow: Workflow = NOW, *, seeds: int = 1) -> Outcome:
    """Run a scenario with so many seeds and return the worst figure of each kind."""
    return measure(
        [(scenario.load(seed=seed), seed) for seed in range(SEED, SEED + seeds)], workflow
    )


def measure(loads: list[tuple[Load, int]], workflow: Workflow = NOW) -> Outcome:
    """Run loads of equal size with their seeds and return the worst figure of each kind."""
    stages = []
    for load, seed in loads:
        stage = Stage(load, seed=seed, workflow=workflow)
        stage.run(until_s=3 * load.floor_s + 600)
        stages.append(stage)
    photos = [photo for stage in stages for photo in stage.photos]
    return Outcome(
        photos=len(stages[0].photos),
        failed=max(_count(stage, "failed") for stage in stages),
        lost=max(
            len(stage.photos) - _count(stage, "failed") - _count(stage, "decided")
            for stage in stages
        ),
        ended_s=max(photo.decided_s for photo in photos),
        floor_s=max(load.floor_s for load, _ in loads),
        parked=max(sum(photo.parkings > 0 for photo in stage.photos) for stage in stages),
        transitions=sum(photo.transitions for photo in photos) / len(photos),
        most_transitions=max(photo.transitions for photo in photos),
    )


def comparisons(scenarios: tuple[Scenario, ...], *, seeds: int) -> Iterator[Comparison]:
    """Yield every scenario with both workflows."""
    for scenario in scenarios:
        yield Comparison(
            scenario=scenario,
            before=simulate(scenario, BEFORE, seeds=seeds),
            now=simulate(scenario, seeds=seeds),
        )


def _count(stage: Stage, state: str) -> int:
    return sum(photo.state == state for photo in stage.photos)
