"""Responses of DynamoDB and S3 from files, which the SDK parses like AWS's, without a socket.

Most of the cost of a report is parsing these responses.
"""

import io
import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

_NOT_FOUND = b"<Error><Code>NoSuchKey</Code><Message>none</Message></Error>"


@dataclass(frozen=True, kw_only=True)
class CannedAws:
    """A table's hours, and objects by key."""

    hours: Path  # 2026-11-21T08.0.json, …: pages of a query, in order
    objects: Mapping[str, Callable[[], bytes]]  # a key that ends in a slash is all keys below it
    requests: Counter[str] = field(default_factory=Counter)  # by operation

    @cached_property
    def _keys(self) -> list[str]:
        return sorted(self.objects)

    def dynamodb(self) -> "DynamoDBClient":
        """Return a client that knows one index of one table."""
        client = boto3.client("dynamodb", **_NO_ACCOUNT)
        _register(client, "before-send.dynamodb.Query", self._query)
        return client

    def s3(self) -> "S3Client":
        """Return a client of one bucket, whatever its name."""
        client = boto3.client("s3", **_NO_ACCOUNT)
        _register(client, "before-send.s3.ListObjectsV2", self._list)
        _register(client, "before-send.s3.GetObject", self._get)
        return client

    def _query(self, request: AWSPreparedRequest, **_rest: object) -> AWSResponse:
        self.requests["Query"] += 1
        body: Any = request.body  # JSON here; the stubs allow more
        query = json.loads(body)
        hour = query["ExpressionAttributeValues"][":partition"]["S"]
        page = int(query.get("ExclusiveStartKey", {}).get("page", {"N": "0"})["N"])
        file = self.hours / f"{hour}.{page}.json"
        return _response(
            request, file.read_bytes() if file.is_file() else b'{"Items":[],"Count":0}'
        )

    def _list(self, request: AWSPreparedRequest, **_rest: object) -> AWSResponse:
        self.requests["ListObjectsV2"] += 1
        query = {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}
        prefix = query.get("prefix", "")
        ends = (bisect_left(self._keys, end) for end in (prefix, prefix + "\U0010ffff"))
        keys = self._keys[slice(*ends)]
        if "delimiter" in query:
            folders = {prefix + key[len(prefix) :].partition("/")[0] + "/" for key in keys}
            inner = "".join(
                f"<CommonPrefixes><Prefix>{folder}</Prefix></CommonPrefixes>" for folder in folders
            )
        else:
            inner = "".join(map(_listed, keys))
        body = f"<ListBucketResult><IsTruncated>false</IsTruncated>{inner}</ListBucketResult>"
        return _response(request, body.encode())

    def _get(self, request: AWSPreparedRequest, **_rest: object) -> AWSResponse:
        self.requests["GetObject"] += 1
        key = unquote(urlsplit(request.url).path).partition("/")[2].removeprefix("b/")
        make = self.objects.get(key) or self.objects.get(key.partition("/")[0] + "/")
        return _response(request, make()) if make else _response(request, _NOT_FOUND, status=404)


_NO_ACCOUNT: Any = {
    "region_name": "us-east-1",
    "aws_access_key_id": "none",
    "aws_secret_access_key": "none",
}


def _register(
    client: Any, event: str, handler: Any
) -> None:  # Any: the stubs have no responses here
    client.meta.events.register(event, handler)


class _Raw(io.BytesIO):
    """A body that the SDK reads like a connection."""

    def stream(self, **_rest: object) -> Iterator[bytes]:
        yield self.read()


def _response(request: AWSPreparedRequest, body: bytes, *, status: int = 200) -> AWSResponse:
    headers, raw = HTTPHeaders(), _Raw(body)
    headers["content-length"] = str(len(body))
    make: Any = AWSResponse  # the stubs expect a connection as its body
    response: AWSResponse = make(request.url, status, headers, raw)
    return response


def _listed(key: str) -> str:
    return (
        f"<Contents><Key>{escape(key)}</Key><LastModified>2026-11-21T23:59:59.000Z</LastModified>"
        '<ETag>"0123456789abcdef0123456789abcdef"</ETag><Size>1000</Size>'
        "<StorageClass>STANDARD</StorageClass></Contents>"
    )
