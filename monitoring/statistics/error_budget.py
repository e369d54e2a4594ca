"""Whether a decision rule keeps its budget of wrong assignments, valid however often it is asked.

Audits are looked at every day, so a test at a fixed level would be wrong sooner or later. Both
statements rest on e-processes: means of likelihood ratios of several risks against the budget,
whose chance of ever reaching 1 / alpha is at most alpha (Ville 1939; Waudby-Smith and Ramdas 2024,
Podkopaev and Ramdas 2021). They stay valid while the share of audited photos changes, as long as
it does not depend on the outcomes of the photos that it selects; days on which more photos are
audited then weigh more.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from monitoring.statistics.proportions import Interval

Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

# Risks that bets are placed on, as multiples of the budget, and the prior weight of each.
# `python -m monitoring.simulation --only budget` shows what these values achieve.
_RISKS_ABOVE, _WEIGHTS_ABOVE = (2.0, 4.0, 10.0), (0.25, 0.5, 0.25)
_RISKS_BELOW, _WEIGHTS_BELOW = (0.1, 0.3), (0.5, 0.5)
_WHOLE_LIFE = 0.75  # prior weight of a risk that is too high from the first audit on
_HIGHEST_RISK = 0.99
_MOST_AUDITS = 1_000_000
_PRIOR_RISK = 0.2  # times the budget: the risk that is expected before the first audit …
_PRIOR_ERRORS = 0.2  # … and how many errors that expectation is worth
_PRECISION = 1e-6
_LARGEST_EXPONENT = 700.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetRule:
    """The budget, and the error rates of the two statements about it; all within 0..1."""

    budget: float = 0.005  # of the automatic assignments
    alarm_alpha: float = 0.01  # chance that a rule within the budget is ever called broken
    proof_alpha: float = 0.05  # chance that a rule above the budget is ever called kept


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditDay:
    """The audits of the photos that were received on one day."""

    day: str  # ISO 8601
    audited: int
    wrong: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetStatus:
    """What the audits of one decision rule show; at most one of the three dates is set."""

    audited: int
    wrong: int
    risk: Interval  # share of wrong ones, with the bounds of `risk_bounds`
    kept_since: str  # day of the proof; empty: not proved, or contradicted since
    broken_since: str  # first day of the stretch that is above the budget; empty: not shown
    broken_on: str  # day on which that was shown
    more_audits: int | None  # until the proof, about; 0 if kept; None: not at this risk


def prior_of_starts(days: int) -> Floats:
    """Return the prior weight of each of `days` days to be the first with too high a risk.

    Most of the weight is on the first day; the rest falls with the square of the time.
    """
    later = np.arange(1, max(days, 1), dtype=np.float64)
    return np.append(_WHOLE_LIFE, (1 - _WHOLE_LIFE) / (later * (later + 1)))[:days]


def evidence_of_excess(audited: Counts, wrong: Counts, *, budget: float, starts: Floats) -> Floats:
    """Return the e-process against "no stretch of looks has a mean risk above the budget".

    Args:
        audited: audits of each look, along the last axis.
        wrong: … of which wrong.
        budget: 0..1, exclusive.
        starts: per look, the prior weight of a stretch that begins with it; their sum is at most 1.
    """
    total = np.zeros(np.broadcast_shapes(audited.shape, wrong.shape))
    if not total.size:
        return total
    for risk, weight in zip(_risks(_RISKS_ABOVE, budget), _WEIGHTS_ABOVE, strict=True):
        path = np.cumsum(_log_ratios(audited, wrong, risk, budget), axis=-1)
        before = np.concatenate([np.zeros((*path.shape[:-1], 1)), path[..., :-1]], axis=-1)
        # Relative to the lowest point of the path, so that nothing overflows.
        lowest = before.min(axis=-1, keepdims=True)
        begun = np.cumsum(starts * np.exp(lowest - before), axis=-1)
        total += weight * _exp(path - lowest) * begun
    return np.asarray(total + (1 - np.cumsum(starts)), dtype=np.float64)


def evidence_of_keeping(audited: Counts, wrong: Counts, *, budget: float) -> Floats:
    """Return the e-process against "the mean risk of all looks is above the budget".

    Arguments as of `evidence_of_excess`.
    """
    total = np.zeros(np.broadcast_shapes(audited.shape, wrong.shape))
    for risk, weight in zip(_risks(_RISKS_BELOW, budget), _WEIGHTS_BELOW, strict=True):
        total += weight * _exp(np.cumsum(_log_ratios(audited, wrong, risk, budget), axis=-1))
    return np.asarray(total, dtype=np.float64)


def risk_bounds(audited: int, wrong: int, *, alpha: float = 0.05) -> Interval:
    """Return the share of wrong ones with bounds that hold at every look, in 1 - alpha of cases.

    Each bound is the risk at which the e-process against it, with alpha / 2, ends. The value is NaN
    within (0, 1) where there are no audits.
    """
    if not audited:
        return Interval(value=math.nan, low=0.0, high=1.0)
    value, level = wrong / audited, math.log(2 / alpha)
    counts = np.array([audited]), np.array([wrong])

    def excess(risk: float) -> bool:
        whole = np.ones(1)
        e = evidence_of_excess(*counts, budget=risk, starts=whole)
        return float(_log(e)[0]) >= level

    def keeping(risk: float) -> bool:
        return float(_log(evidence_of_keeping(*counts, budget=risk))[0]) >= level

    low, high = 0.0, value
    while high - low > _PRECISION and wrong:  # below `low` the risk is refuted
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) else (low, middle)
    bottom, above, top = low, value, 1.0
    while top - above > _PRECISION:
        middle = (above + top) / 2
        above, top = (above, middle) if keeping(middle) else (middle, top)
    return Interval(value=value, low=bottom, high=top)


def budget_status(days: Sequence[AuditDay], rule: BudgetRule) -> BudgetStatus:
    """Return what the audits show; `days` are all those of one decision rule, in order."""
    audited = np.array([day.audited for day in days], dtype=np.int64)
    wrong = np.array([day.wrong for day in days], dtype=np.int64)
    total, errors = int(audited.sum()), int(wrong.sum())
    excess = evidence_of_excess(
        audited, wrong, budget=rule.budget, starts=prior_of_starts(len(days))
    )
    keeping = evidence_of_keeping(audited, wrong, budget=rule.budget)
    broken = _first(excess >= 1 / rule.alarm_alpha)
    proved = _first(keeping >= 1 / rule.proof_alpha)
    # A proof about the days up to it must not outlast strong evidence of a change since.
    is_contradicted = bool(len(days)) and float(excess[-1]) >= 1 / rule.proof_alpha
    is_kept = proved is not None and broken is None and not is_contradicted
    return BudgetStatus(
        audited=total,
        wrong=errors,
        risk=risk_bounds(total, errors, alpha=rule.proof_alpha),
        kept_since=days[proved].day if is_kept and proved is not None else "",
        broken_since="" if broken is None else days[_start(audited, wrong, broken, rule)].day,
        broken_on="" if broken is None else days[broken].day,
        more_audits=_more_audits(total, errors, rule, is_kept=is_kept),
    )


def _more_audits(audited: int, wrong: int, rule: BudgetRule, *, is_kept: bool) -> int | None:
    """Return how many further audits prove the budget if they are as right as those so far."""
    if is_kept:
        return 0
    prior_audits = _PRIOR_ERRORS / (_PRIOR_RISK * rule.budget)
    risk = (wrong + _PRIOR_ERRORS) / (audited + prior_audits)
    if risk >= rule.budget:
        return None
    rates = [
        (risk * math.log(other / rule.budget))
        + (1 - risk) * math.log((1 - other) / (1 - rule.budget))
        for other in _risks(_RISKS_BELOW, rule.budget)
    ]
    paths = [
        float(_log_ratios(np.array(audited), np.array(wrong), other, rule.budget))
        for other in _risks(_RISKS_BELOW, rule.budget)
    ]

    def is_proved(more: int) -> bool:
        ends = (
            math.log(weight) + path + more * rate
            for weight, path, rate in zip(_WEIGHTS_BELOW, paths, rates, strict=True)
        )
        return float(np.logaddexp.reduce(list(ends))) >= -math.log(rule.proof_alpha)

    low, high = 0, 1
    while not is_proved(high):
        low, high = high, 2 * high
        if high > _MOST_AUDITS:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_proved(middle) else (middle, high)
    return high


def _start(audited: Counts, wrong: Counts, end: int, rule: BudgetRule) -> int:
    """Return the first look of the stretch up to `end` that says most against the budget."""
    starts = prior_of_starts(len(audited))
    against = np.zeros(end + 1)
    for risk, weight in zip(_risks(_RISKS_ABOVE, rule.budget), _WEIGHTS_ABOVE, strict=True):
        ratios = _log_ratios(audited[: end + 1], wrong[: end + 1], risk, rule.budget)
        against += weight * _exp(np.cumsum(ratios[::-1])[::-1])
    return int(np.argmax(against * starts[: end + 1]))


def _risks(multiples: Sequence[float], budget: float) -> list[float]:
    return [min(multiple * budget, budget + (1 - budget) * _HIGHEST_RISK) for multiple in multiples]


def _log_ratios(audited: Counts, wrong: Counts, risk: float, budget: float) -> Floats:
    """Return the logarithm of the likelihood ratio of `risk` against the budget, per look."""
    right = math.log((1 - risk) / (1 - budget))
    return np.asarray(wrong * math.log(risk / budget) + (audited - wrong) * right, np.float64)


def _first(reached: npt.NDArray[np.bool_]) -> int | None:
    return int(np.argmax(reached)) if reached.any() else None


def _exp(values: Floats) -> Floats:
    """Return the exponential, bounded where it would be infinite."""
    return np.asarray(np.exp(np.minimum(values, _LARGEST_EXPONENT)), dtype=np.float64)


def _log(values: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(values), dtype=np.float64)
