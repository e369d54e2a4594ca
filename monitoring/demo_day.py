"""A made-up day for `scones report --demo-day`: from one o'clock on, a lens is dirty.

Every figure is drawn by chance, with a fixed seed. It goes through the same reader and the same
builder as a real day; nothing of it was ever a photo.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np

from handlers.domain.captured import OUTPUT, Call, capture_line
from monitoring.baseline import Baseline
from monitoring.capture import CaptureObject, CaptureReader, CaptureSummary, Span
from monitoring.demo_photos import DAY, MODEL, a_photo, photos_of
from monitoring.observed import observed_baseline
from monitoring.report import (
    HistoryRow,
    PhotoFacts,
    QueueFigures,
    ReportInputs,
    ReportSettings,
    Window,
    build_report,
)

_BASELINE = 5_000
_DAYS_BEFORE = 6


def demo_inputs(classes: Sequence[str], vehicles: Sequence[str]) -> ReportInputs:
    """The day, its month before it, and the baseline of a model that does not exist."""
    chance = np.random.default_rng(20261121)
    baselines = {MODEL: _baseline(chance, classes, vehicles)}
    seen: list[PhotoFacts] = []
    history: list[HistoryRow] = []
    for day in range(_DAYS_BEFORE, -1, -1):
        start = DAY - timedelta(days=day)
        photos = list(photos_of(chance, start, classes, vehicles, dirty=day == 0))
        seen += photos
        inputs = _inputs(Window(start=start, end=start + timedelta(days=1)), photos, vehicles)
        inputs = replace(
            inputs, week=[*seen], audited=[*seen], baselines=baselines, history=tuple(history)
        )
        if day:
            history.append(build_report(inputs).history_row())
    return inputs


def _inputs(window: Window, photos: Sequence[PhotoFacts], vehicles: Sequence[str]) -> ReportInputs:
    as_of = window.end + timedelta(hours=6)
    waiting = [photo.enqueued_at for photo in photos if photo.review == "open"]
    oldest = min((at for at in waiting if at), default=as_of)
    return ReportInputs(
        window=window,
        as_of=as_of,
        photos=photos,
        capture=_captured(window, photos, tuple(vehicles)),
        baselines={},
        queues=QueueFigures(
            reviews_open=len(waiting),
            oldest_review_s=(as_of - oldest).total_seconds(),
            failures_waiting=0,
            dead_letters=0,
        ),
        settings=ReportSettings(
            vehicles=tuple(vehicles), stage="demonstration", title="Scones Unlimited: made up"
        ),
        code_version="demo",
    )


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
        a_photo(chance, f"baseline-{number}", DAY, classes, vehicles, spoiled=False)
        for number in range(_BASELINE)
    ]
    return observed_baseline(quiet, MODEL)
