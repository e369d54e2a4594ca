"""One photo as the ledger records it, and what its fields mean together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from handlers.domain.review.rules import NEITHER, UNUSABLE

STATUSES = ("assigned", "in_review", "rejected", "failed", "in_flight")


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoFacts:
    """One photo; unknown texts are empty and unknown figures None."""

    photo_id: str
    key: str
    bucket: str = ""
    version_id: str = ""
    driver_id: str = ""
    status: str  # received | requeued | assigned | in_review | rejected | failed
    reason: str = ""  # of a rejection or failure
    review: str = "none"  # none | open | done
    review_reason: str = ""
    uploaded_at: datetime | None = None
    received_at: datetime
    enqueued_at: datetime | None = None
    decided_at: datetime | None = None  # of the automatic outcome, or of the reviewer's verdict
    model_version: str = ""
    probabilities: Mapping[str, float] = field(default_factory=dict)
    confidence: float | None = None  # of the best vehicle
    vehicle: str = ""  # the model's best vehicle
    threshold: float | None = None
    threshold_source: str = ""  # see `handlers/domain/decision/threshold.py`
    quality: Mapping[str, float] = field(default_factory=dict)  # names as in Quality
    image_format: str = ""
    verdict: str = ""  # the human label in force: a class name, `neither` or `unusable`
    verdict_by: str = ""
    opinions: tuple[str, ...] = ()  # labels of further reviewers, for agreement
    seeded_label: str = ""  # the known label, if the photo is a known item


def in_order(photos: Iterable[PhotoFacts]) -> list[PhotoFacts]:
    """Sort by time and id: the same photos give the same report in whichever order they come."""
    return sorted(photos, key=lambda photo: (photo.received_at, photo.photo_id))


def status_of(photo: PhotoFacts) -> str:
    """Return one of STATUSES."""
    return photo.status if photo.status in STATUSES else "in_flight"


def is_classified(photo: PhotoFacts) -> bool:
    """Return whether the ledger holds the model's prediction."""
    return bool(photo.model_version) and bool(photo.probabilities) and photo.confidence is not None


def predicted(photo: PhotoFacts) -> str:
    """Return the most probable class, vehicle or not; the photo has probabilities."""
    return max(sorted(photo.probabilities), key=lambda name: photo.probabilities[name])


def needed_review(photo: PhotoFacts) -> bool:
    """Return whether a reviewer had to decide; audits and contests follow automatic decisions."""
    return photo.review_reason not in {"", "audit", "contested"}


def was_automatic(photo: PhotoFacts) -> bool:
    """Return whether the model decided, whatever a reviewer labelled later."""
    return is_classified(photo) and not needed_review(photo)


def is_labelled(photo: PhotoFacts) -> bool:
    """Return whether a reviewer has labelled what the photo shows."""
    return bool(photo.verdict) and photo.verdict != UNUSABLE


def model_label(photo: PhotoFacts, vehicles: Sequence[str]) -> str:
    """Return the model's decision in the terms of a human label: a vehicle or `neither`."""
    if was_automatic(photo):
        return photo.vehicle
    best = predicted(photo)
    return best if best in vehicles else NEITHER


def is_right(photo: PhotoFacts, vehicles: Sequence[str]) -> bool:
    """Return whether model and human label agree; the photo is labelled."""
    return model_label(photo, vehicles) == photo.verdict


def without_outcome(
    photos: Iterable[PhotoFacts], *, as_of: datetime, longer_than_s: float
) -> list[PhotoFacts]:
    """Return the photos that have waited for an outcome longer than any execution runs."""
    return [
        photo
        for photo in photos
        if photo.status in {"received", "requeued"}
        and (as_of - photo.received_at).total_seconds() > longer_than_s
    ]
