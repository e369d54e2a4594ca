"""Capture lines as SageMaker writes them, for tests and the bench."""

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

DAY = datetime(2026, 11, 21, tzinfo=UTC)
CLASSES = ("bicycle", "motorcycle", "other")
VEHICLES = CLASSES[:2]


def an_id(number: int) -> str:
    return hashlib.sha256(b"%d" % number).hexdigest()


def an_answer(number: int = 0, **changed: Any) -> dict[str, Any]:
    share = number * 7_919 % 9_000 / 10_000
    probabilities = dict(zip(CLASSES, (share, round(0.9 - share, 4), 0.1), strict=True))
    return {"probabilities": probabilities, "model_version": "m1", **changed}


def a_record(number: int = 0, *, image: int = 0, answer: Any = None) -> dict[str, Any]:
    at = DAY + timedelta(seconds=number % 86_400)
    data: dict[str, Any] = {}
    if image:
        data["endpointInput"] = {
            "observedContentType": "image/jpeg",
            "mode": "INPUT",
            "data": base64.b64encode(bytes(image)).decode(),
            "encoding": "BASE64",
        }
    data["endpointOutput"] = {
        "observedContentType": "application/json",
        "mode": "OUTPUT",
        "data": json.dumps(an_answer(number) if answer is None else answer),
        "encoding": "JSON",
    }
    metadata = {
        "eventId": f"event-{number}",
        "inferenceId": an_id(number),
        "inferenceTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
    }
    return {"captureData": data, "eventMetadata": metadata, "eventVersion": "0"}


def as_line(record: Any) -> bytes:
    return json.dumps(record, separators=(",", ":")).encode() + b"\n"


def a_line(number: int = 0, *, image: int = 0, answer: Any = None) -> bytes:
    return as_line(a_record(number, image=image, answer=answer))
