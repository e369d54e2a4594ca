"""The generated day of `scones report --demo-day`: dust on the lenses, from 13:00 on dirt.

Every figure is drawn by chance, with a fixed seed, and goes through the same reader and the same
builder as a real day. There are no photos behind it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import numpy as np

from handlers.domain.capture_record import OUTPUT, EndpointCall, capture_line
from infra.config import STAGES
from infra.demo.demo_photos import DAY, MODEL, generated_photo, photos_of_day
from infra.demo.drawings import drawings
from infra.synthesis.synth import ROOT
from monitoring.capture import CaptureObject, CaptureReader, CaptureSummary, Span
from monitoring.report import (
    HistoryRow,
    PhotoFacts,
    QueueFigures,
    ReportInputs,
    ReportSettings,
    Window,
    build_report,
)
from monitoring.report.baseline import Baseline
from monitoring.report.observed_baseline import observed_baseline
from monitoring.report.run import MadeReport, make_report

_SEED = 20261121
_DAYS_BEFORE = 29  # with the day itself, the 30 days that accuracy is counted over
_WEEK = timedelta(days=7)
_BASELINE = 5_000
_BASELINE_DAYS = Window(start=DAY - timedelta(days=60), end=DAY - timedelta(days=30))
_DUST = {-2: 0.145, -1: 0.22, 0: 0.25}  # by day; on the last one until 13:00
_DIRTY_FROM = DAY + timedelta(hours=13)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoDay:
    """What its report is made from, and the true class of each photo."""

    inputs: ReportInputs
    truths: Mapping[str, str]  # photo id → class


def demo_report() -> MadeReport:
    """Return the report of the day, for the classes of the model of the stage `local`."""
    config = STAGES["local"]
    manifest = json.loads((ROOT / config.model_manifests[0]).read_text(encoding="utf-8"))
    day = demo_day(manifest["classes"], sorted(config.order_ranges))
    return make_report(day.inputs, pictures=partial(drawings, day.truths))


def demo_inputs(classes: Sequence[str], vehicles: Sequence[str]) -> ReportInputs:
    """Return the inputs of the day's report; see `demo_day`."""
    return demo_day(classes, vehicles).inputs


def demo_day(classes: Sequence[str], vehicles: Sequence[str]) -> DemoDay:
    """Return the day with the month before it, and the baseline of a model that does not exist.

    `vehicles` are those of the model's `classes` that can be assigned.
    """
    chance = np.random.default_rng(_SEED)
    baselines = {MODEL: _baseline(chance, classes, vehicles)}
    month: list[PhotoFacts] = []
    truths: dict[str, str] = {}
    history: list[HistoryRow] = []
    for number in range(-_DAYS_BEFORE, 1):
        window = Window(start=DAY + timedelta(days=number), end=DAY + timedelta(days=number + 1))
        day = list(photos_of_day(chance, window.start, classes, vehicles, dirt_at=_dirt_at))
        photos = [generated.photo for generated in day]
        month += photos
        truths |= {generated.photo.photo_id: generated.truth for generated in day}
        inputs = replace(
            _inputs(window, photos, vehicles),
            week=[photo for photo in month if photo.received_at >= window.end - _WEEK],
            audited=[*month],
            baselines=baselines,
            history=tuple(history),
        )
        if number:
            history.append(build_report(inputs).history_row)
    return DemoDay(inputs=inputs, truths=truths)


def _dirt_at(moment: datetime) -> float:
    return 1.0 if moment >= _DIRTY_FROM else _DUST.get((moment - DAY).days, 0.0)


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
            vehicles=tuple(vehicles),
            stage="demonstration",
            title="Scones Unlimited, generated photos",
        ),
        code_version="demo",
    )


def _captured(
    window: Window, photos: Sequence[PhotoFacts], vehicles: tuple[str, ...]
) -> CaptureSummary:
    """Return capture as SageMaker writes it, without one record in 500: capture is lossy."""
    reader = CaptureReader(Span(start=window.start, end=window.end), vehicles=vehicles)
    lines = [
        capture_line(_call(photo), modes={OUTPUT}, at=photo.received_at)
        for photo in photos
        if int(photo.photo_id, 16) % 500
    ]
    source = CaptureObject(key="demo.jsonl", variant="AllTraffic", last_modified=window.end)
    reader.read(source, ["\n".join(lines).encode()])
    return reader.summary(classified=(photo.photo_id for photo in photos))


def _call(photo: PhotoFacts) -> EndpointCall:
    response = {"probabilities": dict(photo.probabilities), "model_version": photo.model_version}
    return EndpointCall(inference_id=photo.photo_id, request=b"", answer=response)


def _baseline(
    chance: np.random.Generator, classes: Sequence[str], vehicles: Sequence[str]
) -> Baseline:
    """Return the baseline of a quiet month, with the calibration error of an evaluation."""
    quiet = (
        generated_photo(chance, f"baseline-{number}", DAY, classes, vehicles, dirt=0.0).photo
        for number in range(_BASELINE)
    )
    baseline = observed_baseline(quiet, MODEL, window=_BASELINE_DAYS)
    return replace(baseline, ece=0.011, ece_n=_BASELINE)
