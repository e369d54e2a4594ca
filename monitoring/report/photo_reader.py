"""Photos as the ledger knows them, with what people said of them; rows that are none, by name."""

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
from monitoring.report.photo_facts import photo_facts, with_verdict
from monitoring.report.windows import hours


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoReading:
    """What came before the window's end and was known as of then."""

    photos: list[PhotoFacts]
    unreadable_rows: tuple[str, ...]  # photo ids, of the window's hours alone
    unreadable_labels: int  # and decisions in the rows


def read_photos(
    ledger: PhotosTable,
    labels: Bucket | None,
    seeded: Mapping[str, str],
    window: Window,
    *,
    earliest: datetime,
    as_of: datetime,
) -> PhotoReading:
    """`earliest`: how far before the window photos are read as well."""
    end = min(window.end, as_of)  # what came later was not there yet
    verdicts, unreadable = LabelIndex(), []
    photos: dict[str, PhotoFacts] = {}
    # A row that is none need not be believed when it says when it came: its hour says it.
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
                    verdicts.add(HumanLabel.from_decision(row.photo_id, decision), as_of=as_of)
    if labels is not None:
        read_labels(labels, verdicts, start=earliest, as_of=as_of, photos=photos)
    return PhotoReading(
        photos=[with_verdict(photo, verdicts) for photo in photos.values()],
        unreadable_rows=tuple(unreadable),
        unreadable_labels=verdicts.unreadable,
    )
