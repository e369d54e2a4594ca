"""Compares the report's estimates of accuracy with the truth."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from monitoring.simulation.population import Population
from monitoring.statistics.accuracy import Stratum, expected_accuracy, stratified_accuracy


@dataclass(frozen=True, kw_only=True)
class AccuracyResult:
    """Means over many windows of one population; errors are estimate minus truth."""

    population: str  # its name
    n: int
    audit_share: float
    windows: int
    truth: float  # mean accuracy over all photos
    reviewed_only: float  # mean error of the reviewers' labels alone
    estimated: float  # mean error of CBPE
    audited: float  # mean error of audits and reviews together
    covered: float  # share of windows whose interval holds the window's own accuracy
    half_width: float  # of the interval, mean


def simulate_accuracy(
    name: str, population: Population, *, n: int, audit_share: float, windows: int, seed: int
) -> AccuracyResult:
    """Simulate windows of `n` photos; a window without an audited photo counts as not covered."""
    rows = np.array(list(_windows(population, n, audit_share, windows, seed)))
    return AccuracyResult(
        population=name,
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
    population: Population, n: int, audit_share: float, windows: int, seed: int
) -> Iterator[tuple[float, ...]]:
    random = np.random.default_rng(seed)
    for _ in range(windows):
        sure = population.confidences(random, n)
        right = random.random(n) < sure * population.honesty
        automatic = sure >= population.threshold
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
        interval = stratified_accuracy(strata)
        bounds = (interval.value, interval.low, interval.high) if interval else (np.nan,) * 3
        reviewed = right[~automatic].mean() if (~automatic).any() else np.nan
        yield float(right.mean()), float(reviewed), expected_accuracy(sure).value, *bounds
