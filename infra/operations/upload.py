"""Upload photos into the intake bucket, with keys as the drivers' app makes them."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from handlers.domain.ledger.identity import INTAKE_PREFIX, Sender, photo_id
from infra.operations.errors import InvalidDriver, NoPhotos

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from mypy_boto3_s3 import S3Client

    from infra.operations.target import Target

_MAX_KEY_BYTES = 1_024  # S3's limit


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedUpload:
    """One uploaded file, and the photo that it became."""

    path: Path
    photo_id: str
    key: str
    uploaded_at: datetime


def files_in(place: Path) -> tuple[Path, ...]:
    """Return the file itself, or every file below a folder, in a stable order.

    Raises: NoPhotos.
    """
    if not place.exists():
        raise NoPhotos(f"there is no file or folder {place}")
    if place.is_file():
        return (place,)
    files = tuple(sorted(path for path in place.rglob("*") if path.is_file()))
    if not files:
        raise NoPhotos(f"the folder {place} contains no files")
    for path in files:
        if not _is_readable(path):
            raise NoPhotos(f"cannot read {path}: check its permissions")
    return files


def submit(target: Target, files: Iterable[Path], *, driver_id: str) -> tuple[SubmittedUpload, ...]:
    """Upload photos of one driver; nothing is uploaded if one file or the driver id is refused.

    Raises: NoPhotos, InvalidDriver, OSError, and botocore's errors.
    """
    keyed = [(file, _key_of_new_upload(driver_id, file)) for file in files]
    s3, bucket = target.session.client("s3"), target.output("IntakeBucket")
    return tuple(upload_one(s3, bucket=bucket, path=file, key=key) for file, key in keyed)


def upload_all(target: Target, files: Iterable[Path]) -> Iterator[SubmittedUpload]:
    """Upload each file as the photo of a separate driver, so that no photo supersedes another.

    File names are not part of the key: a name need not be valid text, and S3 limits a key to 1,024
    bytes.
    """
    s3, bucket = target.session.client("s3"), target.output("IntakeBucket")
    for number, path in enumerate(files, start=1):
        key = key_of(f"demo-{number:05d}", f"{number:05d}", path)
        yield upload_one(s3, bucket=bucket, path=path, key=key)


def upload_one(s3: S3Client, *, bucket: str, path: Path, key: str) -> SubmittedUpload:
    """Upload one file and return the id of its photo. Raises: OSError, and botocore's errors."""
    with path.open("rb") as body:
        response = s3.put_object(Bucket=bucket, Key=key, Body=body)
    return SubmittedUpload(
        path=path,
        key=key,
        uploaded_at=datetime.now(UTC),
        photo_id=photo_id(
            bucket=bucket,
            key=key,
            version_id=response.get("VersionId"),
            etag=response["ETag"].strip('"'),
        ),
    )


def new_upload_id(now: datetime) -> str:
    """Return a unique id that sorts by time and shows it: `20261121T080000000-1f2e3d4c`."""
    return f"{now:%Y%m%dT%H%M%S}{now.microsecond // 1000:03d}-{secrets.token_hex(4)}"


def key_of(driver_id: str, upload_id: str, file: Path) -> str:
    """Return `intake/<driver>/<upload>.<extension of the file>`, the driver in lower case.

    So the photos of `Anna` and `anna` are one driver's, as their sign-in is.

    Raises: InvalidDriver.
    """
    if not driver_id.isprintable():
        raise InvalidDriver(
            f"{driver_id!r} cannot be a driver id: it contains a character that cannot be shown"
        )
    driver_id = driver_id.lower()
    key = f"{INTAKE_PREFIX}{driver_id}/{upload_id}{_extension_of(file)}"
    sender = Sender.from_key(key)
    if sender is None or sender.driver_id != driver_id:
        raise InvalidDriver(
            f"{driver_id!r} cannot be a driver id: it must not contain a slash or start with a dot"
        )
    try:
        length = len(key.encode())
    except UnicodeEncodeError as error:
        raise InvalidDriver(f"{driver_id!r} cannot be a driver id: it is not text") from error
    if length > _MAX_KEY_BYTES:
        raise InvalidDriver(f"a driver id of {len(driver_id)} characters is too long")
    return key


def _key_of_new_upload(driver_id: str, file: Path) -> str:
    try:
        with file.open("rb"):
            return key_of(driver_id, new_upload_id(datetime.now(UTC)), file)
    except OSError as error:
        raise NoPhotos(f"cannot read {file}: {error.strerror}") from error


def _extension_of(path: Path) -> str:
    """Return the extension with its dot; empty if it is not one to five ASCII letters or digits."""
    suffix = path.suffix.lower()
    return suffix if re.fullmatch(r"\.[a-z0-9]{1,5}", suffix) else ""


def _is_readable(path: Path) -> bool:
    try:
        with path.open("rb"):
            return True
    except OSError:
        return False
