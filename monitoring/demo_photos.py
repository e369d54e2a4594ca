"""Made-up photos for the demonstration's day: every figure is drawn by chance."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from monitoring.report import PhotoFacts

MODEL = "made-up-for-the-demonstration"
DAY = datetime(2026, 11, 21, tzinfo=UTC)
THRESHOLD = 0.9
_AUDITED = 0.05
_PHOTOS = 600
_OTHER_SHARE = 0.05
_NOTCH = timedelta(hours=13)
_UNSEEN_FROM = DAY + timedelta(hours=22)  # the office is closed


def photos_of(
    chance: np.random.Generator,
    day: datetime,
    classes: Sequence[str],
    vehicles: Sequence[str],
    *,
    dirty: bool,
) -> Iterator[PhotoFacts]:
    """A day's; on a dirty one the lens is spoiled from one o'clock on."""
    for number in range(_PHOTOS):
        at = day + timedelta(seconds=int(chance.integers(24 * 3600)))
        spoiled = dirty and at - day >= _NOTCH
        yield a_photo(chance, f"{day:%d}-{number}", at, classes, vehicles, spoiled=spoiled)


def a_photo(
    chance: np.random.Generator,
    name: str,
    at: datetime,
    classes: Sequence[str],
    vehicles: Sequence[str],
    *,
    spoiled: bool,
) -> PhotoFacts:
    """One, reviewed and audited if somebody was there."""
    truth = classes[int(chance.integers(len(classes)))] if chance.random() < _OTHER_SHARE else ""
    truth = truth or vehicles[int(chance.integers(len(vehicles)))]
    top = float(chance.beta(5, 1.3) if spoiled else chance.beta(14, 1))
    probabilities = _answer(chance, truth, top, classes)
    best = max(vehicles, key=lambda each: probabilities[each])
    confidence = probabilities[best]
    is_sure = confidence >= THRESHOLD and confidence == max(probabilities.values())
    audited = is_sure and chance.random() < _AUDITED
    asked = audited or not is_sure
    minutes = 4 + 50 * float(chance.random()) ** 2 if asked else 0.0
    looked_at = asked and at < _UNSEEN_FROM
    verdict = (truth if truth in vehicles else "neither") if looked_at else ""
    reason = "audit" if audited else ("" if is_sure else "low_confidence")
    return PhotoFacts(
        photo_id=hashlib.sha256(name.encode()).hexdigest(),
        key=f"intake/driver-{int(chance.integers(60)):02}/{name}.jpg",
        status=_status(verdict, is_sure=is_sure),
        reason="no_vehicle" if verdict == "neither" else "",
        review=("done" if looked_at else "open") if reason else "none",
        review_reason=reason,
        uploaded_at=at,
        received_at=at + timedelta(seconds=1),
        enqueued_at=at + timedelta(seconds=3) if reason else None,
        decided_at=at + (timedelta(minutes=minutes) if looked_at else timedelta(seconds=1 + top)),
        model_version=MODEL,
        probabilities=probabilities,
        confidence=confidence,
        vehicle=best,
        threshold=THRESHOLD,
        threshold_source="calibrated",
        quality=_quality(chance, spoiled=spoiled),
        image_format="JPEG",
        verdict=verdict,
        verdict_by="reviewer" if verdict else "",
    )


def _status(verdict: str, *, is_sure: bool) -> str:
    if verdict == "neither":
        return "rejected"
    return "assigned" if is_sure or verdict else "in_review"


def _answer(
    chance: np.random.Generator, truth: str, top: float, classes: Sequence[str]
) -> dict[str, float]:
    """Right as often as it is sure of itself: a calibrated model."""
    others = [each for each in classes if each != truth]
    said = truth if chance.random() < top else others[int(chance.integers(len(others)))]
    rest = (1 - top) / (len(classes) - 1)
    return {each: round(top if each == said else rest, 6) for each in classes}


def _quality(chance: np.random.Generator, *, spoiled: bool) -> dict[str, float]:
    return {
        "width": float(chance.choice([1200, 1600, 3024])),
        "height": float(chance.choice([900, 1200, 4032])),
        "size_bytes": float(chance.lognormal(13.5, 0.4)),
        "brightness": float(np.clip(chance.normal(0.34 if spoiled else 0.47, 0.11), 0, 1)),
        "contrast": float(np.clip(chance.normal(0.17 if spoiled else 0.22, 0.05), 0, 1)),
        "sharpness": float(np.clip(chance.normal(2.6 if spoiled else 3.1, 0.35), 0, None)),
        "dark_share": float(chance.beta(2, 9)),
        "clipped_share": float(chance.beta(1, 20)),
    }
