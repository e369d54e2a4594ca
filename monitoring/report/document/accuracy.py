"""The chapter on accuracy: the model's own estimate, the human labels, and other thresholds."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from handlers.domain.review.rules import UNUSABLE
from monitoring.report.records.figures import rounded
from monitoring.report.records.photo import PhotoFacts, model_label, was_automatic
from monitoring.report.records.tables import LabelledPhotos, confidences_of
from monitoring.statistics.accuracy import Stratum, expected_accuracy, stratified_accuracy
from monitoring.statistics.agreement import Confusion, agreement
from monitoring.statistics.proportions import Interval, wilson
from monitoring.statistics.thresholds import Scored, outcomes

_OTHER_REASONS = frozenset({"no_vehicle", "poor_quality", "no_driver"})
"""Reasons of review that no threshold changes."""
_MOST_THRESHOLDS = 10
Json = dict[str, Any]


def accuracy_chapter(labelled: LabelledPhotos, today: Sequence[PhotoFacts]) -> Json:
    """Return JSON values; `today`: the photos of the window."""
    automatic, reviewed = labelled.strata()
    known_items = [photo for photo in labelled.photos if photo.seeded_label and photo.verdict]
    right = sum(photo.verdict == photo.seeded_label for photo in known_items)
    labels = [
        (photo.verdict, *photo.opinions)
        for photo in labelled.photos
        if photo.verdict and photo.opinions
    ]
    agreed = agreement(labels)
    now = [p for p in today if was_automatic(p) and p.model_version == labelled.version]
    baseline = labelled.baseline
    return {
        "model_version": labelled.version,
        "estimated": interval_wire(expected_accuracy(confidences_of(now)), len(now)),
        "estimated_audit_days": interval_wire(
            expected_accuracy(confidences_of(labelled.automatic)), len(labelled.automatic)
        ),
        "calibration_error": rounded(baseline.ece) if baseline else None,
        "calibration_n": baseline.ece_n if baseline else None,
        "combined": _bounds(stratified_accuracy([automatic, reviewed])),
        "automatic": _stratum(automatic),
        "reviewed": _stratum(reviewed),
        "confusion": {
            "audited": _confusion(labelled.audits, labelled.vehicles),
            "reviewed": _confusion(labelled.labelled_reviews, labelled.vehicles),
        },
        "unusable": sum(photo.verdict == UNUSABLE for photo in labelled.photos),
        "agreement": {
            "pairs": agreed.pairs,
            "kappa": rounded(agreed.kappa),
            **interval_wire(agreed.same, agreed.pairs),
        },
        "known_items": interval_wire(wilson(right, len(known_items)), len(known_items)),
    }


def other_thresholds(labelled: LabelledPhotos, today: Sequence[PhotoFacts]) -> list[Json]:
    """Return JSON values, one row a threshold; in force are those of today's photos."""
    photos = labelled.photos
    if not photos:
        return []
    weights = {
        photo.photo_id: len(labelled.automatic) / len(labelled.audits) for photo in labelled.audits
    }
    for photo in labelled.labelled_reviews:
        weights[photo.photo_id] = len(labelled.reviewed) / len(labelled.labelled_reviews)
    scored = Scored(
        confidence=confidences_of(photos),
        eligible=np.array([photo.review_reason not in _OTHER_REASONS for photo in photos]),
        weight=np.array([weights.get(photo.photo_id, 0.0) for photo in photos]),
        right=np.array([photo.vehicle == photo.verdict for photo in photos]),
    )
    in_force = _thresholds(p for p in today if p.model_version == labelled.version)
    return [
        {
            "threshold": rounded(outcome.threshold),
            "in_force": outcome.in_force,
            "was_in_force": outcome.was_in_force,
            "review_share": rounded(outcome.review_share),
            "expected_error": rounded(outcome.expected_error),
            "labelled": outcome.labelled,
            "labelled_error": _bounds(outcome.labelled_error),
        }
        for outcome in outcomes(scored, in_force=in_force, earlier=_thresholds(photos))
    ]


def interval_wire(interval: Interval, n: int) -> Json:
    """Return JSON values; None where n is 0."""
    return {
        "n": n,
        "value": rounded(interval.value) if n else None,
        "low": rounded(interval.low) if n else None,
        "high": rounded(interval.high) if n else None,
    }


def _bounds(interval: Interval | None) -> Json | None:
    if interval is None:
        return None
    return {name: rounded(getattr(interval, name)) for name in ("value", "low", "high")}


def _stratum(stratum: Stratum) -> Json:
    return {
        "photos": stratum.photos,
        "labelled": stratum.labelled,
        "right": stratum.right,
        **interval_wire(stratum.accuracy, stratum.labelled),
    }


def _confusion(photos: Sequence[PhotoFacts], vehicles: Sequence[str]) -> Json:
    confusion = Confusion.of((model_label(photo, vehicles), photo.verdict) for photo in photos)
    return {
        "predicted": list(confusion.predicted),
        "labels": list(confusion.labels),
        "counts": [list(row) for row in confusion.counts],
    }


def _thresholds(photos: Iterable[PhotoFacts]) -> list[float]:
    applied = {photo.threshold for photo in photos if photo.threshold is not None}
    return sorted(applied)[:_MOST_THRESHOLDS]
