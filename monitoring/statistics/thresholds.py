"""What other thresholds would have done, from the confidences and the labels that there are."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

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
class Outcome:
    """One threshold's outcome."""

    threshold: float
    in_force: bool
    review_share: float
    expected_error: float | None  # among automatic assignments, by the model's own confidence
    judged: int
    judged_error: Interval | None  # among automatic assignments, by what people saw


def outcomes(scored: Scored, *, in_force: Sequence[float]) -> tuple[Outcome, ...]:
    """Of the usual thresholds and of those in force."""
    current = {round(threshold, 6) for threshold in in_force}
    levels = sorted(current | set(USUAL))
    return tuple(_outcome(scored, level, in_force=level in current) for level in levels)


def _outcome(scored: Scored, threshold: float, *, in_force: bool) -> Outcome:
    n = len(scored.confidence)
    passed = scored.eligible & (scored.confidence >= threshold) & (threshold < 1)
    judged = passed & (scored.weight > 0)
    count = int(judged.sum())
    return Outcome(
        threshold=threshold,
        in_force=in_force,
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
