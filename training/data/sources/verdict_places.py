"""Where verdicts and the photos that they are about are read: a folder, or S3."""

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
    """Where photos are kept."""

    def read(self, record: LabelRecord) -> bytes | None:
        """A photo's bytes; None where it is gone. Raises: UnusableData."""


class FolderPhotos:
    """Photos in a folder: by their key, or named after their id, whatever the ending."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._by_id = {path.stem: path for path in sorted(folder.rglob("*")) if path.is_file()}

    def read(self, record: LabelRecord) -> bytes | None:
        """See `PhotoSource`."""
        path = self._by_id.get(record.photo_id)
        if record.photo is not None:
            by_key = (self._folder / record.photo.key).resolve()
            # A key comes from whoever uploaded: it must not lead out of the folder.
            if by_key.is_relative_to(self._folder) and by_key.is_file():
                path = by_key
        if path is None or path.stat().st_size > MAX_BYTES:
            return None
        return path.read_bytes()


class S3Photos:
    """Photos in their bucket, at the very version that the verdict is about."""

    def __init__(self, client: "S3Client") -> None:
        self._client = client

    def read(self, record: LabelRecord) -> bytes | None:
        """See `PhotoSource`."""
        place = record.photo
        if place is None:
            return None
        version = {"VersionId": place.version_id} if place.version_id else {}
        try:
            answer = self._client.get_object(Bucket=place.bucket, Key=place.key, **version)  # type: ignore[arg-type]  # of the optional argument
            return answer["Body"].read() if answer["ContentLength"] <= MAX_BYTES else None
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                return None
            raise UnusableData(f"S3 does not give s3://{place.bucket}: {error}") from error
        except BotoCoreError as error:
            raise UnusableData(f"S3 does not answer for s3://{place.bucket}: {error}") from error


def lines_of(place: Path) -> Iterator[str]:
    """Lines of a JSONL file, or of all in a folder. Raises: UnusableData."""
    paths = sorted(place.rglob("*.jsonl")) if place.is_dir() else [place]
    if not paths or not paths[0].is_file():
        raise UnusableData(f"no verdicts under {place}: expected one or more .jsonl files")
    for path in paths:
        yield from path.read_text(encoding="utf-8", errors="replace").splitlines()


def lines_in_bucket(client: "S3Client", bucket: str, prefix: str = PREFIX) -> Iterator[str]:
    """Lines of every object under a prefix. Raises: UnusableData."""
    try:
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        for page in pages:
            for entry in page.get("Contents", []):
                body = client.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
                yield from body.decode(errors="replace").splitlines()
    except (ClientError, BotoCoreError) as error:
        raise UnusableData(f"no verdicts from s3://{bucket}/{prefix}: {error}") from error
