"""Reads the inventory that the checker examines.

Operators and the demo run it, never a Lambda: it lists whole tables.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self, TypeVar

from handlers.aws.assignments_table import AssignmentsTable
from handlers.aws.object_versions import pages
from handlers.aws.photos_table import PhotosTable
from handlers.aws.queue import Queue
from handlers.domain.errors import InvalidRecord
from handlers.domain.ledger.labels import PREFIX as LABELS_PREFIX
from handlers.domain.ledger.messages import photo_named_in
from handlers.domain.ledger.rows import AssignmentRow
from handlers.domain.ledger.schema import PhotoAttribute
from handlers.domain.ledger.tombstone import is_tombstone
from monitoring.reconciliation.inventory import (
    MALFORMED_ASSIGNMENT,
    MALFORMED_ROW,
    Inventory,
    ObjectVersion,
    Unreadable,
)
from monitoring.reconciliation.row_parser import record_of

if TYPE_CHECKING:
    import boto3

Record = TypeVar("Record")

_QUOTED_LENGTH = 80  # characters of an unreadable message
_LABEL = re.compile(r"(?P<photo>[^/]+)-(?P<seq>\d{1,18})\.jsonl")


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Buckets, tables, queues and state machine of a stack."""

    intake_bucket: str
    photos_table: str
    assignments_table: str
    review_queue_url: str
    failures_queue_url: str
    state_machine_arn: str
    labels_bucket: str = ""  # empty: labels are not read

    @classmethod
    def of_outputs(cls, outputs: Mapping[str, str]) -> Self:
        """Return the places that the outputs of a stack `Pipeline` name."""
        return cls(
            intake_bucket=outputs["IntakeBucket"],
            photos_table=outputs["PhotosTable"],
            assignments_table=outputs["AssignmentsTable"],
            review_queue_url=outputs["ReviewQueueUrl"],
            failures_queue_url=outputs["FailuresQueueUrl"],
            state_machine_arn=outputs["StateMachineArn"],
            labels_bucket=outputs.get("LabelsBucket", ""),
        )


def read_inventory(session: "boto3.Session", places: Places, *, read_queues: bool) -> Inventory:
    """Read everything; rows, messages and labels that cannot be read are listed in `unreadable`.

    `read_queues` hides the messages from other receivers for a moment.

    Raises: QueueTooLong.
    """
    unreadable: list[Unreadable] = []
    executions = dict(_executions(session, places.state_machine_arn))
    objects = tuple(_objects(session, places.intake_bucket))
    dynamodb = session.client("dynamodb")
    photos = list(PhotosTable(dynamodb, table=places.photos_table).all_rows())
    erased = frozenset(row[PhotoAttribute.PHOTO_ID] for row in photos if is_tombstone(row))
    rows = (row for row in photos if not is_tombstone(row))
    ledger = tuple(read_records(rows, record_of, unreadable, rule=MALFORMED_ROW))
    drivers = AssignmentsTable(dynamodb, table=places.assignments_table).all_rows()
    assignments = tuple(
        read_records(drivers, AssignmentRow.from_item, unreadable, rule=MALFORMED_ASSIGNMENT)
    )
    reviews, failures = _messages(session, places, unreadable) if read_queues else (None, None)
    return Inventory(
        executions=executions,
        objects=objects,
        ledger=ledger,
        assignments=assignments,
        review_messages=reviews,
        failure_messages=failures,
        labels=tuple(_labels(session, places.labels_bucket, unreadable))
        if places.labels_bucket
        else None,
        unreadable=tuple(unreadable),
        erased=erased,
        as_of=datetime.now(UTC).isoformat(timespec="milliseconds"),
    )


def _objects(session: "boto3.Session", bucket: str) -> Iterator[ObjectVersion]:
    for versions, _ in pages(session.client("s3"), bucket=bucket):
        yield from versions


def read_records(
    items: Iterable[dict[str, Any]],
    read: Callable[[dict[str, Any]], Record],
    unreadable: list[Unreadable],
    *,
    rule: str,
) -> Iterator[Record]:
    """Yield the records of items; those that cannot be read are added to `unreadable`."""
    for item in items:
        try:
            yield read(item)
        except InvalidRecord as error:
            detail = (
                f"{error} (of {item.get(PhotoAttribute.KEY, item.get(PhotoAttribute.DRIVER_ID))!r})"
            )
            photo_id = str(item.get(PhotoAttribute.PHOTO_ID, ""))
            unreadable.append(Unreadable(rule=rule, photo_id=photo_id, detail=detail))


def _executions(session: "boto3.Session", machine: str) -> Iterator[tuple[str, str]]:
    """Yield ARN and status of running executions alone: a stage has had millions."""
    client = session.client("stepfunctions")
    listing = client.get_paginator("list_executions")
    try:
        for page in listing.paginate(stateMachineArn=machine, statusFilter="RUNNING"):
            for execution in page["executions"]:
                yield execution["executionArn"], execution["status"]
    except client.exceptions.StateMachineTypeNotSupported:
        return  # Express keeps no list: only the age of a row shows whether it is in flight


def _messages(
    session: "boto3.Session", places: Places, unreadable: list[Unreadable]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the photo ids of all messages, which are visible again afterwards."""
    sqs = session.client("sqs")
    queues = [Queue(sqs, url=url) for url in (places.review_queue_url, places.failures_queue_url)]
    with ThreadPoolExecutor() as pool:  # each waits a second for further messages
        reviews, failures = pool.map(lambda queue: queue.peek(), queues)
    return tuple(_named(reviews, "reviews", unreadable)), tuple(
        _named(failures, "failures", unreadable)
    )


def _named(bodies: Iterable[str], queue: str, unreadable: list[Unreadable]) -> Iterator[str]:
    for body in bodies:
        if photo_id := photo_named_in(body):
            yield photo_id
        else:
            detail = f"a message among the {queue} names no photo: {body[:_QUOTED_LENGTH]!r}"
            unreadable.append(Unreadable(rule="malformed_message", detail=detail))


def _labels(
    session: "boto3.Session", bucket: str, unreadable: list[Unreadable]
) -> Iterator[tuple[str, int]]:
    """Yield photo id and decision number of each label, from its key.

    The form of keys is that of `handlers/domain/ledger/labels.py`.
    """
    listing = session.client("s3").get_paginator("list_objects_v2")
    for page in listing.paginate(Bucket=bucket, Prefix=LABELS_PREFIX):
        for stored in page.get("Contents", []):
            label = _LABEL.fullmatch(stored["Key"].rpartition("/")[2])
            if label:
                yield label["photo"], int(label["seq"])
            else:
                detail = f"{stored['Key']!r} is among the labels and is not a label"
                unreadable.append(Unreadable(rule="malformed_label", detail=detail))
