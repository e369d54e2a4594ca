"""The line format of SageMaker Data Capture, for stages where SageMaker does not write it.

Classify writes it where Data Capture is switched off; the local stand-in writes it on a laptop.
"""

import base64
import contextlib
import json
from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Self

INPUT, OUTPUT = "Input", "Output"
BASE64 = "BASE64"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointCall:
    """A successful invocation of the endpoint."""

    inference_id: str
    request: bytes  # the wire image, JPEG
    answer: Mapping[str, object]  # the endpoint's answer, JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturedPayload:
    """The body of a request or response, as a record contains it."""

    content_type: str
    data: str
    encoding: str  # JSON | CSV | BASE64

    @classmethod
    def of(cls, body: bytes, *, content_type: str, encoding: str) -> Self:
        """Encode a body; bytes that are not UTF-8 become base64, whatever `encoding` is."""
        if encoding != BASE64:
            with contextlib.suppress(UnicodeDecodeError):
                return cls(content_type=content_type, data=body.decode(), encoding=encoding)
        text = base64.b64encode(body).decode()
        return cls(content_type=content_type, data=text, encoding=BASE64)


def record_line(
    *,
    event_id: str,
    at: datetime,
    request: CapturedPayload | None,
    response: CapturedPayload | None,
    inference_id: str | None = None,
    custom_attributes: str | None = None,
) -> str:
    """Return one line of a capture file, without its line break; None is left out of it.

    The order of the fields is SageMaker's.
    """
    data = {}
    if request is not None:
        data["endpointInput"] = _to_wire(request, "INPUT")
    if response is not None:
        data["endpointOutput"] = _to_wire(response, "OUTPUT")
    metadata: dict[str, object] = {"eventId": event_id}
    if custom_attributes is not None:
        metadata["customAttributes"] = [custom_attributes]
    if inference_id is not None:
        metadata["inferenceId"] = inference_id
    metadata["inferenceTime"] = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    record = {"captureData": data, "eventMetadata": metadata, "eventVersion": "0"}
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


def capture_line(call: EndpointCall, *, modes: Set[str], at: datetime) -> str:
    """Return the record of one call; the photo's id is unique, so it is the event's id as well."""
    request = CapturedPayload.of(call.request, content_type="image/jpeg", encoding=BASE64)
    answer = json.dumps(call.answer, separators=(",", ":"))
    response = CapturedPayload(content_type="application/json", data=answer, encoding="JSON")
    return record_line(
        event_id=call.inference_id,
        at=at,
        request=request if INPUT in modes else None,
        response=response if OUTPUT in modes else None,
        inference_id=call.inference_id,
    )


def capture_key(call: EndpointCall, *, prefix: str, at: datetime) -> str:
    """Return the key of a call's record: by photo id, so a repeated call replaces the record."""
    return f"{prefix}/{at:%Y/%m/%d/%H}/{call.inference_id}.jsonl"


def _to_wire(payload: CapturedPayload, mode: str) -> dict[str, str]:
    return {
        "observedContentType": payload.content_type,
        "mode": mode,
        "data": payload.data,
        "encoding": payload.encoding,
    }
