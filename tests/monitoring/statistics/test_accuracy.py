"""Accuracy, agreement and thresholds on cases that can be counted by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from monitoring.statistics.accuracy import (
    Stratum,
    expected_accuracy,
    more_errors_than_expected,
    stratified_accuracy,
)
from monitoring.statistics.agreement import Confusion, agreement
from monitoring.statistics.thresholds import Scored, outcomes


def test_the_estimate_is_the_mean_confidence() -> None:
    estimate = expected_accuracy([0.9] * 100)
    assert estimate.value == pytest.approx(0.9)
    assert estimate.high - estimate.value == pytest.approx(1.959964 * 0.03, rel=1e-5)
    assert math.isnan(expected_accuracy([]).value)


def test_a_stratum_with_a_label_on_every_photo_is_certain() -> None:
    census = Stratum(photos=80, labelled=80, right=60)
    assert (census.accuracy.low, census.accuracy.high) == (0.75, 0.75)
    audit = Stratum(photos=1_000_000, labelled=50, right=48)
    exact = stats.binomtest(48, 50).proportion_ci(0.95)
    assert audit.accuracy.low == pytest.approx(exact.low, abs=1e-4)
    joined = stratified_accuracy([census, Stratum(photos=20, labelled=20, right=20)])
    assert joined is not None
    assert (joined.low, joined.value, joined.high) == pytest.approx((0.8, 0.8, 0.8))


def test_accuracy_is_unknown_without_an_audit() -> None:
    assert stratified_accuracy([Stratum(photos=5, labelled=0, right=0)]) is None
    assert stratified_accuracy([Stratum(photos=0, labelled=0, right=0)]) is None


@given(
    st.integers(1, 2_000).flatmap(
        lambda photos: st.integers(1, photos).flatmap(
            lambda labelled: st.tuples(st.just(photos), st.just(labelled), st.integers(0, labelled))
        )
    )
)
def test_an_interval_holds_its_value(counts: tuple[int, int, int]) -> None:
    photos, labelled, right = counts
    interval = stratified_accuracy(
        [
            Stratum(photos=photos, labelled=labelled, right=right),
            Stratum(photos=7, labelled=7, right=3),
        ]
    )
    assert interval is not None
    assert 0 <= interval.low <= interval.value <= interval.high <= 1


def test_audits_contradict_the_model_only_where_chance_does_not_explain_them() -> None:
    result = more_errors_than_expected(9, 100, expected_share=0.03, margin=0.0)
    assert result.p == pytest.approx(stats.binom.sf(8, 100, 0.03), rel=1e-9)
    assert stats.binom.sf(result.critical_watch - 1, 100, 0.03) < 0.01
    assert stats.binom.sf(result.critical_watch - 2, 100, 0.03) >= 0.01
    assert result.direction == 1
    assert more_errors_than_expected(0, 100, expected_share=0.0, margin=0.0).p == 1


def test_kappa_is_the_agreement_beyond_chance() -> None:
    result = agreement([("a", "a"), ("b", "b"), ("a", "b"), ("b", "b", "a"), ()])
    assert result.pairs == 5
    assert result.same.value == pytest.approx(0.6)
    chance = (2 * 2 + 3 * 3) / 25
    assert result.kappa == pytest.approx((0.6 - chance) / (1 - chance))
    assert agreement([("a", "a")]).kappa is None
    assert agreement([]).pairs == 0


def test_confusion_counts_pairs() -> None:
    confusion = Confusion.of([("a", "a"), ("a", "b"), ("b", "b"), ("a", "b")])
    assert confusion.predicted == ("a", "b")
    assert confusion.counts == ((1, 2), (0, 1))


def test_other_thresholds_agree_with_counts_by_hand() -> None:
    scored = Scored(
        confidence=np.array([0.6, 0.85, 0.97, 1.0]),
        eligible=np.array([True, True, True, False]),
        weight=np.array([1.0, 0.0, 2.0, 1.0]),
        right=np.array([False, False, True, True]),
    )
    rows = {row.threshold: row for row in outcomes(scored, in_force=[0.9])}
    assert rows[0.5].review_share == 0.25
    assert rows[0.5].labelled == 2
    assert rows[0.5].labelled_error is not None
    assert rows[0.5].labelled_error.value == pytest.approx(1 / 3)
    assert rows[0.9].in_force
    assert rows[0.9].expected_error == pytest.approx(0.03)
    assert rows[0.999].review_share == 1
    assert rows[0.999].expected_error is None
