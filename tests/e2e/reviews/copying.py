"""Copies photos that went through the workflow: hundreds in seconds, for races.

The rows are copies of rows that the workflow wrote, with ids of their own; objects, assignments
and messages are as the workflow would have written them.
"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from handlers.aws.dynamodb import item_of, plain
from handlers.domain.ledger.identity import photo_id
from handlers.domain.ledger.messages import review_message
from handlers.domain.review.assignment_update import PutAssignment, plan_assignment_update
from handlers.domain.review.row import ReviewRow
from infra.local.stage.stage import LocalStage

PHOTOS_OF_A_DRIVER = 5


class Copier:
    """Adds photos without the workflow, whose rule is disabled in the meantime."""

    def __init__(self, stage: LocalStage) -> None:
        self._stage = stage
        self._s3, self._sqs = stage.client("s3"), stage.client("sqs")
        self._dynamodb, self._events = stage.client("dynamodb"), stage.client("events")

    def multiply(self, *, until: int) -> None:
        """Copy the photos with an open review until there are `until` of them."""
        originals = [item for item in self._items() if item["review"] == "open"]
        rules = [rule["Name"] for rule in self._events.list_rules()["Rules"]]
        for rule in rules:
            self._events.disable_rule(Name=rule)
        for index in range(until - len(originals)):
            self._add(originals[index % len(originals)], index, until)
        for rule in rules:
            self._events.enable_rule(Name=rule)

    def _items(self) -> Iterator[dict[str, Any]]:
        pages = self._dynamodb.get_paginator("scan").paginate(
            TableName=self._stage.outputs["PhotosTable"]
        )
        for page in pages:
            yield from map(plain, page["Items"])

    def _add(self, original: dict[str, Any], index: int, total: int) -> None:
        bucket = self._stage.outputs["IntakeBucket"]
        driver = f"copied-{index % max(1, total // PHOTOS_OF_A_DRIVER)}"
        key = f"intake/{driver}/{index}.jpg"
        stored = self._s3.put_object(Bucket=bucket, Key=key, Body=f"copy {index}".encode())
        version, etag = stored["VersionId"], stored["ETag"].strip('"')
        uploaded = datetime.fromisoformat(original["uploaded_at"]) + timedelta(seconds=index % 97)
        item = original | {
            "photo_id": photo_id(bucket=bucket, key=key, version_id=version, etag=etag),
            "key": key,
            "version_id": version,
            "etag": etag,
            "driver_id": driver,
            "upload_id": str(index),
            "uploaded_at": uploaded.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        self._dynamodb.put_item(TableName=self._stage.outputs["PhotosTable"], Item=item_of(item))
        row = ReviewRow.from_item(item)
        self._assign(row)
        self._sqs.send_message(
            QueueUrl=self._stage.outputs["ReviewQueueUrl"],
            MessageBody=json.dumps(
                review_message(row, reason=row.state.review_reason, received_at=row.received_at)
            ),
        )

    def _assign(self, row: ReviewRow) -> None:
        update = plan_assignment_update(
            row, row.state, current=None, successor=None, now=row.received_at
        )
        if row.state.status != "assigned" or not isinstance(update.assignment, PutAssignment):
            return
        try:
            self._dynamodb.put_item(
                TableName=self._stage.outputs["AssignmentsTable"],
                Item=item_of(update.assignment.item),
                ConditionExpression="attribute_not_exists(driver_id) OR photo_order <= :order",
                ExpressionAttributeValues=item_of({":order": row.photo_order}),
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
