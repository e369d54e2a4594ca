"""Collects what a report is made from: ledger by hour, labels, captures, baselines, history."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from handlers.aws.known_items import KnownItems
from handlers.aws.ledger import PhotoLedger
from handlers.aws.objects import Objects
from handlers.domain.errors import InvalidRecord
from monitoring.baseline import Baseline, InvalidBaseline
from monitoring.capture import CaptureObject, CaptureReader, CaptureSummary, Span
from monitoring.photo_facts import photo_facts
from monitoring.report import (
    HistoryRow,
    PhotoFacts,
    QueueFigures,
    ReportInputs,
    ReportSettings,
    Window,
)
from monitoring.shelf import Shelf
from monitoring.verdicts import Verdicts, read_labels
from monitoring.windows import hours

CAPTURE_GRACE = timedelta(hours=1)  # what is written later is called late
HISTORY_ROWS = 90
_FRESH = timedelta(hours=1)  # queues are measured now: older questions have no answer


class Reading(Protocol):
    """Sizes of queues and the age of the oldest review, as they are at this moment."""

    def figures(self) -> QueueFigures:
        """Measure them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where everything is read; the same on AWS and on one machine."""

    ledger: PhotoLedger
    captures: Objects
    capture_prefix: str
    labels: Objects | None
    known_items: KnownItems | None = None
    queues: Reading
    shelf: Shelf
    packaged_baselines: tuple[Path, ...]
    settings: ReportSettings
    code_version: str = ""

    def own_baselines(self) -> dict[str, Baseline]:
        """Those that the function was deployed with. Raises: InvalidBaseline."""
        texts = (
            path.read_text(encoding="utf-8") for path in self.packaged_baselines if path.is_file()
        )
        return {each.model_version: each for each in map(Baseline.from_json, texts)}


def gather(
    sources: Sources, window: Window, *, as_of: datetime, queues: QueueFigures
) -> ReportInputs:
    """Memory grows with the photos of the audit's days, and not with the captures."""
    days = max(sources.settings.audit_days, sources.settings.rolled_days)
    earliest = min(window.start, window.end - timedelta(days=days))
    verdicts = Verdicts()
    if sources.labels is not None:
        read_labels(sources.labels, verdicts, start=earliest, as_of=as_of)
    seeded = sources.known_items.all() if sources.known_items is not None else {}
    known = list(_photos(sources.ledger, verdicts, seeded, earliest, window.end, as_of=as_of))
    photos = _since(known, window.start)
    baselines = _baselines(sources, {photo.model_version for photo in photos})
    audited = _since(known, window.end - timedelta(days=sources.settings.audit_days))
    return ReportInputs(
        window=window,
        as_of=as_of,
        photos=photos,
        week=_since(known, window.end - timedelta(days=sources.settings.rolled_days)),
        audited=[photo for photo in audited if photo.model_version],
        capture=_capture(sources, window, photos),
        baselines=baselines,
        history=_history(sources.shelf, window),
        queues=queues,
        settings=sources.settings,
        code_version=sources.code_version,
    )


def queue_figures(sources: Sources, *, as_of: datetime, now: datetime, keep: bool) -> QueueFigures:
    """Measured near that moment, and kept: later only the figures that were kept are known."""
    kept = sources.shelf.queue_figures(as_of)
    if kept is not None or abs(now - as_of) > _FRESH:
        return kept or QueueFigures()
    measured = sources.queues.figures()
    if not keep:
        return measured
    sources.shelf.keep_queue_figures(as_of, measured)
    return sources.shelf.queue_figures(as_of) or measured  # another run may have been first


def _photos(
    ledger: PhotoLedger,
    verdicts: Verdicts,
    seeded: Mapping[str, str],
    start: datetime,
    end: datetime,
    *,
    as_of: datetime,
) -> Iterator[PhotoFacts]:
    for hour in hours(start, end):
        for item in ledger.received_in(hour):
            try:
                facts = photo_facts(item, verdicts, seeded, as_of=as_of)
            except InvalidRecord:
                continue  # the sweeper names and counts rows that are none
            if start <= facts.received_at < end:
                yield facts


def _since(photos: Iterable[PhotoFacts], start: datetime) -> list[PhotoFacts]:
    return [photo for photo in photos if photo.received_at >= start]


def _capture(sources: Sources, window: Window, photos: list[PhotoFacts]) -> CaptureSummary:
    span = Span(start=window.start, end=window.end)
    reader = CaptureReader(
        span, vehicles=sources.settings.vehicles, late_after=window.end + CAPTURE_GRACE
    )
    for folder in sources.captures.folders(f"{sources.capture_prefix}/"):
        variant = folder.rstrip("/").rpartition("/")[2]
        for prefix in span.hour_prefixes():
            for each in sources.captures.listed(f"{folder}{prefix}/"):
                found = CaptureObject(
                    key=each.key, variant=variant, last_modified=each.last_modified
                )
                reader.read(found, sources.captures.chunks(each.key))
    return reader.summary(classified=(each.photo_id for each in photos if each.model_version))


def _baselines(sources: Sources, versions: set[str]) -> dict[str, Baseline]:
    """A quiet window's before the evaluation's; earlier models' as reports have kept them."""
    found = sources.own_baselines()
    for version in sorted(versions - {""}):
        kept = [] if version in found else [sources.shelf.baseline(version)]
        for text in (*kept, sources.shelf.observed_baseline(version)):
            try:
                if text is not None:
                    found[version] = Baseline.from_json(text)
            except InvalidBaseline:
                continue  # the report says which one it has compared with, if any
    return found


def _history(shelf: Shelf, window: Window) -> tuple[HistoryRow, ...]:
    """Of windows that were over when this one began."""
    lines = shelf.history(ended_by=window.start, at_most=HISTORY_ROWS)
    return tuple(map(HistoryRow.from_json, lines))
