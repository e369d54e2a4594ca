"""Generated photos for the day of the demo: every figure is drawn by chance."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from handlers.domain.review.rules import NEITHER
from monitoring.report import PhotoFacts

MODEL = "made-up-for-the-demonstration"
DAY = datetime(2026, 11, 21, tzinfo=UTC)
THRESHOLD = 0.9
_AUDITED = 0.05
_PHOTOS_A_DAY = 240
_AT_NIGHT = 0.1
_OTHER_SHARE = 0.05
_DRIVERS = 60
_UNSEEN_FROM = DAY + timedelta(hours=22)  # no reviewer works
# The phones of the drivers: width, height, and the share of photos in HEIF.
_PHONES = (
    (4032, 3024, 0.5),
    (4000, 3000, 0.0),
    (4000, 2252, 0.0),
    (3264, 2448, 0.3),
    (1600, 1200, 0.0),
)
_SUFFIXES = {"JPEG": "jpg", "HEIF": "heic", "PNG": "png"}
_BYTES_A_PIXEL = {"JPEG": 0.24, "HEIF": 0.12, "PNG": 1.1}


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedPhoto:
    """A photo as the ledger would have it, and the true class, which no system would have."""

    photo: PhotoFacts
    truth: str  # class


def photos_of_day(
    chance: np.random.Generator,
    day: datetime,
    classes: Sequence[str],
    vehicles: Sequence[str],
    *,
    dirt_at: Callable[[datetime], float],
) -> Iterator[GeneratedPhoto]:
    """Yield the photos of a day; 90 % of them arrive between 6:00 and 21:00."""
    for number in range(int(chance.poisson(_PHOTOS_A_DAY))):
        at_night = chance.random() < _AT_NIGHT
        hours = 24 * chance.random() if at_night else 6 + 15 * chance.beta(1.5, 1.5)
        at = day + timedelta(seconds=int(3600 * hours))
        name = f"{day:%m%d}-{number}"
        yield generated_photo(chance, name, at, classes, vehicles, dirt=dirt_at(at))


def generated_photo(
    chance: np.random.Generator,
    name: str,
    at: datetime,
    classes: Sequence[str],
    vehicles: Sequence[str],
    *,
    dirt: float,
) -> GeneratedPhoto:
    """Return one photo, reviewed if reviewers work then; `dirt` on the lens is from 0 to 1."""
    truth = classes[int(chance.integers(len(classes)))] if chance.random() < _OTHER_SHARE else ""
    truth = truth or vehicles[int(chance.integers(len(vehicles)))]
    top = float(chance.beta(14 - 9 * dirt**2, 1 + 0.3 * dirt**2))  # a film of dust hardly matters
    probabilities = _probabilities(chance, truth, top, classes)
    best = max(vehicles, key=lambda vehicle: probabilities[vehicle])
    reason = _review_reason(chance, probabilities, best)
    is_reviewed = bool(reason) and at < _UNSEEN_FROM
    slow = float(chance.random())
    took = timedelta(minutes=4 + 50 * slow**2) if is_reviewed else timedelta(seconds=1.2 + slow**4)
    verdict = (truth if truth in vehicles else NEITHER) if is_reviewed else ""
    driver = int(chance.integers(_DRIVERS))
    image_format, quality = _quality(chance, driver, dirt)
    photo = PhotoFacts(
        photo_id=hashlib.sha256(name.encode()).hexdigest(),
        key=f"intake/driver-{driver:02}/{name}.{_SUFFIXES[image_format]}",
        driver_id=f"driver-{driver:02}",
        status=_status(verdict, is_sure=reason in {"", "audit"}),
        reason="no_vehicle" if verdict == NEITHER else "",
        review=("done" if is_reviewed else "open") if reason else "none",
        review_reason=reason,
        uploaded_at=at,
        received_at=at + timedelta(seconds=1),
        enqueued_at=at + timedelta(seconds=3) if reason else None,
        decided_at=at + took,
        model_version=MODEL,
        probabilities=probabilities,
        confidence=probabilities[best],
        vehicle=best,
        threshold=THRESHOLD,
        threshold_source="calibrated",
        quality=quality,
        image_format=image_format,
        verdict=verdict,
        verdict_by="reviewer" if verdict else "",
    )
    return GeneratedPhoto(photo=photo, truth=truth)


def _review_reason(chance: np.random.Generator, probabilities: dict[str, float], best: str) -> str:
    """Return the reason by the rules of the policy; empty if the photo needs no review."""
    if probabilities[best] < max(probabilities.values()):
        return "no_vehicle"
    if probabilities[best] < THRESHOLD:
        return "low_confidence"
    return "audit" if chance.random() < _AUDITED else ""


def _status(verdict: str, *, is_sure: bool) -> str:
    if verdict == NEITHER:
        return "rejected"
    return "assigned" if is_sure or verdict else "in_review"


def _probabilities(
    chance: np.random.Generator, truth: str, top: float, classes: Sequence[str]
) -> dict[str, float]:
    """Return the probabilities of a calibrated model: right as often as its confidence `top`."""
    others = [name for name in classes if name != truth]
    answer = truth if chance.random() < top else others[int(chance.integers(len(others)))]
    rest = (1 - top) / (len(classes) - 1)
    return {name: round(top if name == answer else rest, 6) for name in classes}


def _quality(chance: np.random.Generator, driver: int, dirt: float) -> tuple[str, dict[str, float]]:
    """Return format and quality; a driver always has the same phone, upright in 30 %."""
    width, height, heif = _PHONES[driver % len(_PHONES)]
    if chance.random() < 0.3:
        width, height = height, width
    drawn = chance.random()
    image_format = "HEIF" if drawn < heif else "PNG" if drawn > 0.97 else "JPEG"
    size = width * height * _BYTES_A_PIXEL[image_format] * (1 - 0.05 * dirt)
    return image_format, {
        "width": float(width),
        "height": float(height),
        "size_bytes": float(round(size * chance.lognormal(0.0, 0.3))),
        "brightness": float(np.clip(chance.normal(0.47 - 0.1 * dirt**2, 0.11), 0, 1)),
        "contrast": float(np.clip(chance.normal(0.22 - 0.04 * dirt**2, 0.05), 0, 1)),
        "sharpness": float(max(0.0, chance.normal(3.1 - 0.5 * dirt, 0.35))),
        "dark_share": float(chance.beta(2, 9)),
        "clipped_share": float(chance.beta(1, 20)),
    }
