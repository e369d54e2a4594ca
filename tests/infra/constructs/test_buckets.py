"""Buckets and tables: private, restorable, and with an index for every query of the design."""

from typing import Any

from infra.config import STAGES
from tests.infra.template import Json, Template, refuses_plain_text

ALL = "ALL"


def test_every_bucket_is_private_and_encrypted(pipeline: Template) -> None:
    for bucket in pipeline.of_type("AWS::S3::Bucket").values():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert bucket["BucketEncryption"]
        assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]


def test_every_bucket_refuses_requests_without_tls(pipeline: Template) -> None:
    for logical_id in pipeline.of_type("AWS::S3::Bucket"):
        statements = pipeline.statements_on("AWS::S3::BucketPolicy", "Bucket", logical_id)
        assert refuses_plain_text(statements, "s3:*"), logical_id


def test_unfinished_uploads_are_aborted_after_a_week(pipeline: Template) -> None:
    for bucket in pipeline.of_type("AWS::S3::Bucket").values():
        rules = bucket["LifecycleConfiguration"]["Rules"]
        assert {"DaysAfterInitiation": 7} in [
            rule.get("AbortIncompleteMultipartUpload") for rule in rules
        ]


def test_accesses_to_photos_are_logged(pipeline: Template) -> None:
    buckets = pipeline.of_type("AWS::S3::Bucket")
    for logical_id in ("Intake", "Capture"):
        logging = buckets[logical_id]["LoggingConfiguration"]
        assert logging["DestinationBucketName"] == {"Ref": "AccessLogs"}


def test_the_same_key_with_new_bytes_is_a_new_photo(pipeline: Template) -> None:
    intake = pipeline.of_type("AWS::S3::Bucket")["Intake"]
    assert intake["VersioningConfiguration"] == {"Status": "Enabled"}


def test_a_deleted_label_can_be_brought_back(pipeline: Template) -> None:
    labels = pipeline.of_type("AWS::S3::Bucket")["Labels"]
    assert labels["VersioningConfiguration"] == {"Status": "Enabled"}


def test_captures_expire_before_photos_and_photos_before_labels(pipeline: Template) -> None:
    buckets, config = pipeline.of_type("AWS::S3::Bucket"), STAGES[pipeline.stage]
    assert _expirations(buckets["Capture"]) == {config.capture_retention_days}
    assert _expirations(buckets["Intake"]) == {config.photo_retention_days}
    assert _expirations(buckets["Labels"]) == {config.label_retention_days}


def test_every_table_is_restorable_and_scales_by_itself(pipeline: Template) -> None:
    for logical_id, table in pipeline.of_type("AWS::DynamoDB::Table").items():
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        restorable = table.get("PointInTimeRecoverySpecification", {})
        assert restorable.get("PointInTimeRecoveryEnabled") is True, logical_id


def test_every_query_of_the_design_has_its_index(pipeline: Template) -> None:
    tables = pipeline.of_type("AWS::DynamoDB::Table")
    assert _keys(tables["Photos"]) == ("photo_id",)
    assert _keys(tables["Assignments"]) == ("driver_id",)
    assert _indexes(tables["Photos"]) == {
        "by_driver": ("driver_id", "uploaded_at", ALL),
        "by_review": ("review", "received_at", ALL),
        "by_hour": ("received_hour", "received_at", ALL),
        "by_pending": ("pending", "claimed_at", ALL),
        "by_upload": ("upload_id", "uploaded_at", "INCLUDE"),
    }
    assert _indexes(tables["Assignments"]) == {"by_range": ("order_range", "valid_until", ALL)}


def test_the_ledgers_stream_has_both_images_of_a_row(pipeline: Template) -> None:
    photos = pipeline.of_type("AWS::DynamoDB::Table")["Photos"]
    assert photos["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}


def _expirations(bucket: Json) -> set[int]:
    rules = bucket["LifecycleConfiguration"]["Rules"]
    return {rule["ExpirationInDays"] for rule in rules if "ExpirationInDays" in rule}


def _keys(table_or_index: dict[str, Any]) -> tuple[str, ...]:  # properties are JSON
    return tuple(key["AttributeName"] for key in table_or_index["KeySchema"])


def _indexes(table: Json) -> dict[str, tuple[str, ...]]:
    return {
        index["IndexName"]: (*_keys(index), index["Projection"]["ProjectionType"])
        for index in table["GlobalSecondaryIndexes"]
    }
