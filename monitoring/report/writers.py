"""The report's files. Equal reports give equal bytes."""

import csv
import io
import json
from collections.abc import Iterable, Iterator

from monitoring.report.build import Report
from monitoring.report.facts import HistoryRow, PhotoFacts
from monitoring.report.moments import iso
from monitoring.report.page import page_of
from monitoring.report.sections import status_of
from monitoring.report.table import in_order, predicted

COLUMNS = (
    "photo_id",
    "key",
    "driver_id",
    "status",
    "reason",
    "review",
    "review_reason",
    "received_at",
    "decided_at",
    "model_version",
    "predicted",
    "vehicle",
    "confidence",
    "threshold",
    "threshold_source",
    "image_format",
    "verdict",
)
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
_AT_ONCE = 1_000


def report_json(report: Report) -> bytes:
    """The whole document; names and meanings change only with `schema`."""
    return (json.dumps(report.document, sort_keys=True, indent=1) + "\n").encode()


def report_html(report: Report) -> bytes:
    """One self-contained page."""
    return page_of(report.document, report.thumbnails).encode("utf-8", "backslashreplace")


def history_line(row: HistoryRow) -> bytes:
    """One line of the history."""
    return (row.to_json() + "\n").encode()


def photos_csv(photos: Iterable[PhotoFacts]) -> Iterator[bytes]:
    """Every photo behind every count, in chunks."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for place, photo in enumerate(in_order(photos), start=1):
        writer.writerow([_harmless(value) for value in _row(photo)])
        if place % _AT_ONCE == 0:
            yield _taken(text)
    yield _taken(text)


def _row(photo: PhotoFacts) -> tuple[object, ...]:
    return (
        photo.photo_id,
        photo.key,
        photo.driver_id,
        status_of(photo),
        photo.reason,
        photo.review,
        photo.review_reason,
        iso(photo.received_at),
        iso(photo.decided_at) if photo.decided_at else "",
        photo.model_version,
        predicted(photo) if photo.probabilities else "",
        photo.vehicle,
        photo.confidence,
        photo.threshold,
        photo.threshold_source,
        photo.image_format,
        photo.verdict,
    )


def _harmless(value: object) -> object:
    """Spreadsheets run what begins like a formula, and drivers choose the keys."""
    if isinstance(value, str) and value.startswith(_FORMULAS):
        return f"'{value}"
    return value


def _taken(text: io.StringIO) -> bytes:
    found = text.getvalue().encode("utf-8", "backslashreplace")
    text.seek(0)
    text.truncate()
    return found
