"""Data Capture as SageMaker configures it: what is captured, in which encoding, under which key.

Pure functions; `capture_files` writes the files and `monitoring.capture` reads them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from handlers.domain import capture_record
from handlers.domain.capture_record import BASE64, INPUT, OUTPUT, CapturedPayload
from infra.local.errors import StageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

MODES = frozenset({INPUT, OUTPUT})


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureSettings:
    """The part of an endpoint configuration's DataCaptureConfig that decides what is written.

    Raises:
        StageError: SageMaker would refuse the values.
    """

    destination: str  # s3://bucket/prefix
    sampling_percentage: int = 100
    modes: frozenset[str] = MODES
    json_content_types: tuple[str, ...] = ()
    csv_content_types: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.sampling_percentage <= 100:
            raise StageError(f"Sampling of {self.sampling_percentage} % is not within 0 to 100.")
        if not self.modes <= MODES:
            raise StageError(f"Capture modes are Input and Output, not {sorted(self.modes)}.")
        url = urlsplit(self.destination)
        if url.scheme != "s3" or not url.netloc:
            raise StageError(f"Data Capture cannot write to {self.destination!r}; use s3://bucket.")

    @property
    def bucket(self) -> str:
        """The bucket of the destination."""
        return urlsplit(self.destination).netloc

    @property
    def prefix(self) -> str:
        """The key prefix of the destination, without slashes around it."""
        return urlsplit(self.destination).path.strip("/")

    def encoding_of(self, content_type: str) -> str:
        """Return JSON or CSV for the configured content types, and BASE64 for all others."""
        media_type = content_type.partition(";")[0].strip().lower()
        if media_type in self.json_content_types:
            return "JSON"
        return "CSV" if media_type in self.csv_content_types else BASE64


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """The request or the response of an invocation."""

    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """A successful invocation, with the identifiers that its caller sent."""

    event_id: str
    at: datetime  # UTC
    request: Payload
    response: Payload
    inference_id: str | None
    custom_attributes: str | None


def record_line(invocation: Invocation, settings: CaptureSettings) -> str:
    """Return one line of a capture file, without its line break."""
    return capture_record.record_line(
        event_id=invocation.event_id,
        at=invocation.at,
        request=_captured(invocation.request, settings) if INPUT in settings.modes else None,
        response=_captured(invocation.response, settings) if OUTPUT in settings.modes else None,
        inference_id=invocation.inference_id,
        custom_attributes=invocation.custom_attributes,
    )


def _captured(payload: Payload, settings: CaptureSettings) -> CapturedPayload:
    content_type = payload.content_type
    return CapturedPayload.of(
        payload.body, content_type=content_type, encoding=settings.encoding_of(content_type)
    )


def file_key(*, prefix: str, endpoint: str, variant: str, at: datetime, file_id: str) -> str:
    """Return the key of a capture file whose first invocation was at that time (UTC)."""
    folder = at.strftime("%Y/%m/%d/%H")
    name = f"{at:%M-%S}-{at.microsecond // 1000:03d}-{file_id}.jsonl"
    segments: Sequence[str] = (prefix, endpoint, variant, folder, name)
    return "/".join(segment for segment in segments if segment)
