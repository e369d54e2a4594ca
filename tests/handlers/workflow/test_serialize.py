"""Serialize, with S3 under moto."""

import base64
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from handlers.aws.controls_table import ControlsTable
from handlers.aws.dynamodb import item_of
from handlers.aws.photo_store import PhotoStore
from handlers.domain.controls import BREAKER_OPEN, INTAKE_PAUSED, IntakeControl
from handlers.domain.decision.prediction import PhotoRef
from handlers.domain.errors import (
    InvalidRecord,
    LedgerUnavailable,
    PhotoForbidden,
    PhotoStoreUnavailable,
)
from handlers.domain.ledger.schema import CONTROLS, UPLOADS
from handlers.domain.ledger.uploads import Permission
from handlers.domain.photo.wire_image import MAX_BYTES
from handlers.workflow import serialize
from infra.state_machine.lambdas import RESULT_FIELDS
from tests.pictures import a_jpeg
from tests.tables import create_table

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

pytestmark = pytest.mark.usefixtures("aws")

KEY = "intake/d 1/ü+%2F 🚲.jpg"


@pytest.fixture(autouse=True)
def controls(aws: None, monkeypatch: pytest.MonkeyPatch) -> ControlsTable:
    """The stage's controls: everything is normal until a test sets one."""
    del aws
    monkeypatch.setenv("UPLOADS_TABLE", "uploads")
    monkeypatch.setenv("LEDGER_RETENTION_DAYS", "400")
    serialize._store.cache_clear()
    serialize._permissions.cache_clear()
    serialize._controls.cache_clear()
    monkeypatch.setenv("CONTROLS_TABLE", "controls")
    dynamodb = boto3.client("dynamodb")
    create_table(dynamodb, CONTROLS, "controls")
    return ControlsTable(dynamodb, table="controls")


def upload(data: bytes, **options: Any) -> dict[str, Any]:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="intake")
    s3.put_bucket_versioning(Bucket="intake", VersioningConfiguration={"Status": "Enabled"})
    stored = s3.put_object(Bucket="intake", Key=KEY, Body=data, **options)
    return {
        "execution": "arn:run",
        "probe": False,
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


def test_while_intake_is_paused_a_photo_is_parked_and_not_read(
    context: "LambdaContext", controls: ControlsTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    controls.write(IntakeControl(paused=True))
    event = upload(a_jpeg()) | {"probe": True}
    monkeypatch.setattr(serialize, "_store", lambda: pytest.fail("it was read"))
    result = serialize.lambda_handler(event, context)
    assert (result["outcome"], result["reason"]) == ("parked", INTAKE_PAUSED)
    assert set(result) == set(RESULT_FIELDS["Serialize"])


def test_an_open_breaker_is_passed_by_a_probe_only(
    context: "LambdaContext", controls: ControlsTable
) -> None:
    controls.open_breaker(now="2026-11-30T20:00:00.000Z", reason="down")
    event = upload(a_jpeg())
    result = serialize.lambda_handler(event, context)
    assert (result["outcome"], result["reason"]) == ("parked", BREAKER_OPEN)
    assert serialize.lambda_handler(event | {"probe": True}, context)["outcome"] == "prepared"


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


def permit(upload_id: str, *, driver_id: str = "dora") -> Permission:
    """Write a permission as the drivers' function does."""
    permission = Permission.grant(
        upload_id=upload_id,
        driver_id=driver_id,
        content_type="image/jpeg",
        order_id="",
        retake_of="",
        now=datetime.now(UTC),
    )
    item = item_of(permission.to_item(kept_days=1))
    boto3.client("dynamodb").put_item(TableName="uploads", Item=item)
    return permission


def version_of(event: dict[str, Any], key: str, upload_id: str, number: int) -> dict[str, Any]:
    """Return the event of another version of an object with the same bytes."""
    s3 = boto3.client("s3")
    version = s3.put_object(Bucket="intake", Key=key, Body=a_jpeg((64, 48)))["VersionId"]
    changes = {
        "photo_id": f"{number:064x}",
        "key": key,
        "version_id": version,
        "driver_id": key.split("/")[1],
        "upload_id": upload_id,
    }
    return {**event, "photo": {**event["photo"], **changes}}


@pytest.fixture
def uploads(aws: None) -> None:
    del aws
    create_table(boto3.client("dynamodb"), UPLOADS, "uploads")


@pytest.mark.usefixtures("uploads")
def test_the_second_version_of_a_permitted_upload_is_a_duplicate(context: "LambdaContext") -> None:
    event, permission = upload(a_jpeg((64, 48))), permit("u1")
    first, second = (version_of(event, permission.key, "u1", number) for number in (1, 2))
    outcomes = [serialize.lambda_handler(item, context) for item in (first, second, first, second)]
    assert [outcome["outcome"] for outcome in outcomes] == ["prepared", "refused"] * 2
    assert outcomes[1]["reason"] == "duplicate_upload"
    assert set(outcomes[1]) == set(RESULT_FIELDS["Serialize"])


@pytest.mark.usefixtures("uploads")
def test_the_version_that_is_processed_first_is_the_photo(context: "LambdaContext") -> None:
    event, permission = upload(a_jpeg((64, 48))), permit("u1")
    first, second = (version_of(event, permission.key, "u1", number) for number in (1, 2))
    reasons = [serialize.lambda_handler(item, context)["reason"] for item in (second, first)]
    assert reasons == ["", "duplicate_upload"]


@pytest.mark.usefixtures("uploads")
def test_a_duplicate_is_refused_before_it_is_read(
    context: "LambdaContext", monkeypatch: pytest.MonkeyPatch
) -> None:
    event, permission = upload(a_jpeg((64, 48))), permit("u1")
    first, second = (version_of(event, permission.key, "u1", number) for number in (1, 2))
    serialize.lambda_handler(first, context)
    monkeypatch.setattr(PhotoStore, "read", lambda *_: pytest.fail("it was read"))
    assert serialize.lambda_handler(second, context)["reason"] == "duplicate_upload"


@pytest.mark.usefixtures("uploads")
@pytest.mark.parametrize(
    "key", ["intake/dora/direct.jpg", "intake/dan/u1.jpg", "intake/dora/below/u1.jpg"]
)
def test_every_version_of_a_key_without_permission_is_a_photo(
    context: "LambdaContext", key: str
) -> None:
    event = upload(a_jpeg((64, 48)))
    permit("u1")
    upload_id = key.rsplit("/", 1)[1].removesuffix(".jpg")
    for number in (1, 2):
        version = version_of(event, key, upload_id, number)
        assert serialize.lambda_handler(version, context)["outcome"] == "prepared"


@pytest.mark.usefixtures("uploads")
def test_a_photo_of_another_key_neither_uses_nor_needs_a_permission(
    context: "LambdaContext",
) -> None:
    event, permission = upload(a_jpeg((64, 48))), permit("u1")
    other = version_of(event, "intake/dan/u1.jpg", "u1", 1)
    own = version_of(event, permission.key, "u1", 2)
    outcomes = [serialize.lambda_handler(item, context) for item in (other, own, other)]
    assert [outcome["outcome"] for outcome in outcomes] == ["prepared"] * 3


def test_a_photo_without_a_driver_needs_no_table(context: "LambdaContext") -> None:
    assert serialize.lambda_handler(upload(a_jpeg()), context)["outcome"] == "prepared"


@pytest.mark.usefixtures("uploads")
def test_a_table_that_does_not_answer_is_a_transient_error(
    context: "LambdaContext", monkeypatch: pytest.MonkeyPatch
) -> None:
    event = version_of(upload(a_jpeg()), "intake/dora/u1.jpg", "u1", 1)
    monkeypatch.setenv("UPLOADS_TABLE", "gone")
    serialize._permissions.cache_clear()
    with pytest.raises(LedgerUnavailable):
        serialize.lambda_handler(event, context)
