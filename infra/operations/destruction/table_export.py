"""Copies the rows of tables into files, before the tables are deleted."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from infra.operations.destruction.errors import DestructionRefused

if TYPE_CHECKING:
    from pathlib import Path

    from mypy_boto3_dynamodb import DynamoDBClient


def export_table(dynamodb: DynamoDBClient, table: str, file: Path) -> int:
    """Write each row as a line of DynamoDB's JSON, and return their number.

    A file that exists is not replaced: it may be the only copy that is left.
    Raises: DestructionRefused, ClientError, BotoCoreError.
    """
    count = 0
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as lines:
            for page in dynamodb.get_paginator("scan").paginate(
                TableName=table, ConsistentRead=True
            ):
                for item in page["Items"]:
                    lines.write(json.dumps(item, default=_encoded) + "\n")
                    count += 1
    except OSError as error:
        raise DestructionRefused(f"the rows cannot be exported: {error}") from error
    return count


def _encoded(value: object) -> str:
    """Return bytes as DynamoDB's JSON has them. Raises: TypeError for any other type."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"{value!r} is not a value of DynamoDB")
