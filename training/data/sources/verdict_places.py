"""Readers of verdicts and of the photos that they are about: from a folder, or from S3."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from handlers.domain.ledger.labels import PREFIX, LabelRecord
from handlers.domain.photo.wire_image import MAX_BYTES
from training.data.sources.files import UnusableData

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_GONE = {"NoSuchKey", "NoSuchVersion", "404", "MethodNotAllowed"}  # the last: a delete marker


class PhotoSource(Protocol):
    """A place that holds photos."""

    def read(self, record: LabelRecord) -> bytes | None:
        """Return a photo's bytes; None if it is not there any more. Raises: UnusableData."""


class FolderPhotos:
    """Photos in a folder, by their key, or by their id with any suffix."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._by_id = {path.stem: path for path in sorted(folder.rglob("*")) if path.is_file()}

    def read(self, record: LabelRecord) -> bytes | None:
        """Return a photo's bytes, see `PhotoSource`."""
        path = self._by_id.get(record.photo_id)
        if record.photo is not None:
            by_key = (self._folder / record.photo.key).resolve()
            # The uploader chooses the key: it must not lead out of the folder.
            if by_key.is_relative_to(self._folder) and by_key.is_file():
                path = by_key
        if path is None or path.stat().st_size > MAX_BYTES:
            return None
        return path.read_bytes()


class S3Photos:
    """Photos in their bucket, at the version that the verdict is about."""

    def __init__(self, client: "S3Client") -> None:
        self._client = client

    def read(self, record: LabelRecord) -> bytes | None:
        """Return a photo's bytes, see `PhotoSource`."""
        place = record.photo
        if place is None:
            return None
        version = {"VersionId": place.version_id} if place.version_id else {}
        try:
            response = self._client.get_object(Bucket=place.bucket, Key=place.key, **version)  # type: ignore[arg-type]  # of the optional argument
            return response["Body"].read() if response["ContentLength"] <= MAX_BYTES else None
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                return None
            raise UnusableData(f"cannot read s3://{place.bucket}: {error}") from error
        except BotoCoreError as error:
            raise UnusableData(f"cannot reach s3://{place.bucket}: {error}") from error


def lines_of(place: Path) -> Iterator[str]:
    """Yield the lines of a JSONL file, or of all in a folder. Raises: UnusableData."""
    paths = sorted(place.rglob("*.jsonl")) if place.is_dir() else [place]
    if not paths or not paths[0].is_file():
        raise UnusableData(f"no verdicts under {place}: expected one or more .jsonl files")
    for path in paths:
        yield from path.read_text(encoding="utf-8", errors="replace").splitlines()


def lines_in_bucket(client: "S3Client", bucket: str, prefix: str = PREFIX) -> Iterator[str]:
    """Yield the lines of every object under a prefix. Raises: UnusableData."""
    try:
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        for page in pages:
            for entry in page.get("Contents", []):
                body = client.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
                yield from body.decode(errors="replace").splitlines()
    except (ClientError, BotoCoreError) as error:
        raise UnusableData(f"cannot read verdicts from s3://{bucket}/{prefix}: {error}") from error
