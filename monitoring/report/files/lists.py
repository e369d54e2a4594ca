"""photos.csv and labelled.csv: the photos behind the figures, to be counted again.

Uploaders choose the keys in them, and spreadsheets evaluate what looks like a formula: such cells
get an apostrophe, and control characters are escaped.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields

from handlers.domain.photo.quality import Quality
from monitoring.rendering.format import printable
from monitoring.report.document.times import iso
from monitoring.report.records.photo import (
    PhotoFacts,
    in_order,
    is_classified,
    is_labelled,
    is_right,
    model_label,
    predicted,
    status_of,
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
QUALITY = tuple(field.name for field in fields(Quality) if field.name != "image_format")
LABELLED = (
    "photo_id",
    "key",
    "stratum",
    "model_version",
    "model_label",
    "verdict",
    "right",
    "confidence",
    "received_at",
    "decided_at",
    "verdict_by",
)
_ROWS_PER_CHUNK = 1_000
# A semicolon begins a new cell where the comma is the decimal separator, and some spreadsheets
# accept full-width signs as well.
_FORMULA = re.compile(r"(^|;)( *)(?=[=+\-@＝＋－＠])")


def photos_csv(photos: Iterable[PhotoFacts]) -> Iterator[bytes]:
    """Yield every photo behind every count, with its figures, in chunks."""
    ordered = in_order(photos)
    classes = sorted({name for photo in ordered for name in photo.probabilities})
    head = (*COLUMNS, *QUALITY, *(f"probability_{name}" for name in classes))
    return _csv_chunks(head, (_row(photo, classes) for photo in ordered))


def labelled_csv(photos: Iterable[PhotoFacts], vehicles: Sequence[str]) -> Iterator[bytes]:
    """Yield every labelled photo of the audit's days, from which the accuracy can be recomputed.

    Only the strata `audited` and `reviewed` count: contested photos are not a random sample.
    """
    labelled = (photo for photo in in_order(photos) if is_classified(photo) and is_labelled(photo))
    return _csv_chunks(LABELLED, (_labelled_row(photo, vehicles) for photo in labelled))


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


def _labelled_row(photo: PhotoFacts, vehicles: Sequence[str]) -> tuple[object, ...]:
    stratum = "reviewed"
    if was_automatic(photo):
        stratum = "audited" if photo.review_reason == "audit" else photo.review_reason or "unasked"
    return (
        photo.photo_id,
        photo.key,
        stratum,
        photo.model_version,
        model_label(photo, vehicles),
        photo.verdict,
        "yes" if is_right(photo, vehicles) else "no",
        photo.confidence,
        iso(photo.received_at),
        iso(photo.decided_at) if photo.decided_at else "",
        photo.verdict_by,
    )


def _csv_chunks(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """Yield chunks, so that a month of photos is not held in memory twice."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(_harmless, head))
    for number, row in enumerate(rows, start=1):
        writer.writerow(map(_harmless, row))
        if number % _ROWS_PER_CHUNK == 0:
            yield _take(text)
    yield _take(text)


def _harmless(value: object) -> object:
    """Escape before quoting: csv leaves a lone carriage return unquoted up to Python 3.12."""
    return _FORMULA.sub(r"\1\2'", printable(value)) if isinstance(value, str) else value


def _take(text: io.StringIO) -> bytes:
    content = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return content
