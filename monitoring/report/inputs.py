"""Collects the inputs of a report: ledger by hour, labels, captures, baselines, history."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from handlers.aws.bucket import Bucket
from handlers.aws.known_items import KnownItems
from handlers.aws.photos_table import PhotosTable
from handlers.domain.errors import InvalidRecord
from monitoring.capture import CaptureReader, CaptureSummary, Span
from monitoring.report import (
    HistoryRow,
    PhotoFacts,
    QueueFigures,
    ReportInputs,
    ReportSettings,
    Window,
)
from monitoring.report.baseline import Baseline, InvalidBaseline
from monitoring.report.capture_source import read_captures
from monitoring.report.photo_reader import read_photos
from monitoring.report.records.audits import AuditRecord
from monitoring.report.store import ReportStore

CAPTURE_GRACE = timedelta(hours=1)  # files stay open for a while: no file is late before
HISTORY_ROWS = 90
_FRESH = timedelta(hours=1)  # queues can be measured only now, so not for an older `as_of`


class QueueFiguresSource(Protocol):
    """Measures queues at the present moment."""

    def figures(self) -> QueueFigures:
        """Return depths, the age of the oldest review and the sweeper's last completed walk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where a report reads its inputs and is stored; the same on AWS and on one machine."""

    ledger: PhotosTable
    captures: Bucket
    capture_prefix: str
    class_names: tuple[str, ...] = ()  # of answers without names, in their order
    capture_retention: timedelta
    labels: Bucket | None
    known_items: KnownItems | None = None
    queues: QueueFiguresSource
    store: ReportStore
    packaged_baselines: tuple[Path, ...]
    settings: ReportSettings
    code_version: str = ""

    def own_baselines(self) -> dict[str, Baseline]:
        """Return the baselines of the function's package by model version.

        Raises: InvalidBaseline.
        """
        texts = (
            path.read_text(encoding="utf-8") for path in self.packaged_baselines if path.is_file()
        )
        return {baseline.model_version: baseline for baseline in map(Baseline.from_json, texts)}


def gather(
    sources: Sources,
    window: Window,
    *,
    as_of: datetime,
    queues: QueueFigures,
    captures_expired: bool = False,
) -> ReportInputs:
    """Read everything that a report of the window uses, as far as it was known at `as_of`.

    Memory grows with the photos of the audit's days, and not with the captures.

    Raises: InvalidBaseline of the package.
    """
    settings = sources.settings
    days = max(settings.audit_days, settings.rolled_days)
    reading = read_photos(
        sources.ledger,
        sources.labels,
        sources.known_items.all() if sources.known_items is not None else {},
        window,
        earliest=min(window.start, window.end - timedelta(days=days)),
        as_of=as_of,
    )
    photos = _since(reading.photos, window.start)
    week = _since(reading.photos, window.end - timedelta(days=settings.rolled_days))
    audited = _since(reading.photos, window.end - timedelta(days=settings.audit_days))
    return ReportInputs(
        window=window,
        as_of=as_of,
        photos=photos,
        week=week,
        audited=[photo for photo in audited if photo.model_version],
        capture=None if captures_expired else _capture(sources, window, photos, as_of),
        capture_expired=captures_expired,
        baselines=_baselines(sources, {photo.model_version for photo in (*week, *photos)}),
        audit_record=_audit_record(sources.store, window).read_again(
            audited,
            start=window.end - timedelta(days=settings.audit_days),
            vehicles=settings.vehicles,
        ),
        history=tuple(_history(sources.store, window)),
        unreadable_rows=reading.unreadable_rows,
        unreadable_labels=reading.unreadable_labels,
        queues=queues,
        settings=settings,
        code_version=sources.code_version,
    )


def queue_figures(sources: Sources, *, as_of: datetime, now: datetime, keep: bool) -> QueueFigures:
    """Return the figures of queues at `as_of`: the stored ones, or those measured now.

    Figures are measured within an hour of `as_of` and stored if `keep`; an earlier `as_of`
    without stored figures has none that are known.
    """
    stored = sources.store.queue_figures(as_of)
    if stored is not None or abs(now - as_of) > _FRESH:
        return stored or QueueFigures()
    measured = sources.queues.figures()
    if not keep:
        return measured
    sources.store.keep_queue_figures(as_of, measured)
    return sources.store.queue_figures(as_of) or measured  # another run may be first


def _since(photos: Iterable[PhotoFacts], start: datetime) -> list[PhotoFacts]:
    return [photo for photo in photos if photo.received_at >= start]


def _capture(
    sources: Sources, window: Window, photos: list[PhotoFacts], as_of: datetime
) -> CaptureSummary:
    span = Span(start=window.start, end=max(window.start, min(window.end, as_of)))
    # The first report of a window has read what was written by then. The same report made again
    # must have the same bytes, so lateness depends on that time and not on when a file is read.
    first_read = sources.store.first_as_of(window) or as_of
    reader = CaptureReader(
        span,
        vehicles=sources.settings.vehicles,
        late_after=max(first_read, window.end + CAPTURE_GRACE),
        classes_without_names=sources.class_names,
    )
    read_captures(sources.captures, reader, span, prefix=sources.capture_prefix)
    return reader.summary(classified=(photo.photo_id for photo in photos if photo.model_version))


def _baselines(sources: Sources, versions: set[str]) -> dict[str, Baseline]:
    """Return the baselines of these versions: observed ones first, then packaged, then stored ones.

    Stored are those of earlier models, by the reports of their time.
    """
    baselines = sources.own_baselines()
    for version in sorted(versions - {""}):
        stored = [] if version in baselines else [sources.store.baseline(version)]
        for text in (*stored, sources.store.observed_baseline(version)):
            try:
                if text is not None:
                    baselines[version] = Baseline.from_json(text)
            except (InvalidBaseline, ArithmeticError, RecursionError):
                continue  # the report states which baseline it compares with, if any
    return baselines


def _audit_record(store: ReportStore, window: Window) -> AuditRecord:
    text = store.audits(ended_by=window.start)
    try:
        return AuditRecord() if text is None else AuditRecord.from_json(text)
    except InvalidRecord:
        return AuditRecord()  # the status then rests on the audit's days alone


def _history(store: ReportStore, window: Window) -> Iterator[HistoryRow]:
    """Yield the rows of windows that ended before this one began."""
    for line in store.history(ended_by=window.start, at_most=HISTORY_ROWS):
        try:
            yield HistoryRow.from_json(line)
        except InvalidRecord:
            continue  # this window is missing from the history
