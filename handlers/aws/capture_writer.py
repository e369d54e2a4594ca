"""Writes capture records, in stages where the endpoint's Data Capture is switched off."""

from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from handlers.domain.capture_record import EndpointCall, capture_key, capture_line
from handlers.domain.errors import SconesError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class CapturesUnavailable(SconesError):
    """A record could not be written; the photo is processed without it."""


class CaptureWriter:
    """Writes the captures of one endpoint; `prefix` includes its variant."""

    def __init__(self, s3: "S3Client", *, bucket: str, prefix: str, modes: frozenset[str]) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._prefix = prefix
        self._modes = modes

    def write(self, call: EndpointCall, *, at: datetime) -> None:
        """Write the record of one call, made at `at`, under a key of its own.

        Raises: CapturesUnavailable.
        """
        line = capture_line(call, modes=self._modes, at=at)
        try:
            self._s3.put_object(
                Bucket=self._bucket,
                Key=capture_key(call, prefix=self._prefix, at=at),
                Body=f"{line}\n".encode(),
                ContentType="application/x-jsonlines",
            )
        except (BotoCoreError, ClientError) as error:
            raise CapturesUnavailable(str(error)) from error
