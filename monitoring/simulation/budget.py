"""How often the budget's two statements are wrong, and how many audits they need."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import repeat

import numpy as np

from monitoring.statistics.error_budget import (
    BudgetRule,
    Counts,
    Floats,
    evidence_of_excess,
    evidence_of_keeping,
    prior_of_starts,
    risk_bounds,
)
from monitoring.statistics.proportions import wilson

AUTOMATIC_A_DAY = 240  # of 300 photos a day
STEADY = (0.2,)
CHANGING = (0.2, 0.02, 0.5, 0.05, 1.0, 0.02)  # shares of successive days, again from the start
_RUNS_AT_ONCE = 100  # bounds the memory


@dataclass(frozen=True, kw_only=True)
class BudgetResult:
    """Many runs with one true risk; a statement may be made after every audit."""

    risk: float  # the truth
    shares: str  # steady | changing
    runs: int
    audits: int  # in each run
    broken: int  # runs in which the budget is ever called broken
    kept: int  # … ever called kept
    until_broken: float  # median of audits; one more than `audits` where most runs never are
    until_kept: float
    covered: float  # share of runs in which the bounds of the risk hold after every audit


def simulate_budget(
    *, risk: float, shares: tuple[float, ...], runs: int, audits: int, seed: int
) -> BudgetResult:
    """Simulate the audits of `runs` decision rules with a constant risk.

    Evidence is evaluated after every audit, more often than the report does: the error rates are
    those of the least favourable schedule.
    """
    rule, random = BudgetRule(), np.random.default_rng(seed)
    starts = _starts(random, shares, audits)
    one = np.ones(audits, dtype=np.int64)
    whole = np.append(1.0, np.zeros(audits - 1))
    broken, kept, covered = [], [], []
    for size in _batches(runs):
        wrong = (random.random((size, audits)) < risk).astype(np.int64)
        excess = evidence_of_excess(one, wrong, budget=rule.budget, starts=starts)
        keeping = evidence_of_keeping(one, wrong, budget=rule.budget)
        broken.append(_audits_until(excess >= 1 / rule.alarm_alpha))
        kept.append(_audits_until(keeping >= 1 / rule.proof_alpha))
        above = evidence_of_excess(one, wrong, budget=risk, starts=whole)
        below = evidence_of_keeping(one, wrong, budget=risk)
        is_held = np.maximum(above, below).max(axis=1) < 2 / rule.proof_alpha
        covered.append(is_held)
    until_broken, until_kept = np.concatenate(broken), np.concatenate(kept)
    return BudgetResult(
        risk=risk,
        shares="steady" if len(shares) == 1 else "changing",
        runs=runs,
        audits=audits,
        broken=int((until_broken <= audits).sum()),
        kept=int((until_kept <= audits).sum()),
        until_broken=float(np.median(until_broken)),
        until_kept=float(np.median(until_kept)),
        covered=float(np.concatenate(covered).mean()),
    )


def mean_widths(*, risk: float, audits: int, runs: int, seed: int) -> tuple[float, float]:
    """Return the mean widths of the bounds valid at every look and of Wilson's at one look."""
    counts = np.random.default_rng(seed).binomial(audits, risk, runs)
    distinct, times = np.unique(counts, return_counts=True)

    def mean(widths: Callable[[int], float]) -> float:
        return float(np.average([widths(int(wrong)) for wrong in distinct], weights=times))

    def always(wrong: int) -> float:
        bounds = risk_bounds(audits, wrong)
        return bounds.high - bounds.low

    def at_one_look(wrong: int) -> float:
        bounds = wilson(wrong, audits)
        return bounds.high - bounds.low

    return mean(always), mean(at_one_look)


def _starts(random: np.random.Generator, shares: tuple[float, ...], audits: int) -> Floats:
    """Return per audit the prior weight of a stretch that begins with it: the first of each day."""
    firsts, at, day = [], 0, 0
    while at < audits:
        drawn = int(random.binomial(AUTOMATIC_A_DAY, shares[day % len(shares)]))
        if drawn:
            firsts.append(at)
        at, day = at + drawn, day + 1
    starts = np.zeros(audits)
    starts[firsts] = prior_of_starts(len(firsts))
    return starts


def _audits_until(reached: "np.ndarray") -> Counts:
    """Return per run the number of audits up to the first reached; one more than all if never."""
    first = np.where(reached.any(axis=1), reached.argmax(axis=1), reached.shape[1])
    return np.asarray(first + 1, dtype=np.int64)


def _batches(runs: int) -> Iterator[int]:
    yield from repeat(_RUNS_AT_ONCE, runs // _RUNS_AT_ONCE)
    if runs % _RUNS_AT_ONCE:
        yield runs % _RUNS_AT_ONCE
