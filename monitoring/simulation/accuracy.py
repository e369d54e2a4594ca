"""Accuracy as the report tells it, where the truth is known."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from monitoring.simulation.population import Population
from monitoring.statistics.accuracy import Stratum, expected_accuracy, stratified_accuracy


@dataclass(frozen=True, kw_only=True)
class AccuracyResult:
    """Of many windows of one world."""

    world: str
    n: int
    audit_share: float
    windows: int
    truth: float  # mean accuracy over all photos
    reviewed_only: float  # mean error of the reviewers' labels alone
    estimated: float  # mean error of CBPE
    audited: float  # mean error of audits and reviews together
    covered: float  # share of windows whose interval holds the window's own accuracy
    half_width: float


def simulate_accuracy(
    name: str, world: Population, *, n: int, audit_share: float, windows: int, seed: int
) -> AccuracyResult:
    """Windows in which nobody could be audited count as covered by nothing."""
    rows = np.array(list(_windows(world, n, audit_share, windows, seed)))
    return AccuracyResult(
        world=name,
        n=n,
        audit_share=audit_share,
        windows=len(rows),
        truth=float(rows[:, 0].mean()),
        reviewed_only=float((rows[:, 1] - rows[:, 0]).mean()),
        estimated=float((rows[:, 2] - rows[:, 0]).mean()),
        audited=float(np.nanmean(rows[:, 3] - rows[:, 0])),
        covered=float(((rows[:, 4] <= rows[:, 0]) & (rows[:, 0] <= rows[:, 5])).mean()),
        half_width=float(np.nanmean(rows[:, 5] - rows[:, 4]) / 2),
    )


def _windows(
    world: Population, n: int, audit_share: float, windows: int, seed: int
) -> Iterator[tuple[float, ...]]:
    random = np.random.default_rng(seed)
    for _ in range(windows):
        sure = world.confidences(random, n)
        right = random.random(n) < sure * world.honesty
        automatic = sure >= world.threshold
        audited = automatic & (random.random(n) < audit_share)
        strata = [
            Stratum(
                photos=int(automatic.sum()),
                labelled=int(audited.sum()),
                right=int(right[audited].sum()),
            ),
            Stratum(
                photos=int((~automatic).sum()),
                labelled=int((~automatic).sum()),
                right=int(right[~automatic].sum()),
            ),
        ]
        found = stratified_accuracy(strata)
        around = (found.value, found.low, found.high) if found else (np.nan,) * 3
        reviewed = right[~automatic].mean() if (~automatic).any() else np.nan
        yield float(right.mean()), float(reviewed), expected_accuracy(sure).value, *around
