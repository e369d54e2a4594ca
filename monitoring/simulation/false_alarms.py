"""How often each test cries on a quiet day, and how often it sees a change of a known size."""

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
"""From here on the rounded confidences are counted out, not drawn one by one: the same law."""


@dataclass(frozen=True, kw_only=True)
class Rate:
    """How often a test was significant."""

    test: str
    n: int
    windows: int
    watch: int
    act: int

    @property
    def watch_share(self) -> float:
        """At p < 0.01."""
        return self.watch / self.windows

    @property
    def act_share(self) -> float:
        """At p < 0.001."""
        return self.act / self.windows


Law = tuple[Floats, Floats]


@dataclass(frozen=True, kw_only=True)
class DrawnSample:
    """One window's figures, as the report would see them."""

    confidences: Floats
    brightness: Floats
    firsts: int
    reviews: int
    formats: dict[str, int]

    @classmethod
    def of(cls, random: np.random.Generator, world: Population, n: int, law: Law) -> "DrawnSample":
        """Drawn from that world; `law` is its `confidence_law`."""
        values, shares = law
        if n < MANY:
            confidences = np.round(world.confidences(random, n), 4)
        else:
            confidences = np.repeat(values, random.multinomial(n, shares))
        mean, sd = QUALITY["brightness"]
        shift = world.quality_shift.get("brightness", 0.0)
        counts = random.multinomial(n, [share for _, share in FORMATS])
        return cls(
            confidences=confidences,
            brightness=mean + sd * (random.standard_normal(n) + shift),
            firsts=int(random.binomial(n, world.first_share)),
            reviews=int((confidences < world.threshold).sum()),
            formats={name: int(k) for (name, _), k in zip(FORMATS, counts, strict=True)},
        )


Test = Callable[[DrawnSample], TestResult]


def every_test(baseline: DrawnSample) -> dict[str, Test]:
    """The report's tests against one baseline."""
    confidence = Reference.of(baseline.confidences)
    brightness = Reference.of(baseline.brightness)
    m = confidence.n
    return {
        "confidence, Kolmogorov-Smirnov": lambda now: kolmogorov_smirnov(
            now.confidences, confidence
        ),
        "confidence, Wasserstein": lambda now: wasserstein(now.confidences, confidence),
        "confidence, PSI (not judged)": lambda now: stability_index(now.confidences, confidence),
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
    """`actual` is `quiet` itself for false alarms; windows are spread over the baselines."""
    found: dict[tuple[str, int], list[float]] = {}
    before, after = quiet.confidence_law(), actual.confidence_law()
    for number in range(baselines):
        random = np.random.default_rng([seed, number])
        tests = every_test(DrawnSample.of(random, quiet, BASELINE_N, before))
        for n in sizes:
            for _ in range(windows // baselines):
                now = DrawnSample.of(random, actual, n, after)
                for name, test in tests.items():
                    found.setdefault((name, n), []).append(test(now).p)
    for (name, n), chances in found.items():
        p = np.array(chances)
        yield Rate(
            test=name,
            n=n,
            windows=len(p),
            watch=int((p < P_WATCH).sum()),
            act=int((p < P_ACT).sum()),
        )
