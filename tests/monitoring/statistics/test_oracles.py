"""Our statistics beside evidently's and nannyml's, on the same data: `make test-oracles`.

Thresholds differ on purpose (docs/decisions.md, 56); the computed statistics must be equal.
"""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from monitoring.statistics.accuracy import expected_accuracy
from monitoring.statistics.agreement import agreement
from monitoring.statistics.proportions import several_shares, two_shares
from monitoring.statistics.two_samples import Floats, Reference, kolmogorov_smirnov, wasserstein

ABOUT = "it is in an environment of its own: make test-oracles"
RANDOM = np.random.default_rng(11)
BASELINE = np.round(RANDOM.beta(14, 1, 5_000), 4)
SAMPLES = {
    "quiet": RANDOM.beta(14, 1, 200),
    "lower": RANDOM.beta(5, 1, 80),
    "rounded": np.round(RANDOM.beta(14, 1, 3_333), 2),
    "few": RANDOM.beta(2, 2, 3),
}


@pytest.fixture(scope="module")
def pandas() -> Any:
    return pytest.importorskip("pandas", reason=ABOUT)


@pytest.fixture(scope="module")
def nannyml() -> Any:
    """Its drift methods, by name."""
    pytest.importorskip("nannyml", reason=ABOUT)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its dependencies deprecate each other
        from nannyml.drift.univariate import methods  # noqa: PLC0415 # not installed elsewhere
    return methods


def evidently(test: str, reference: Any, now: Any, *, categorical: bool = False) -> float:
    """Return the result of evidently's test of that name: a distance or a p."""
    pytest.importorskip("evidently", reason=ABOUT)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from evidently.legacy.calculations.stattests import get_stattest  # noqa: PLC0415 # as above
        from evidently.legacy.core import ColumnType  # noqa: PLC0415 # as above
    kind = ColumnType.Categorical if categorical else ColumnType.Numerical
    run = get_stattest(reference, now, kind, test)
    return float(run(reference, now, kind, 0.05).drift_score)


def categories(pandas: Any, counts: Sequence[int]) -> Any:
    return pandas.Series(np.repeat([f"c{i}" for i in range(len(counts))], counts))


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_distances_are_nannymls(nannyml: Any, pandas: Any, sample: Floats) -> None:
    reference = Reference.of(BASELINE)
    for theirs, ours in (
        (nannyml.KolmogorovSmirnovStatistic, kolmogorov_smirnov(sample, reference).statistic),
        (nannyml.WassersteinDistance, wasserstein(sample, reference).statistic * reference.sd),
    ):
        method = theirs(chunker=None, threshold=None)
        method._fit(pandas.Series(BASELINE))
        assert ours == pytest.approx(method._calculate(pandas.Series(sample)), abs=1e-9)


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_the_distance_in_sd_is_evidentlys(pandas: Any, sample: Floats) -> None:
    theirs = evidently("wasserstein", pandas.Series(BASELINE), pandas.Series(sample))
    # They divide by the deviation of the values themselves, we by that of what they are drawn from.
    wider = np.sqrt(len(BASELINE) / (len(BASELINE) - 1))
    ours = wasserstein(sample, Reference.of(BASELINE)).statistic * wider
    assert ours == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize("now", [(60, 40), (700, 300), (2_600, 2_400)])
def test_two_shares_are_evidentlys(pandas: Any, now: tuple[int, int]) -> None:
    baseline = (2_500, 2_500)
    theirs = evidently("z", categories(pandas, baseline), categories(pandas, now), categorical=True)
    ours = two_shares(now[0], sum(now), baseline[0], sum(baseline))
    assert ours.p == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize("now", [(60, 30, 30), (700, 200, 100), (2_600, 1_200, 1_000)])
def test_several_shares_are_nannymls(nannyml: Any, pandas: Any, now: tuple[int, int, int]) -> None:
    baseline = (2_500, 1_500, 1_000)
    method = nannyml.Chi2Statistic(chunker=None, threshold=None)
    method._fit(categories(pandas, baseline))
    theirs = method._calculate(categories(pandas, now))
    ours = several_shares(
        {f"c{i}": count for i, count in enumerate(now)},
        {f"c{i}": count for i, count in enumerate(baseline)},
    )
    assert ours.statistic == pytest.approx(theirs, rel=1e-9)
    assert ours.test == "chi-squared"
    assert ours.p == pytest.approx(method._p_value, abs=1e-9)


@pytest.mark.parametrize("n", [1, 50, 10_000])
def test_accuracy_without_labels_is_nannymls(nannyml: Any, n: int) -> None:
    assert nannyml
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from nannyml.performance_estimation.confidence_based.metrics import (  # noqa: PLC0415 # as above
            estimate_accuracy,
        )
    of_first = RANDOM.beta(2, 2, n)
    theirs = estimate_accuracy((of_first >= 0.5).astype(int), of_first)
    ours = expected_accuracy(np.maximum(of_first, 1 - of_first))
    assert ours.value == pytest.approx(theirs, abs=1e-9)


def test_agreement_is_scikit_learns() -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason=ABOUT)
    first, second = RANDOM.integers(0, 4, (2, 500)).astype(str)
    second[:300] = first[:300]
    ours = agreement(zip(first.tolist(), second.tolist(), strict=True))
    assert ours.kappa == pytest.approx(metrics.cohen_kappa_score(first, second), abs=1e-9)
