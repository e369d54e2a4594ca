"""Signed forms and links name S3's address in the stage's own Region."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from handlers.aws.bucket import Bucket
from handlers.aws.clients import client
from handlers.aws.uploads_table import UploadForms
from handlers.domain.ledger.uploads import Permission
from tests.conftest import ROOT

NAME = "scones-bucket"
ADDRESSES = {
    "us-east-1": "s3.us-east-1.amazonaws.com",
    "eu-central-1": "s3.eu-central-1.amazonaws.com",
    "ap-southeast-2": "s3.ap-southeast-2.amazonaws.com",
    "af-south-1": "s3.af-south-1.amazonaws.com",  # from here on, Regions that a user switches on
    "ap-south-2": "s3.ap-south-2.amazonaws.com",
    "us-gov-west-1": "s3.us-gov-west-1.amazonaws.com",  # other partitions
    "cn-north-1": "s3.cn-north-1.amazonaws.com.cn",
}
LOCAL = "http://127.0.0.1:4566"


@pytest.mark.parametrize(("region", "address"), ADDRESSES.items())
def test_signed_addresses_are_regional(
    monkeypatch: pytest.MonkeyPatch, region: str, address: str
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    for signed in _signed_addresses():
        assert urlsplit(signed).netloc == f"{NAME}.{address}"


def test_the_local_stage_keeps_the_bucket_in_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", LOCAL)
    for signed in _signed_addresses():
        assert signed.startswith(f"{LOCAL}/{NAME}")


def test_no_other_code_signs_addresses() -> None:
    signers = {
        path.relative_to(ROOT).as_posix()
        for folder in ("handlers", "infra", "monitoring")
        for path in (ROOT / folder).rglob("*.py")
        if "generate_presigned_" in path.read_text(encoding="utf-8")
    }
    assert signers == {"handlers/aws/bucket.py", "handlers/aws/uploads_table.py"}


def _signed_addresses() -> tuple[str, str]:
    """Return a driver's upload form, and the link of a report's mail."""
    s3 = client("s3", read_timeout_s=5)
    permission = Permission.grant(
        upload_id="0192f0c1",
        driver_id="anna",
        content_type="image/jpeg",
        order_id="",
        retake_of="",
        now=datetime(2026, 11, 30, 8, tzinfo=UTC),
    )
    form = UploadForms(s3, bucket=NAME).sign(permission)
    return form.url, Bucket(s3, bucket=NAME).link("reports/2026-11-30/report.html", expires_s=60)
