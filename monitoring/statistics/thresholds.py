"""The effect of other thresholds, estimated from confidences and human labels."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from monitoring.statistics.proportions import Interval, wilson

USUAL = (0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """Classified photos as columns of equal length."""

    confidence: npt.NDArray[np.float64]
    eligible: npt.NDArray[np.bool_]  # only a low confidence would send the photo to review
    weight: npt.NDArray[np.float64]  # photos that a labelled one represents; 0 without a label
    right: npt.NDArray[np.bool_]  # the model's vehicle is the label; undefined without a label


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdOutcome:
    """What one threshold would have done with the photos."""

    threshold: float
    in_force: bool
    was_in_force: bool  # earlier in the period, and no longer
    review_share: float
    expected_error: float | None  # among automatic assignments, by the model's own confidence
    labelled: int
    labelled_error: Interval | None  # among automatic assignments, by human labels


def outcomes(
    scored: Scored, *, in_force: Iterable[float], earlier: Iterable[float] = ()
) -> tuple[ThresholdOutcome, ...]:
    """Evaluate the usual thresholds, those in force and those that were in force earlier."""
    current, before = ({round(level, 6) for level in levels} for levels in (in_force, earlier))
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
    labelled = passed & (scored.weight > 0)
    count = int(labelled.sum())
    return ThresholdOutcome(
        threshold=threshold,
        in_force=False,
        was_in_force=False,
        review_share=1 - int(passed.sum()) / n if n else math.nan,
        expected_error=float((1 - scored.confidence[passed]).mean()) if passed.any() else None,
        labelled=count,
        labelled_error=_weighted_error(scored, labelled) if count else None,
    )


def _weighted_error(scored: Scored, labelled: npt.NDArray[np.bool_]) -> Interval:
    """Weight each photo by what it represents; the interval uses Kish's effective sample size."""
    weights, wrong = scored.weight[labelled], ~scored.right[labelled]
    share = float((weights * wrong).sum() / weights.sum())
    effective = float(weights.sum() ** 2 / (weights**2).sum())
    interval = wilson(round(share * round(effective)), max(1, round(effective)))
    return Interval(value=share, low=min(share, interval.low), high=max(share, interval.high))
