"""What other thresholds would have done, from the confidences and the labels that there are."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from monitoring.statistics.proportions import Interval, wilson

USUAL = (0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """Classified photos as columns."""

    confidence: npt.NDArray[np.float64]
    eligible: npt.NDArray[np.bool_]  # nothing but its confidence would send it to a person
    weight: npt.NDArray[np.float64]  # photos that a judged one stands for; 0 where unjudged
    right: npt.NDArray[np.bool_]  # the model's vehicle is what people saw; means nothing unjudged


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdOutcome:
    """One threshold's outcome."""

    threshold: float
    in_force: bool
    was_in_force: bool  # earlier in the time that is looked at
    review_share: float
    expected_error: float | None  # among automatic assignments, by the model's own confidence
    judged: int
    judged_error: Interval | None  # among automatic assignments, by what people saw


def outcomes(
    scored: Scored, *, in_force: Iterable[float], earlier: Iterable[float] = ()
) -> tuple[ThresholdOutcome, ...]:
    """Of the usual thresholds, of those in force and of those that were."""
    current, before = ({round(each, 6) for each in given} for given in (in_force, earlier))
    return tuple(
        replace(
            _outcome(scored, level),
            in_force=level in current,
            was_in_force=level in before - current,
        )
        for level in sorted(current | before | set(USUAL))
    )


def _outcome(scored: Scored, threshold: float) -> ThresholdOutcome:
    n = len(scored.confidence)
    passed = scored.eligible & (scored.confidence >= threshold) & (threshold < 1)
    judged = passed & (scored.weight > 0)
    count = int(judged.sum())
    return ThresholdOutcome(
        threshold=threshold,
        in_force=False,
        was_in_force=False,
        review_share=1 - int(passed.sum()) / n if n else math.nan,
        expected_error=float((1 - scored.confidence[passed]).mean()) if passed.any() else None,
        judged=count,
        judged_error=_weighted_error(scored, judged) if count else None,
    )


def _weighted_error(scored: Scored, judged: npt.NDArray[np.bool_]) -> Interval:
    """Weighted by what each stands for; the interval as of so many equal ones (Kish)."""
    weights, wrong = scored.weight[judged], ~scored.right[judged]
    share = float((weights * wrong).sum() / weights.sum())
    effective = float(weights.sum() ** 2 / (weights**2).sum())
    around = wilson(round(share * round(effective)), max(1, round(effective)))
    return Interval(value=share, low=min(share, around.low), high=max(share, around.high))
