"""Sends single photos into a running stage, as the drivers' app would: a fresh key for each."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from handlers.domain.identity import INTAKE_PREFIX, Sender, photo_id
from infra.local.intake import Upload

if TYPE_CHECKING:
    from pathlib import Path

    from mypy_boto3_s3 import S3Client

_MOST_BYTES = 1_024  # S3's limit of a key
_EXTENSION = re.compile(r"\.[a-z0-9]{1,5}")


class InvalidDriver(ValueError):
    """A driver id that no key can carry."""


def new_upload_id(now: datetime) -> str:
    """Sorts by time, can be read by people, and is never the same twice."""
    return f"{now:%Y%m%dT%H%M%S}{now.microsecond // 1000:03d}-{secrets.token_hex(4)}"


def key_of(driver_id: str, upload_id: str, file: Path) -> str:
    """`intake/<driver>/<upload>.<ext>`. Raises: InvalidDriver."""
    suffix = file.suffix.lower()
    extension = suffix if _EXTENSION.fullmatch(suffix) else ""
    key = f"{INTAKE_PREFIX}{driver_id}/{upload_id}{extension}"
    sender = Sender.from_key(key)
    if sender is None or sender.driver_id != driver_id:
        raise InvalidDriver(f"{driver_id!r} cannot be a driver's id: no slash, no dot in front")
    try:
        length = len(key.encode())
    except UnicodeEncodeError as error:
        raise InvalidDriver(f"{driver_id!r} is not text") from error
    if length > _MOST_BYTES:
        raise InvalidDriver(f"a driver's id of {len(driver_id)} characters is too long")
    return key


def upload_one(s3: S3Client, *, bucket: str, file: Path, key: str) -> Upload:
    """Puts one file, and says which photo it is now. Raises: OSError, and botocore's errors."""
    with file.open("rb") as body:
        stored = s3.put_object(Bucket=bucket, Key=key, Body=body)
    return Upload(
        path=file,
        key=key,
        uploaded_at=datetime.now(UTC),
        photo_id=photo_id(
            bucket=bucket,
            key=key,
            version_id=stored.get("VersionId"),
            etag=stored["ETag"].strip('"'),
        ),
    )
