"""The chapter on accuracy: what the model expects, what people found, and how far one can tell."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from handlers.domain.review.rules import UNUSABLE
from monitoring.report.baseline import Baseline
from monitoring.report.check import rounded
from monitoring.report.facts import PhotoFacts
from monitoring.report.table import (
    is_judged,
    is_right,
    said_by_model,
    was_automatic,
)
from monitoring.statistics.accuracy import (
    Stratum,
    expected_accuracy,
    stratified_accuracy,
)
from monitoring.statistics.agreement import Confusion, agreement
from monitoring.statistics.proportions import Interval, wilson
from monitoring.statistics.thresholds import Scored, outcomes

_BY_THEMSELVES = frozenset({"no_vehicle", "poor_quality", "no_driver"})


@dataclass(frozen=True)
class Judgements:
    """Classified photos of one model over the audit's days, and what people said of them."""

    version: str
    photos: Sequence[PhotoFacts]
    vehicles: tuple[str, ...]
    baseline: Baseline | None

    @cached_property
    def automatic(self) -> list[PhotoFacts]:
        """Decided by the model."""
        return [photo for photo in self.photos if was_automatic(photo)]

    @cached_property
    def reviewed(self) -> list[PhotoFacts]:
        """Decided by a person."""
        return [photo for photo in self.photos if not was_automatic(photo)]

    @cached_property
    def audits(self) -> list[PhotoFacts]:
        """Drawn by chance among the automatic ones, and judged. Contested ones were not drawn."""
        return [
            photo for photo in self.automatic if photo.review_reason == "audit" and is_judged(photo)
        ]

    @cached_property
    def judged_reviews(self) -> list[PhotoFacts]:
        """Reviewed, and there was something to see."""
        return [photo for photo in self.reviewed if is_judged(photo)]

    @cached_property
    def errors(self) -> list[PhotoFacts]:
        """Audited photos that the model got wrong."""
        return [photo for photo in self.audits if not is_right(photo, self.vehicles)]

    def strata(self) -> tuple[Stratum, Stratum]:
        """Automatic and reviewed."""
        right = sum(is_right(photo, self.vehicles) for photo in self.judged_reviews)
        return (
            Stratum(
                photos=len(self.automatic),
                judged=len(self.audits),
                right=len(self.audits) - len(self.errors),
            ),
            Stratum(photos=len(self.reviewed), judged=len(self.judged_reviews), right=right),
        )

    def chapter(self, today: Sequence[PhotoFacts]) -> dict[str, Any]:
        """JSON values."""
        automatic, reviewed = self.strata()
        seeded = [photo for photo in self.photos if photo.seeded_label and photo.verdict]
        right = sum(photo.verdict == photo.seeded_label for photo in seeded)
        answers = [(photo.verdict, *photo.opinions) for photo in self.photos if photo.opinions]
        agreed = agreement([each for each in answers if each[0]])
        now = [p for p in today if was_automatic(p) and p.model_version == self.version]
        return {
            "model_version": self.version,
            "estimated": interval(expected_accuracy(confidences(now)), len(now)),
            "estimated_audit_days": interval(
                expected_accuracy(confidences(self.automatic)), len(self.automatic)
            ),
            "calibration_error": rounded(self.baseline.ece) if self.baseline else None,
            "calibration_n": self.baseline.ece_n if self.baseline else None,
            "combined": _optional(stratified_accuracy([automatic, reviewed])),
            "automatic": _stratum(automatic),
            "reviewed": _stratum(reviewed),
            "confusion": {
                "audited": self._confusion(self.audits),
                "reviewed": self._confusion(self.judged_reviews),
            },
            "unusable": sum(photo.verdict == UNUSABLE for photo in self.photos),
            "agreement": {
                "pairs": agreed.pairs,
                "kappa": rounded(agreed.kappa),
                **interval(agreed.same, agreed.pairs),
            },
            "seeded": interval(wilson(right, len(seeded)), len(seeded)),
        }

    def other_thresholds(self, today: Sequence[PhotoFacts]) -> list[dict[str, Any]]:
        """JSON values, one row a threshold; in force is what today's photos met."""
        if not self.photos:
            return []
        weights = {photo.photo_id: len(self.automatic) / len(self.audits) for photo in self.audits}
        for photo in self.judged_reviews:
            weights[photo.photo_id] = len(self.reviewed) / len(self.judged_reviews)
        scored = Scored(
            confidence=confidences(self.photos),
            eligible=np.array([p.review_reason not in _BY_THEMSELVES for p in self.photos]),
            weight=np.array([weights.get(photo.photo_id, 0.0) for photo in self.photos]),
            right=np.array([photo.vehicle == photo.verdict for photo in self.photos]),
        )
        earlier = _thresholds(self.photos)
        in_force = _thresholds(p for p in today if p.model_version == self.version)
        return [
            {
                "threshold": rounded(each.threshold),
                "in_force": each.in_force,
                "was_in_force": each.was_in_force,
                "review_share": rounded(each.review_share),
                "expected_error": rounded(each.expected_error),
                "judged": each.judged,
                "judged_error": _optional(each.judged_error),
            }
            for each in outcomes(scored, in_force=in_force, earlier=earlier)
        ]

    def _confusion(self, photos: Sequence[PhotoFacts]) -> dict[str, Any]:
        found = Confusion.of((said_by_model(p, self.vehicles), p.verdict) for p in photos)
        return {
            "predicted": list(found.predicted),
            "seen": list(found.seen),
            "counts": [list(row) for row in found.counts],
        }


_MOST_THRESHOLDS = 10


def _thresholds(photos: Iterable[PhotoFacts]) -> list[float]:
    met = {photo.threshold for photo in photos if photo.threshold is not None}
    return sorted(met)[:_MOST_THRESHOLDS]


def interval(found: Interval, n: int) -> dict[str, Any]:
    """JSON values; no value where there is nothing to take a share of."""
    return {
        "n": n,
        "value": rounded(found.value) if n else None,
        "low": rounded(found.low) if n else None,
        "high": rounded(found.high) if n else None,
    }


def _optional(found: Interval | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {name: rounded(getattr(found, name)) for name in ("value", "low", "high")}


def _stratum(stratum: Stratum) -> dict[str, Any]:
    return {
        "photos": stratum.photos,
        "judged": stratum.judged,
        "right": stratum.right,
        **interval(stratum.accuracy, stratum.judged),
    }


def confidences(photos: Sequence[PhotoFacts]) -> "np.ndarray[Any, np.dtype[np.float64]]":
    return np.array([photo.confidence or 0.0 for photo in photos], dtype=np.float64)
