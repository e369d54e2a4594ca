"""A record of Data Capture as SageMaker writes it, for where it does not write any itself."""

import base64
import json
from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime

INPUT, OUTPUT = "Input", "Output"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointCall:
    """A successful invocation of the endpoint."""

    inference_id: str
    request: bytes  # a JPEG
    answer: Mapping[str, object]  # JSON


def capture_line(call: EndpointCall, *, modes: Set[str], at: datetime) -> str:
    """One line of a capture file; the event is named after the photo, which is unique as well."""
    data = {}
    if INPUT in modes:
        encoded = base64.b64encode(call.request).decode()
        data["endpointInput"] = _captured("INPUT", "image/jpeg", encoded, "BASE64")
    if OUTPUT in modes:
        answer = json.dumps(call.answer, separators=(",", ":"))
        data["endpointOutput"] = _captured("OUTPUT", "application/json", answer, "JSON")
    record = {
        "captureData": data,
        "eventMetadata": {
            "eventId": call.inference_id,
            "inferenceId": call.inference_id,
            "inferenceTime": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
        "eventVersion": "0",
    }
    return json.dumps(record, separators=(",", ":"))


def capture_key(call: EndpointCall, *, prefix: str, at: datetime) -> str:
    """By the photo, so that a call made again replaces its record."""
    return f"{prefix}/{at:%Y/%m/%d/%H}/{call.inference_id}.jsonl"


def _captured(mode: str, content_type: str, data: str, encoding: str) -> dict[str, str]:
    return {"observedContentType": content_type, "mode": mode, "data": data, "encoding": encoding}
