"""Puts photos into the intake bucket of a running stage, the way the drivers' app does."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from handlers.domain.ledger.identity import INTAKE_PREFIX, photo_id

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class NoPhotos(Exception):
    """There is nothing to upload; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedUpload:
    """One file on its way through the chain."""

    path: Path
    photo_id: str
    key: str
    uploaded_at: datetime


def files_in(place: Path) -> tuple[Path, ...]:
    """A file itself, or every file below a folder, in a stable order. Raises: NoPhotos."""
    if not place.exists():
        raise NoPhotos(f"there is no file or folder {place}")
    if place.is_file():
        return (place,)
    files = tuple(sorted(path for path in place.rglob("*") if path.is_file()))
    if not files:
        raise NoPhotos(f"the folder {place} holds no files")
    for path in files:
        if not _is_readable(path):
            raise NoPhotos(f"cannot read {path}: check its permissions")
    return files


def _is_readable(path: Path) -> bool:
    try:
        with path.open("rb"):
            return True
    except OSError:
        return False


def upload_all(
    s3: "S3Client", *, bucket: str, files: tuple[Path, ...]
) -> Iterator[SubmittedUpload]:
    """Every file as a photo of a driver of its own, so that no photo supersedes another.

    File names stay outside the key: they may not be text at all, and a key holds 1,024 bytes.
    """
    for number, path in enumerate(files, start=1):
        key = f"{INTAKE_PREFIX}demo-{number:05d}/{number:05d}{extension_of(path)}"
        yield upload_one(s3, bucket=bucket, path=path, key=key)


def extension_of(path: Path) -> str:
    """With its dot, where it is a plain one; a name of any other form has none."""
    suffix = path.suffix.lower()
    return suffix if re.fullmatch(r"\.[a-z0-9]{1,5}", suffix) else ""


def upload_one(s3: "S3Client", *, bucket: str, path: Path, key: str) -> SubmittedUpload:
    """Puts one file, and says which photo it is now. Raises: OSError, and botocore's errors."""
    with path.open("rb") as body:
        stored = s3.put_object(Bucket=bucket, Key=key, Body=body)
    return SubmittedUpload(
        path=path,
        key=key,
        uploaded_at=datetime.now(UTC),
        photo_id=photo_id(
            bucket=bucket,
            key=key,
            version_id=stored.get("VersionId"),
            etag=stored["ETag"].strip('"'),
        ),
    )
