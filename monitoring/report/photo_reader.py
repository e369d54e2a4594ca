"""Reads photos from the ledger with their human labels, and the ids of malformed rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from handlers.aws.bucket import Bucket
from handlers.aws.photos_table import PhotosTable
from handlers.domain.errors import InvalidRecord
from handlers.domain.ledger.rows import LedgerRow
from handlers.domain.ledger.schema import PhotoAttribute
from monitoring.report import PhotoFacts, Window
from monitoring.report.human_labels import HumanLabel, LabelIndex, read_labels
from monitoring.report.photo_facts import photo_facts, with_labels
from monitoring.report.windows import hours


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoReading:
    """Photos received before the window's end, as far as they were known at `as_of`."""

    photos: list[PhotoFacts]
    unreadable_rows: tuple[str, ...]  # photo ids, of the window's hours only
    unreadable_labels: int  # malformed decisions in rows included


def read_photos(
    ledger: PhotosTable,
    labels: Bucket | None,
    seeded: Mapping[str, str],
    window: Window,
    *,
    earliest: datetime,
    as_of: datetime,
) -> PhotoReading:
    """Read the photos received from `earliest` to the window's end.

    `seeded`: known labels of known items, by photo id.
    """
    end = min(window.end, as_of)  # later photos were not known yet
    index, unreadable = LabelIndex(), []
    photos: dict[str, PhotoFacts] = {}
    # The time of receipt in a malformed row is not reliable, so its hour in the index counts.
    reported = {*hours(window.start, end)}
    for hour in hours(earliest, end):
        for item in ledger.received_in(hour):
            try:
                row = LedgerRow.from_item(item)
                photo = photo_facts(row, seeded)
            except InvalidRecord:
                if hour in reported:
                    unreadable.append(str(item[PhotoAttribute.PHOTO_ID]))
                continue
            if earliest <= photo.received_at < end:
                photos[photo.photo_id] = photo
                for decision in row.decisions:
                    index.add(HumanLabel.from_decision(row.photo_id, decision), as_of=as_of)
    if labels is not None:
        read_labels(labels, index, start=earliest, as_of=as_of, photos=photos)
    return PhotoReading(
        photos=[with_labels(photo, index) for photo in photos.values()],
        unreadable_rows=tuple(unreadable),
        unreadable_labels=index.unreadable,
    )
