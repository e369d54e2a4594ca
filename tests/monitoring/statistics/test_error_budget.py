"""What the audits of a decision rule show about the budget of wrong assignments."""

import math

import numpy as np
import pytest

from monitoring.simulation.budget import CHANGING, STEADY, simulate_budget
from monitoring.statistics.error_budget import (
    AuditDay,
    BudgetRule,
    budget_status,
    evidence_of_excess,
    evidence_of_keeping,
    prior_of_starts,
    risk_bounds,
)

RULE = BudgetRule()


def days(*counts: tuple[int, int]) -> list[AuditDay]:
    """Return successive days of (audited, wrong)."""
    return [
        AuditDay(day=f"2026-{1 + i // 28:02}-{1 + i % 28:02}", audited=audited, wrong=wrong)
        for i, (audited, wrong) in enumerate(counts)
    ]


def test_before_the_first_audit_nothing_is_known() -> None:
    status = budget_status([], RULE)
    assert (status.kept_since, status.broken_since) == ("", "")
    assert (status.risk.low, status.risk.high) == (0.0, 1.0)
    assert math.isnan(status.risk.value)
    assert status.more_audits is not None
    assert 600 < status.more_audits < 1_800


def test_many_right_audits_prove_the_budget_on_the_day_that_suffices() -> None:
    status = budget_status(days(*[(48, 0)] * 20), RULE)
    assert status.kept_since == "2026-01-16"  # 768 audits: the least that prove it without an error
    assert status.more_audits == 0
    assert budget_status(days(*[(48, 0)] * 15), RULE).kept_since == ""


def test_the_audits_that_are_still_needed_fall_with_each_right_day_and_suffice() -> None:
    needed = [budget_status(days(*[(48, 0)] * n), RULE).more_audits or 0 for n in (1, 5, 10, 15)]
    assert needed == sorted(needed, reverse=True)
    assert budget_status(days((720, 0), (needed[-1] + 10, 0)), RULE).kept_since == "2026-01-02"


def test_no_number_of_audits_is_stated_where_the_errors_exceed_the_budget() -> None:
    status = budget_status(days((100, 2)), RULE)
    assert status.more_audits is None
    assert status.broken_since == ""  # two of a hundred may be chance


def test_a_risk_above_the_budget_is_broken_since_the_first_day_of_its_stretch() -> None:
    good, bad = [(48, 0)] * 10, [(48, 3)] * 8
    status = budget_status(days(*good, *bad), RULE)
    assert status.broken_since == "2026-01-11"
    assert "2026-01-11" < status.broken_on <= "2026-01-18"
    assert status.kept_since == ""


def test_a_proof_does_not_outlast_strong_evidence_of_a_change() -> None:
    """Between the evidence that ends the proof and the alarm, the status is not known."""
    good = [(48, 0)] * 20
    kinds = []
    for bad in range(1, 10):
        status = budget_status(days(*good, *[(48, 2)] * bad), RULE)
        kinds.append("broken" if status.broken_since else "kept" if status.kept_since else "open")
    assert kinds[0] == "kept"
    assert list(dict.fromkeys(kinds)) == ["kept", "open", "broken"]


def test_the_order_of_audits_within_a_day_does_not_matter() -> None:
    one = np.ones(10, dtype=np.int64)
    wrong = np.array([0, 1, 0, 0, 0, 1, 0, 0, 0, 0])
    starts = np.append(1.0, np.zeros(9))
    excess = evidence_of_excess(one, wrong, budget=0.005, starts=starts)[-1]
    keeping = evidence_of_keeping(one, wrong, budget=0.005)[-1]
    together = np.array([10]), np.array([2])
    assert evidence_of_excess(*together, budget=0.005, starts=np.ones(1))[0] == pytest.approx(
        excess
    )
    assert evidence_of_keeping(*together, budget=0.005)[0] == pytest.approx(keeping)


@pytest.mark.parametrize("kind", ["excess", "keeping"])
def test_the_evidence_is_fair_at_the_budget(kind: str) -> None:
    """Its mean over all outcomes of two days of three audits is 1, which makes it an e-process."""
    budget, audits = 0.3, 3
    chances = [math.comb(audits, k) * budget**k * (1 - budget) ** (audits - k) for k in range(4)]
    audited, starts = np.array([audits, audits]), np.array([0.75, 0.125])
    mean = 0.0
    for first in range(4):
        for second in range(4):
            wrong = np.array([first, second])
            evidence = (
                evidence_of_excess(audited, wrong, budget=budget, starts=starts)
                if kind == "excess"
                else evidence_of_keeping(audited, wrong, budget=budget)
            )
            mean += chances[first] * chances[second] * float(evidence[-1])
    assert mean == pytest.approx(1.0)


def test_the_priors_of_all_starts_sum_to_less_than_one() -> None:
    assert prior_of_starts(0).sum() == 0
    assert prior_of_starts(1).tolist() == [0.75]
    assert 0.99 < prior_of_starts(10_000).sum() < 1


@pytest.mark.parametrize(("audited", "wrong"), [(1, 0), (1, 1), (300, 3), (5_000, 5_000)])
def test_the_bounds_enclose_the_share_and_stay_within_0_and_1(audited: int, wrong: int) -> None:
    bounds = risk_bounds(audited, wrong)
    assert 0 <= bounds.low <= bounds.value <= bounds.high <= 1
    assert bounds.high - bounds.low > 0


def test_every_audit_wrong_is_broken_and_overflows_nowhere() -> None:
    with np.errstate(all="raise", under="ignore"):
        status = budget_status(days(*[(2_000, 2_000)] * 5), RULE)
    assert status.broken_since == "2026-01-01"
    assert status.broken_on == "2026-01-01"


@pytest.mark.parametrize("shares", [STEADY, CHANGING])
def test_statements_at_the_budget_are_rarely_made(shares: tuple[float, ...]) -> None:
    """At most 1 % of runs may be called broken and 5 % kept; the seed is fixed."""
    result = simulate_budget(risk=0.005, shares=shares, runs=200, audits=2_000, seed=1)
    assert result.broken <= 6
    assert result.kept <= 18
    assert result.covered >= 0.94


def test_a_risk_of_ten_budgets_is_seen_within_ninety_audits() -> None:
    result = simulate_budget(risk=0.05, shares=CHANGING, runs=200, audits=400, seed=2)
    assert result.until_broken <= 90
