"""The bursts and the outage that the model is run with, and what is counted."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from tests.bursts.model import Load, Stage

BURSTS = (200, 500, 1000, 2000, 5000)
LIMITS = (10, 100, 1000)
BURST_S = 5.0
OUTAGE_S, PHOTOS_PER_S = 1800.0, 2
SEED = 20_261_130


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of the photos of one load, the worst of several seeds."""

    name: str
    concurrency: int
    failed: int
    lost: int  # without an outcome at the end
    drained_s: float
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
        """Whether they were."""
        return self.drained_s <= self.limit_s


def burst(photos: int, concurrency: int, *, seed: int) -> Load:
    """Return photos that arrive evenly at random within `BURST_S`."""
    chance = random.Random(seed)  # noqa: S311 # reproducible, protects no secret
    arrivals = sorted(chance.uniform(0, BURST_S) for _ in range(photos))
    return Load(arrivals=arrivals, concurrency=concurrency)


def outage(concurrency: int, *, outage_s: float = OUTAGE_S) -> Load:
    """Return photos at `PHOTOS_PER_S` while the endpoint is down."""
    arrivals = [number / PHOTOS_PER_S for number in range(int(outage_s * PHOTOS_PER_S))]
    return Load(arrivals=arrivals, concurrency=concurrency, outage_s=outage_s)


def simulate(name: str, loads: list[tuple[Load, int]]) -> Outcome:
    """Run loads with their seeds and return the worst figure of each kind."""
    stages = []
    for load, seed in loads:
        stage = Stage(load, seed=seed)
        stage.run(until_s=3 * load.floor_s + 600)
        stages.append(stage)
    photos = [photo for stage in stages for photo in stage.photos]
    return Outcome(
        name=name,
        concurrency=loads[0][0].concurrency,
        failed=max(_count(stage, "failed") for stage in stages),
        lost=max(
            len(stage.photos) - _count(stage, "failed") - _count(stage, "decided")
            for stage in stages
        ),
        drained_s=max(photo.decided_s for photo in photos),
        floor_s=loads[0][0].floor_s,
        parked=max(sum(photo.parkings > 0 for photo in stage.photos) for stage in stages),
        transitions=sum(photo.transitions for photo in photos) / len(photos),
        most_transitions=max(photo.transitions for photo in photos),
    )


def outcomes(*, seeds: int) -> Iterator[Outcome]:
    """Yield the outcome of every burst at every limit, and of the outage."""
    for photos in BURSTS:
        for limit in LIMITS:
            loads = [
                (burst(photos, limit, seed=SEED + number), SEED + number) for number in range(seeds)
            ]
            yield simulate(f"{photos:,} photos in {BURST_S:.0f} s", loads)
    for limit in LIMITS:
        loads = [(outage(limit), SEED + number) for number in range(seeds)]
        yield simulate(f"endpoint down {OUTAGE_S / 60:.0f} min, {PHOTOS_PER_S} photos/s", loads)


def _count(stage: Stage, state: str) -> int:
    return sum(photo.state == state for photo in stage.photos)
