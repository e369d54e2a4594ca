"""Capture lines as SageMaker writes them, for tests and benchmarks."""

import base64
import hashlib
import json
import re
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import chain
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


def many_lines(numbers: range) -> bytes:
    """Return the lines of `a_line` without images, generated ten times as fast."""
    return b"".join(map(_filled_in, numbers))


_ID, _TIME, _EVENT, _ANSWER = b"<id>", b"<time>", b"<event>", b"<answer>"


@cache
def _form() -> tuple[bytes, ...]:
    record = a_record()
    record["captureData"]["endpointOutput"]["data"] = _ANSWER.decode()
    metadata = {"eventId": _EVENT, "inferenceId": _ID, "inferenceTime": _TIME}
    record["eventMetadata"] = {name: text.decode() for name, text in metadata.items()}
    return tuple(re.split(b"|".join((_ANSWER, _EVENT, _ID, _TIME)), as_line(record)))


def _filled_in(number: int) -> bytes:
    share = number * 7_919 % 9_000
    second = number % 86_400
    answer = (
        b'{\\"probabilities\\": {\\"bicycle\\": 0.%04d, \\"motorcycle\\": 0.%04d,'
        b' \\"other\\": 0.1}, \\"model_version\\": \\"m1\\"}' % (share, 9_000 - share)
    )
    event, identity = b"event-%d" % number, an_id(number).encode()
    time = b"2026-11-21T%02d:%02d:%02dZ" % (second // 3600, second // 60 % 60, second % 60)
    parts = (answer, event, identity, time)
    return b"".join(chain(*zip(_form(), parts, strict=False), _form()[-1:]))
