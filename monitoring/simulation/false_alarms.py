"""Measures how often each test is significant: on quiet days, and after a known change."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from monitoring.simulation.population import FORMATS, QUALITY, Population
from monitoring.statistics.proportions import several_shares, two_shares
from monitoring.statistics.severity import P_ACT, P_WATCH, TestResult
from monitoring.statistics.two_samples import (
    Floats,
    Reference,
    kolmogorov_smirnov,
    stability_index,
    wasserstein,
    welch,
)

BASELINE_N = 5_000
SIZES = (50, 100, 1_000, 10_000, 100_000)
MANY = 10_000
"""From this size on, counts of the rounded confidences are drawn: the same distribution, faster."""


@dataclass(frozen=True, kw_only=True)
class Rate:
    """How many windows of `n` photos were significant in one test."""

    test: str
    n: int
    windows: int
    watch: int  # windows with p < P_WATCH
    act: int  # windows with p < P_ACT

    @property
    def watch_share(self) -> float:
        """The share (0..1) of windows with p < 0.01."""
        return self.watch / self.windows

    @property
    def act_share(self) -> float:
        """The share (0..1) of windows with p < 0.001."""
        return self.act / self.windows


Law = tuple[Floats, Floats]  # values and their probabilities


@dataclass(frozen=True, kw_only=True)
class DrawnSample:
    """One window's figures, as the report would compute them."""

    confidences: Floats
    brightness: Floats
    firsts: int
    reviews: int
    formats: dict[str, int]

    @classmethod
    def of(
        cls, random: np.random.Generator, population: Population, n: int, law: Law
    ) -> "DrawnSample":
        """Draw a window of `n` photos; `law` is the population's `confidence_law`."""
        values, shares = law
        if n < MANY:
            confidences = np.round(population.confidences(random, n), 4)
        else:
            confidences = np.repeat(values, random.multinomial(n, shares))
        mean, sd = QUALITY["brightness"]
        shift = population.quality_shift.get("brightness", 0.0)
        counts = random.multinomial(n, [share for _, share in FORMATS])
        return cls(
            confidences=confidences,
            brightness=mean + sd * (random.standard_normal(n) + shift),
            firsts=int(random.binomial(n, population.first_share)),
            reviews=int((confidences < population.threshold).sum()),
            formats={name: int(k) for (name, _), k in zip(FORMATS, counts, strict=True)},
        )


Test = Callable[[DrawnSample], TestResult]


def every_test(baseline: DrawnSample) -> dict[str, Test]:
    """Return the report's tests against one baseline, by name."""
    confidence = Reference.of(baseline.confidences)
    brightness = Reference.of(baseline.brightness)
    m = confidence.n
    return {
        "confidence, Kolmogorov-Smirnov": lambda now: kolmogorov_smirnov(
            now.confidences, confidence
        ),
        "confidence, Wasserstein": lambda now: wasserstein(now.confidences, confidence),
        "confidence, PSI (not graded)": lambda now: stability_index(now.confidences, confidence),
        "vehicle mix, z": lambda now: two_shares(
            now.firsts, len(now.confidences), baseline.firsts, m
        ),
        "review rate, z or Fisher": lambda now: two_shares(
            now.reviews, len(now.confidences), baseline.reviews, m
        ),
        "brightness, Welch": lambda now: welch(now.brightness, brightness),
        "formats, chi-squared": lambda now: several_shares(now.formats, baseline.formats),
    }


def rates(
    quiet: Population,
    *,
    actual: Population,
    sizes: tuple[int, ...],
    windows: int,
    baselines: int,
    seed: int,
) -> Iterator[Rate]:
    """Yield the rate of every test and size.

    Baselines are drawn from `quiet`, windows from `actual`: the same population for false alarms.
    The windows of a size are divided among the baselines.
    """
    p_values: dict[tuple[str, int], list[float]] = {}
    before, after = quiet.confidence_law(), actual.confidence_law()
    for number in range(baselines):
        random = np.random.default_rng([seed, number])
        tests = every_test(DrawnSample.of(random, quiet, BASELINE_N, before))
        for n in sizes:
            for _ in range(windows // baselines):
                now = DrawnSample.of(random, actual, n, after)
                for name, test in tests.items():
                    p_values.setdefault((name, n), []).append(test(now).p)
    for (name, n), values in p_values.items():
        p = np.array(values)
        yield Rate(
            test=name,
            n=n,
            windows=len(p),
            watch=int((p < P_WATCH).sum()),
            act=int((p < P_ACT).sum()),
        )
