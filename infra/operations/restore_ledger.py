"""Copies rows of a restored copy of the ledger into the live tables.

DynamoDB restores into a new table only. The live tables keep their names, streams and rights, and
what was decided after the restored moment.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from handlers.aws.assignments_table import AssignmentsTable
from handlers.aws.dynamodb import item_of, plain, succeeds
from handlers.aws.photos_table import PhotosTable
from handlers.domain.errors import InvalidRecord
from handlers.domain.ledger.rows import FINAL_STATUSES, AssignmentRow
from handlers.domain.ledger.schema import AssignmentAttribute, PhotoAttribute
from handlers.domain.ledger.tombstone import is_tombstone
from monitoring.reconciliation.row_parser import record_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from handlers.aws.photos_table import Row
    from handlers.domain.ledger.rows import LedgerRow
    from infra.operations.target import Target

_PAGE = 100  # rows that are compared at once
_ABSENT = {"404", "NoSuchKey", "NoSuchVersion", "NotFound", "MethodNotAllowed", "405"}


class RestoredRow(StrEnum):
    """What became of one row of the restored table."""

    WRITTEN = "written"  # the live table had none
    REPLACED = "replaced"  # the live row was malformed, or made anew without people's decisions
    KEPT = "kept"  # the live row is as good or newer
    GONE = "gone"  # the photo's object was deleted: its row is not brought back
    MALFORMED = "malformed"  # the restored row itself cannot be read
    OVERTAKEN = "overtaken"  # the live row changed meanwhile: run again


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRestorer:
    """Writes rows on conditions, so that it may run again, and beside the working stage."""

    target: Target
    dry_run: bool

    def photos(self, restored_table: str) -> Counter[RestoredRow]:
        """Copy the rows of photos; return their number by outcome.

        Raises: ClientError, BotoCoreError, LedgerBusy, LedgerUnavailable.
        """
        live_table = PhotosTable(self._dynamodb(), table=self.target.output("PhotosTable"))
        outcomes: Counter[RestoredRow] = Counter()
        for items in self._pages(restored_table):
            ids = [item[PhotoAttribute.PHOTO_ID]["S"] for item in items]
            live = {
                row[PhotoAttribute.PHOTO_ID]: row for row in live_table.rows(ids, consistent=True)
            }
            outcomes.update(
                self._photo(item, live.get(photo)) for photo, item in zip(ids, items, strict=True)
            )
        return outcomes

    def assignments(self, restored_table: str) -> Counter[RestoredRow]:
        """Copy the assignments that the ledger justifies; copy the photos first.

        Raises: as `photos`.
        """
        outcomes: Counter[RestoredRow] = Counter()
        for items in self._pages(restored_table):
            outcomes.update(map(self._assignment, items))
        return outcomes

    def _photo(self, item: dict[str, Any], live: Row | None) -> RestoredRow:
        try:
            row = record_of(plain(item))
        except InvalidRecord:
            return RestoredRow.MALFORMED
        outcome = outcome_of(row, live)
        if outcome is RestoredRow.KEPT:
            return outcome
        if live is None and not self._exists(row):
            return RestoredRow.GONE
        seen: dict[str, object] = {
            name: (live or {}).get(name)
            for name in (
                PhotoAttribute.PHOTO_ID,
                PhotoAttribute.UPDATED_AT,
                PhotoAttribute.ATTEMPT,
                PhotoAttribute.DECISION_SEQ,
            )
        }
        return outcome if self._put("PhotosTable", item, seen) else RestoredRow.OVERTAKEN

    def _assignment(self, item: dict[str, Any]) -> RestoredRow:
        try:
            restored = AssignmentRow.from_item(plain(item))
        except InvalidRecord:
            return RestoredRow.MALFORMED
        dynamodb = self._dynamodb()
        table = AssignmentsTable(dynamodb, table=self.target.output("AssignmentsTable"))
        live = table.row(restored.driver_id)
        photos = PhotosTable(dynamodb, table=self.target.output("PhotosTable"))
        if not _is_justified(
            restored, _newest_assigned(photos, restored.driver_id)
        ) or _is_in_force(live, restored):
            return RestoredRow.KEPT
        seen: dict[str, object] = {
            name: (live or {}).get(name)
            for name in (AssignmentAttribute.DRIVER_ID, AssignmentAttribute.PHOTO_ORDER)
        }
        written = RestoredRow.REPLACED if live else RestoredRow.WRITTEN
        return written if self._put("AssignmentsTable", item, seen) else RestoredRow.OVERTAKEN

    def _put(self, output: str, item: dict[str, Any], seen: Mapping[str, object]) -> bool:
        """Write an item if the live one still has the attributes that were seen.

        None stands for an attribute that was absent.
        """
        if self.dry_run:
            return True
        conditions = [
            f"attribute_not_exists(#{name})" if value is None else f"#{name} = :{name}"
            for name, value in seen.items()
        ]
        values = {f":{name}": value for name, value in seen.items() if value is not None}
        request: dict[str, Any] = {
            "TableName": self.target.output(output),
            "Item": item,
            "ConditionExpression": " AND ".join(conditions),
            "ExpressionAttributeNames": {f"#{name}": str(name) for name in seen},
            **({"ExpressionAttributeValues": item_of(values)} if values else {}),
        }
        return succeeds(lambda: self._dynamodb().put_item(**request))

    def _exists(self, row: LedgerRow) -> bool:
        """Return whether the photo's object version is still there."""
        request: dict[str, Any] = {"Bucket": row.bucket, "Key": row.key}
        if row.version_id:
            request["VersionId"] = row.version_id
        try:
            self.target.session.client("s3").head_object(**request)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _ABSENT:
                return False
            raise
        return True

    def _pages(self, table: str) -> Iterator[list[dict[str, Any]]]:
        pages = self._dynamodb().get_paginator("scan")
        for page in pages.paginate(TableName=table, PaginationConfig={"PageSize": _PAGE}):
            yield page["Items"]

    def _dynamodb(self) -> Any:  # noqa: ANN401 # a client, whose items are attribute values
        return self.target.session.client("dynamodb")


def outcome_of(restored: LedgerRow, live: Row | None) -> RestoredRow:
    """Return whether the restored row belongs into the live table.

    The sweeper starts photos anew whose row was lost. Such a row is younger than the restored one
    and lacks what people have decided; a row with as many decisions is never replaced, and a
    tombstone neither.
    """
    if live is None:
        return RestoredRow.WRITTEN
    if is_tombstone(live):
        return RestoredRow.KEPT
    try:
        row = record_of(live)
    except InvalidRecord:
        return RestoredRow.REPLACED
    is_made_anew = _first_claim(row) > _first_claim(restored)
    lacks_decisions = row.decision_seq < restored.decision_seq
    if row.status in FINAL_STATUSES and is_made_anew and lacks_decisions:
        return RestoredRow.REPLACED
    return RestoredRow.KEPT


def _first_claim(row: LedgerRow) -> datetime:
    return datetime.fromisoformat(row.received_at or row.claimed_at)


def _newest_assigned(photos: PhotosTable, driver_id: str) -> Row | None:
    """Return the driver's assigned photo that was uploaded last, by consistent reads."""
    for ids in photos.ids_of_driver(driver_id):
        rows = photos.rows(ids, consistent=True)
        assigned = [row for row in rows if row.get(PhotoAttribute.STATUS) == "assigned"]
        if assigned:
            return max(assigned, key=_upload_order)
    return None


def _upload_order(row: Row) -> tuple[str, str]:
    return str(row.get(PhotoAttribute.UPLOADED_AT)), str(row[PhotoAttribute.PHOTO_ID])


def _is_justified(restored: AssignmentRow, newest: Row | None) -> bool:
    """Return whether the driver's newest assigned photo is the one behind the assignment."""
    return newest is not None and (
        newest[PhotoAttribute.PHOTO_ID],
        newest.get(PhotoAttribute.VEHICLE),
    ) == (restored.photo_id, restored.vehicle)


def _is_in_force(live: Mapping[str, Any] | None, restored: AssignmentRow) -> bool:
    """Return whether the live assignment follows from a later photo, or is the same decision."""
    order = (live or {}).get(AssignmentAttribute.PHOTO_ORDER)
    if live is None or not isinstance(order, str):
        return False
    is_same = live.get(AssignmentAttribute.VEHICLE) == restored.vehicle
    return order > restored.photo_order or (order == restored.photo_order and is_same)
