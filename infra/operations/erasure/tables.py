"""Erases rows: photos become tombstones, all other records of the driver are deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handlers.aws.dynamodb import item_of, plain
from handlers.domain.errors import InvalidRecord
from handlers.domain.ledger.schema import (
    ASSIGNMENTS,
    PHOTOS,
    REQUESTS,
    REVIEWERS,
    UPLOADS,
    AssignmentAttribute,
    PhotoAttribute,
    RequestAttribute,
    ReviewerAttribute,
    TableSchema,
    UploadAttribute,
)
from handlers.domain.ledger.tombstone import is_tombstone, tombstone
from handlers.domain.ledger.uploads import ARRIVAL_GRACE, Permission

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from infra.operations.erasure.traces import Traces
    from infra.operations.target import Target

OUTPUTS = {  # of the stack, by table
    PHOTOS.name: "PhotosTable",
    ASSIGNMENTS.name: "AssignmentsTable",
    UPLOADS.name: "UploadsTable",
    REVIEWERS.name: "ReviewersTable",
    REQUESTS.name: "RequestsTable",
}
Item = dict[str, Any]  # as stored


@dataclass(slots=True, kw_only=True)
class ErasedTables:
    """The stage's tables; with `dry_run` they are only read.

    All methods raise ClientError and BotoCoreError as the SDK does, and return how many records
    they erased, or would erase.
    """

    target: Target
    dynamodb: Any  # a client, whose items are attribute values
    traces: Traces
    dry_run: bool

    def find_photos(self) -> list[Item]:
        """Return the driver's rows, and add their ids and those of all tombstones to the traces."""
        rows = []
        for item in self._items(PHOTOS):
            if is_tombstone(item):
                self.traces.photo_ids.add(item[PhotoAttribute.PHOTO_ID])
            elif self.traces.has_photo(item):
                rows.append(item)
                self.traces.photo_ids.add(item[PhotoAttribute.PHOTO_ID])
        return rows

    def bury(self, photo_id: str, *, at: datetime) -> None:
        """Put a tombstone in the place of a photo's row, whether there is one or not."""
        if not self.dry_run:
            self.dynamodb.put_item(
                TableName=self._name(PHOTOS), Item=item_of(tombstone(photo_id, at=at))
            )

    def erase_assignment(self) -> int:
        """Delete what dispatch reads of the driver."""
        key: Item = {AssignmentAttribute.DRIVER_ID: self.traces.driver_id}
        stored = self.dynamodb.get_item(
            TableName=self._name(ASSIGNMENTS), Key=item_of(key), ConsistentRead=True
        )
        if "Item" not in stored:
            return 0
        self._delete(ASSIGNMENTS, key)
        return 1

    def erase_uploads(self) -> tuple[int, datetime | None]:
        """Delete permissions and counts of the driver.

        Returns their number, and the moment after which no photo can arrive by one of them.
        """
        erased, open_until = 0, None
        for item in self._items(UPLOADS):
            if not self.traces.has_upload(item):
                continue
            try:
                ends_at = Permission.from_item(item).expires_at + ARRIVAL_GRACE
            except InvalidRecord:
                ends_at = None  # a count, or a row that was edited by hand
            if ends_at is not None:
                self.traces.upload_ids |= _texts(item, UploadAttribute.UPLOAD_ID)
                open_until = max(filter(None, (open_until, ends_at)))
            self._delete(UPLOADS, item)
            erased += 1
        return erased, open_until

    def erase_requests(self) -> int:
        """Delete stored responses that name a photo or upload of the driver."""
        return self._erase(
            REQUESTS, lambda item: self.traces.are_in(str(item.get(RequestAttribute.DATA, "")))
        )

    def erase_known_items(self) -> int:
        """Delete known items and disagreements about photos of the driver.

        Counters of reviewers stay: they name no photo.
        """

        def is_about_a_photo(item: Item) -> bool:
            names = _texts(item, ReviewerAttribute.PHOTO_ID) | set(
                str(item[ReviewerAttribute.NAME]).split("#")
            )
            return bool(names & self.traces.photo_ids)

        return self._erase(REVIEWERS, is_about_a_photo)

    def _erase(self, schema: TableSchema, is_traced: Any) -> int:  # noqa: ANN401 # a predicate
        items = [item for item in self._items(schema) if is_traced(item)]
        for item in items:
            self._delete(schema, item)
        return len(items)

    def _delete(self, schema: TableSchema, item: Item) -> None:
        if not self.dry_run:
            key: Item = {name: item[name] for name in schema.keys}
            self.dynamodb.delete_item(TableName=self._name(schema), Key=item_of(key))

    def _items(self, schema: TableSchema) -> Iterator[Item]:
        pages = self.dynamodb.get_paginator("scan")
        for page in pages.paginate(TableName=self._name(schema), ConsistentRead=True):
            yield from map(plain, page["Items"])

    def _name(self, schema: TableSchema) -> str:
        return self.target.output(OUTPUTS[schema.name])


def _texts(item: Item, name: str) -> set[str]:
    value = item.get(name)
    return {value} if isinstance(value, str) and value else set()
