"""A made-up day for `scones report --demo-day`: from one o'clock on, a lens is dirty.

Every figure is drawn by chance, with a fixed seed. It goes through the same reader and the same
builder as a real day; nothing of it was ever a photo.
"""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from handlers.domain.captured import OUTPUT, Call, capture_line
from monitoring.baseline import Baseline, baseline_from_window
from monitoring.capture import CaptureObject, CaptureReader, CaptureSummary, Span
from monitoring.report import PhotoFacts, QueueFigures, ReportInputs, ReportSettings, Window

MODEL = "made-up-for-the-demonstration"
_DAY = datetime(2026, 11, 21, tzinfo=UTC)
_PHOTOS, _BASELINE = 600, 5_000
_THRESHOLD, _AUDITED, _REVIEWED = 0.9, 0.05, 0.8
_OTHER_SHARE = 0.05
_NOTCH = timedelta(hours=13)


def demo_inputs(classes: Sequence[str], vehicles: Sequence[str]) -> ReportInputs:
    """The day, its month before it, and the baseline of a model that does not exist."""
    chance = np.random.default_rng(20261121)
    window = Window(start=_DAY, end=_DAY + timedelta(days=1))
    month = [
        photo
        for day in range(1, 7)
        for photo in _photos(chance, _DAY - timedelta(days=day), classes, vehicles, dirty=False)
    ]
    today = list(_photos(chance, _DAY, classes, vehicles, dirty=True))
    return ReportInputs(
        window=window,
        as_of=window.end + timedelta(hours=6),
        photos=today,
        week=[*month, *today],
        audited=[*month, *today],
        capture=_captured(window, today, tuple(vehicles)),
        baselines={MODEL: _baseline(chance, classes, vehicles)},
        queues=QueueFigures(
            reviews_open=37, oldest_review_s=3 * 3600.0, failures_waiting=0, dead_letters=0
        ),
        settings=ReportSettings(
            vehicles=tuple(vehicles), stage="demonstration", title="Scones Unlimited: made up"
        ),
        code_version="demo",
    )


def _photos(
    chance: np.random.Generator,
    day: datetime,
    classes: Sequence[str],
    vehicles: Sequence[str],
    *,
    dirty: bool,
) -> Iterator[PhotoFacts]:
    for number in range(_PHOTOS):
        at = day + timedelta(seconds=int(chance.integers(24 * 3600)))
        spoiled = dirty and at - day >= _NOTCH
        yield _photo(chance, f"{day:%d}-{number}", at, classes, vehicles, spoiled=spoiled)


def _photo(
    chance: np.random.Generator,
    name: str,
    at: datetime,
    classes: Sequence[str],
    vehicles: Sequence[str],
    *,
    spoiled: bool,
) -> PhotoFacts:
    truth = classes[int(chance.integers(len(classes)))] if chance.random() < _OTHER_SHARE else ""
    truth = truth or vehicles[int(chance.integers(len(vehicles)))]
    top = float(chance.beta(5, 1.3) if spoiled else chance.beta(14, 1))
    probabilities = _answer(chance, truth, top, classes)
    best = max(vehicles, key=lambda each: probabilities[each])
    confidence = probabilities[best]
    is_sure = confidence >= _THRESHOLD and confidence == max(probabilities.values())
    audited = is_sure and chance.random() < _AUDITED
    looked_at = (audited or not is_sure) and chance.random() < _REVIEWED
    verdict = (truth if truth in vehicles else "neither") if looked_at else ""
    reason = "audit" if audited else ("" if is_sure else "low_confidence")
    return PhotoFacts(
        photo_id=hashlib.sha256(name.encode()).hexdigest(),
        key=f"intake/driver-{int(chance.integers(60)):02}/{name}.jpg",
        status="assigned" if is_sure or verdict else "in_review",
        review=("done" if looked_at else "open") if reason else "none",
        review_reason=reason,
        uploaded_at=at,
        received_at=at + timedelta(seconds=1),
        enqueued_at=at + timedelta(seconds=3) if reason else None,
        decided_at=at + timedelta(minutes=20) if looked_at else at + timedelta(seconds=2),
        model_version=MODEL,
        probabilities=probabilities,
        confidence=confidence,
        vehicle=best,
        threshold=_THRESHOLD,
        threshold_source="calibrated",
        quality=_quality(chance, spoiled=spoiled),
        image_format="JPEG",
        verdict=verdict,
        verdict_by="reviewer" if verdict else "",
    )


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


def _captured(
    window: Window, photos: Sequence[PhotoFacts], vehicles: tuple[str, ...]
) -> CaptureSummary:
    """As SageMaker would have written it, but for one record in two hundred: capture is lossy."""
    reader = CaptureReader(Span(start=window.start, end=window.end), vehicles=vehicles)
    lines = [
        capture_line(_call(photo), modes={OUTPUT}, at=photo.received_at)
        for photo in photos
        if int(photo.photo_id, 16) % 200
    ]
    source = CaptureObject(key="demo.jsonl", variant="AllTraffic", last_modified=window.end)
    reader.read(source, ["\n".join(lines).encode()])
    return reader.summary(classified=(photo.photo_id for photo in photos))


def _call(photo: PhotoFacts) -> Call:
    answer = {"probabilities": dict(photo.probabilities), "model_version": photo.model_version}
    return Call(inference_id=photo.photo_id, request=b"", answer=answer)


def _baseline(
    chance: np.random.Generator, classes: Sequence[str], vehicles: Sequence[str]
) -> Baseline:
    quiet = [
        _photo(chance, f"baseline-{number}", _DAY, classes, vehicles, spoiled=False)
        for number in range(_BASELINE)
    ]
    figures = {name: [photo.quality[name] for photo in quiet] for name in quiet[0].quality}
    figures["confidence"] = [photo.confidence or 0.0 for photo in quiet]
    for each in classes:
        figures[each] = [photo.probabilities[each] for photo in quiet]
    return baseline_from_window(
        model_version=MODEL,
        threshold=_THRESHOLD,
        predicted=[
            max(photo.probabilities, key=photo.probabilities.__getitem__) for photo in quiet
        ],
        reviewed=[photo.review_reason == "low_confidence" for photo in quiet],
        values=figures,
        formats=["JPEG"] * len(quiet),
    )
