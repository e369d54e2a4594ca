"""Reads the world that `invariants.py` judges. Operators and the demo run it, never a Lambda:
it lists whole tables."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from handlers.aws.attributes import plain
from handlers.aws.object_versions import pages
from handlers.domain.labels import PREFIX as LABELS_PREFIX
from handlers.domain.ledger import AssignmentRow, LedgerRow
from monitoring.world import ObjectVersion, World

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_sqs import SQSClient

PEEK_VISIBILITY_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where the pipeline keeps things: the stack's outputs."""

    intake_bucket: str
    photos_table: str
    assignments_table: str
    review_queue_url: str
    failures_queue_url: str
    state_machine_arn: str
    labels_bucket: str = ""  # empty: labels are not looked at


def survey(session: "boto3.Session", places: Places, *, read_queues: bool) -> World:
    """Reading a queue hides its messages from others for a moment: not on a busy system."""
    sqs = session.client("sqs")
    return World(
        executions=dict(_executions(session, places.state_machine_arn)),
        objects=tuple(_objects(session, places.intake_bucket)),
        ledger=tuple(map(LedgerRow.from_item, _rows(session, places.photos_table))),
        assignments=tuple(map(AssignmentRow.from_item, _rows(session, places.assignments_table))),
        review_messages=_peek(sqs, places.review_queue_url) if read_queues else None,
        failure_messages=_peek(sqs, places.failures_queue_url) if read_queues else None,
        labels=tuple(_labels(session, places.labels_bucket)) if places.labels_bucket else None,
        as_of=datetime.now(UTC).isoformat(timespec="milliseconds"),
    )


def _objects(session: "boto3.Session", bucket: str) -> Iterator[ObjectVersion]:
    for versions, _ in pages(session.client("s3"), bucket=bucket):
        yield from versions


def _labels(session: "boto3.Session", bucket: str) -> Iterator[tuple[str, int]]:
    """The key names photo and decision: see `handlers/domain/labels.py`."""
    pages = session.client("s3").get_paginator("list_objects_v2")
    for page in pages.paginate(Bucket=bucket, Prefix=LABELS_PREFIX):
        for found in page.get("Contents", []):
            photo, _, seq = found["Key"].rpartition("/")[2].removesuffix(".jsonl").partition("-")
            yield photo, int(seq)


def _rows(session: "boto3.Session", table: str) -> Iterator[dict[str, Any]]:
    scan = session.client("dynamodb").get_paginator("scan")
    for page in scan.paginate(TableName=table, ConsistentRead=True):
        yield from map(plain, page["Items"])


def _executions(session: "boto3.Session", machine: str) -> Iterator[tuple[str, str]]:
    client = session.client("stepfunctions")
    try:
        for page in client.get_paginator("list_executions").paginate(stateMachineArn=machine):
            for execution in page["executions"]:
                yield execution["executionArn"], execution["status"]
    except client.exceptions.StateMachineTypeNotSupported:
        return  # Express keeps no list: what is on its way is judged by its age alone


def _peek(sqs: "SQSClient", url: str) -> tuple[str, ...]:
    """The photo ids of all messages, which are visible again afterwards."""
    received: dict[str, str] = {}
    found = []
    while messages := sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=PEEK_VISIBILITY_S
    ).get("Messages", []):
        for message in messages:
            received[message["ReceiptHandle"]] = message["Body"]
    for handle, body in received.items():
        found.append(cast("str", json.loads(body)["photo_id"]))
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
    return tuple(found)
