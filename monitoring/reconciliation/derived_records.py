"""Writes again what follows from a row of the ledger: its labels and its driver's assignment."""

from collections.abc import Collection
from dataclasses import dataclass

from handlers.aws.label_store import LabelStore
from handlers.aws.photos_table import PhotosTable
from handlers.aws.review_decisions import ReviewLedger
from handlers.domain.ledger.labels import labels_of
from handlers.domain.ledger.tombstone import is_tombstone
from handlers.domain.review.row import ReviewRow


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedRecords:
    """Writes labels and assignments from rows that are read again first."""

    photos: PhotosTable
    ledger: ReviewLedger
    labels: LabelStore

    def write_labels(self, photo_id: str, decisions: Collection[int]) -> bool:
        """Write the labels of these decisions, by number; False if the row has none of them.

        A label has the key and line that the stream's function gives it.

        Raises: InvalidRecord, PublishFailed, LedgerUnavailable, ClientError, BotoCoreError.
        """
        item = self.photos.row(photo_id)
        if item is None or is_tombstone(item):
            return False
        labels = labels_of(ReviewRow.from_item(item), since_seq=0)
        missing = [label for label in labels if label.line["scones"]["decision_seq"] in decisions]
        for label in missing:
            self.labels.put(label)
        return bool(missing)

    def restore_assignment(self, photo_id: str, now: str) -> bool:
        """Write the photo's assignment where its driver has none, or that of an older photo.

        Raises: LedgerUnavailable, InvalidRecord.
        """
        return self.ledger.restore_assignment(photo_id, now=now)
