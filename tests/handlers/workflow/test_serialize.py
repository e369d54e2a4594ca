"""Serialize, with S3 under moto."""

import base64
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from handlers.aws.photo_store import PhotoStore
from handlers.domain.decision.prediction import PhotoRef
from handlers.domain.errors import (
    InvalidRecord,
    PhotoForbidden,
    PhotoStoreUnavailable,
)
from handlers.domain.photo.wire_image import MAX_BYTES
from handlers.workflow import serialize
from infra.state_machine.lambdas import RESULT_FIELDS
from tests.pictures import a_jpeg

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

pytestmark = pytest.mark.usefixtures("aws")

KEY = "intake/d 1/ü+%2F 🚲.jpg"


@pytest.fixture(autouse=True)
def _fresh_clients() -> None:
    serialize._store.cache_clear()


def upload(data: bytes, **options: Any) -> dict[str, Any]:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="intake")
    s3.put_bucket_versioning(Bucket="intake", VersioningConfiguration={"Status": "Enabled"})
    stored = s3.put_object(Bucket="intake", Key=KEY, Body=data, **options)
    return {
        "execution": "arn:run",
        "photo": {
            "photo_id": "a" * 64,
            "bucket": "intake",
            "key": KEY,
            "version_id": stored["VersionId"],
            "etag": stored["ETag"].strip('"'),
            "size_bytes": len(data),
            "uploaded_at": "2026-11-22T18:00:00Z",
        },
    }


def test_a_photo_becomes_a_wire_image_with_quality_figures(context: "LambdaContext") -> None:
    event = upload(a_jpeg((2000, 1000)), Metadata={"order-id": "o-17"})
    result = serialize.lambda_handler(event, context)
    assert result["outcome"] == "prepared"
    assert base64.b64decode(result["wire_image"]).startswith(b"\xff\xd8\xff")
    assert result["quality"]["width"] == 2000
    assert result["order_id"] == "o-17"


def test_exactly_the_version_of_the_event_is_read(context: "LambdaContext") -> None:
    event = upload(a_jpeg((64, 48)))
    boto3.client("s3").put_object(Bucket="intake", Key=KEY, Body=b"overwritten")
    assert serialize.lambda_handler(event, context)["outcome"] == "prepared"


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"", "empty"), (b"hello", "not_a_photo"), (a_jpeg()[:900], "corrupt")],
)
def test_bytes_that_are_not_a_photo_are_refused_and_not_raised(
    context: "LambdaContext", data: bytes, reason: str
) -> None:
    result = serialize.lambda_handler(upload(data), context)
    assert (result["outcome"], result["reason"]) == ("refused", reason)


def test_a_file_over_the_limit_is_not_read(
    context: "LambdaContext", monkeypatch: pytest.MonkeyPatch
) -> None:
    event = upload(b"\0" * (MAX_BYTES + 1))
    monkeypatch.setattr(serialize, "prepare", lambda _data: pytest.fail("it was read"))
    assert serialize.lambda_handler(event, context)["reason"] == "too_large"


@pytest.mark.parametrize("data", [a_jpeg(), b"not a photo"])
def test_the_result_has_exactly_the_fields_that_the_workflow_reads(
    context: "LambdaContext", data: bytes
) -> None:
    result = serialize.lambda_handler(upload(data), context)
    assert set(result) == set(RESULT_FIELDS["Serialize"])
    assert None not in result.values()


def test_a_deleted_version_is_refused_as_deleted(context: "LambdaContext") -> None:
    event = upload(a_jpeg())
    version = event["photo"]["version_id"]
    boto3.client("s3").delete_object(Bucket="intake", Key=KEY, VersionId=version)
    response = serialize.lambda_handler(event, context)
    assert (response["outcome"], response["reason"]) == ("refused", "deleted")
    assert "deleted" in response["message"]


def test_a_version_without_permission_is_forbidden_and_not_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    event = upload(a_jpeg())
    s3 = boto3.client("s3")

    def deny(**_: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "GetObject")

    monkeypatch.setattr(s3, "get_object", deny)
    with pytest.raises(PhotoForbidden):
        PhotoStore(s3).read(PhotoRef.from_wire(event["photo"]))


def test_an_overwritten_object_without_versions_is_refused_as_deleted(
    context: "LambdaContext",
) -> None:
    event = upload(a_jpeg())
    del event["photo"]["version_id"]
    boto3.client("s3").put_object(Bucket="intake", Key=KEY, Body=b"other")
    assert serialize.lambda_handler(event, context)["reason"] == "deleted"


@pytest.mark.parametrize("field", ["photo_id", "bucket", "key", "etag"])
def test_a_malformed_event_raises_invalid_record(context: "LambdaContext", field: str) -> None:
    event = upload(a_jpeg())
    event["photo"][field] = 7
    with pytest.raises(InvalidRecord):
        serialize.lambda_handler(event, context)


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "SlowDown"}}, "GetObject"),
        ClientError({"Error": {"Code": "InternalError"}}, "GetObject"),
        ReadTimeoutError(endpoint_url="s3"),
    ],
)
def test_a_failing_store_is_a_transient_error(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = upload(a_jpeg())
    s3 = boto3.client("s3")

    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(s3, "get_object", fail)
    with pytest.raises(PhotoStoreUnavailable):
        PhotoStore(s3).read(PhotoRef.from_wire(event["photo"]))
