"""The report's files. Equal reports give equal bytes."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields

from handlers.domain.photo.quality import Quality
from monitoring.report.build import Report
from monitoring.report.cells import csv_chunks
from monitoring.report.facts import HistoryRow, PhotoFacts
from monitoring.report.moments import iso
from monitoring.report.page import page_of
from monitoring.report.sections import status_of
from monitoring.report.table import (
    in_order,
    is_classified,
    is_judged,
    is_right,
    predicted,
    said_by_model,
    was_automatic,
)

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
QUALITY = tuple(each.name for each in fields(Quality) if each.name != "image_format")
JUDGED = (
    "photo_id",
    "key",
    "stratum",
    "model_version",
    "said_by_model",
    "verdict",
    "right",
    "confidence",
    "received_at",
    "decided_at",
    "verdict_by",
)


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
    """Every photo behind every count, with its figures, in chunks."""
    found = in_order(photos)
    classes = sorted({name for photo in found for name in photo.probabilities})
    head = (*COLUMNS, *QUALITY, *(f"probability_{name}" for name in classes))
    return csv_chunks(head, (_row(photo, classes) for photo in found))


def judged_csv(photos: Iterable[PhotoFacts], vehicles: Sequence[str]) -> Iterator[bytes]:
    """Every photo that a person judged: the accuracy of the audit's days, to be counted again.

    Only strata `audited` and `reviewed` count there; contested ones were not drawn by chance.
    """
    found = (photo for photo in in_order(photos) if is_classified(photo) and is_judged(photo))
    return csv_chunks(JUDGED, (_judged(photo, vehicles) for photo in found))


def _row(photo: PhotoFacts, classes: Sequence[str]) -> tuple[object, ...]:
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
        *(photo.quality.get(name) for name in QUALITY),
        *(photo.probabilities.get(name) for name in classes),
    )


def _judged(photo: PhotoFacts, vehicles: Sequence[str]) -> tuple[object, ...]:
    stratum = "reviewed"
    if was_automatic(photo):
        stratum = "audited" if photo.review_reason == "audit" else photo.review_reason or "unasked"
    return (
        photo.photo_id,
        photo.key,
        stratum,
        photo.model_version,
        said_by_model(photo, vehicles),
        photo.verdict,
        "yes" if is_right(photo, vehicles) else "no",
        photo.confidence,
        iso(photo.received_at),
        iso(photo.decided_at) if photo.decided_at else "",
        photo.verdict_by,
    )
