"""Collects what a report is made from: ledger by hour, labels, captures, baselines, history."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from handlers.aws.known_items import KnownItems
from handlers.aws.ledger import PhotosTable
from handlers.aws.objects import Objects
from handlers.domain.errors import InvalidRecord
from monitoring.baseline import Baseline, InvalidBaseline
from monitoring.capture import CaptureReader, CaptureSummary, Span
from monitoring.captures import read_captures
from monitoring.received import received
from monitoring.report import (
    HistoryRow,
    PhotoFacts,
    QueueFigures,
    ReportInputs,
    ReportSettings,
    Window,
)
from monitoring.shelf import Shelf

CAPTURE_GRACE = timedelta(hours=1)  # a file is open for a while: nothing is late before
HISTORY_ROWS = 90
_FRESH = timedelta(hours=1)  # queues are measured now: older questions have no answer


class Reading(Protocol):
    """Sizes of queues and the age of the oldest review, as they are at this moment."""

    def figures(self) -> QueueFigures:
        """Measure them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where everything is read; the same on AWS and on one machine."""

    ledger: PhotosTable
    captures: Objects
    capture_prefix: str
    class_names: tuple[str, ...] = ()  # in the order of answers that name none
    capture_retention: timedelta
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
    sources: Sources,
    window: Window,
    *,
    as_of: datetime,
    queues: QueueFigures,
    captures_expired: bool = False,
) -> ReportInputs:
    """Memory grows with the photos of the audit's days, and not with the captures."""
    settings = sources.settings
    days = max(settings.audit_days, settings.rolled_days)
    found = received(
        sources.ledger,
        sources.labels,
        sources.known_items.all() if sources.known_items is not None else {},
        window,
        earliest=min(window.start, window.end - timedelta(days=days)),
        as_of=as_of,
    )
    photos = _since(found.photos, window.start)
    week = _since(found.photos, window.end - timedelta(days=settings.rolled_days))
    audited = _since(found.photos, window.end - timedelta(days=settings.audit_days))
    return ReportInputs(
        window=window,
        as_of=as_of,
        photos=photos,
        week=week,
        audited=[photo for photo in audited if photo.model_version],
        capture=None if captures_expired else _capture(sources, window, photos, as_of),
        capture_expired=captures_expired,
        baselines=_baselines(sources, {photo.model_version for photo in (*week, *photos)}),
        history=tuple(_history(sources.shelf, window)),
        unreadable_rows=found.unreadable_rows,
        unreadable_labels=found.unreadable_labels,
        queues=queues,
        settings=settings,
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


def _since(photos: Iterable[PhotoFacts], start: datetime) -> list[PhotoFacts]:
    return [photo for photo in photos if photo.received_at >= start]


def _capture(
    sources: Sources, window: Window, photos: list[PhotoFacts], as_of: datetime
) -> CaptureSummary:
    span = Span(start=window.start, end=max(window.start, min(window.end, as_of)))
    # The first report of a window has read what had been written by then; the same report made
    # again must say the same, so it is not asked when each file was read.
    first_read = sources.shelf.first_as_of(window) or as_of
    reader = CaptureReader(
        span,
        vehicles=sources.settings.vehicles,
        late_after=max(first_read, window.end + CAPTURE_GRACE),
        classes_without_names=sources.class_names,
    )
    read_captures(sources.captures, reader, span, prefix=sources.capture_prefix)
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
            except (InvalidBaseline, ArithmeticError, RecursionError):
                continue  # the report says which one it has compared with, if any
    return found


def _history(shelf: Shelf, window: Window) -> Iterator[HistoryRow]:
    """Of windows that were over when this one began."""
    for line in shelf.history(ended_by=window.start, at_most=HISTORY_ROWS):
        try:
            yield HistoryRow.from_json(line)
        except InvalidRecord:
            continue  # a day less to look back on
