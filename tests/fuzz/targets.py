"""What is fuzzed, and the inputs that the fuzzer begins with, all made in code."""

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from handlers.domain.decision.policy import Policy
from handlers.domain.decision.prediction import PhotoRef, Prediction
from handlers.domain.errors import SconesError
from handlers.domain.ledger.identity import Sender
from handlers.domain.ledger.labels import LabelRecord
from handlers.domain.ledger.messages import photo_named_in
from handlers.domain.photo.quality import Quality
from handlers.domain.photo.wire_image import Prepared, prepare
from handlers.domain.review.display_image import upright_jpeg
from monitoring.capture.reader import CaptureObject, CaptureReader
from monitoring.capture.times import Span
from tests.conftest import ROOT
from tests.hostile.files import valid_pictures
from tests.monitoring.capture.lines_of import DAY, VEHICLES, a_line, an_answer

_REASONS = {"empty", "not_a_photo", "too_large", "corrupt"}
_PHOTO = {
    "photo_id": "a" * 64,
    "bucket": "intake-bucket",
    "key": "intake/d1/u1.jpg",
    "version_id": "v1",
    "etag": "e1",
    "size_bytes": 5,
    "uploaded_at": "2026-11-22T18:00:00Z",
    "driver_id": "d1",
    "upload_id": "u1",
}
_QUALITY = {
    "width": 640,
    "height": 480,
    "size_bytes": 5,
    "image_format": "JPEG",
    "orientation": 1,
    "brightness": 0.5,
    "contrast": 0.2,
    "sharpness": 3.1,
    "dark_share": 0.01,
    "clipped_share": 0.02,
}
_LABEL = {
    "groundTruthData": {"data": "bicycle", "encoding": "CSV"},
    "eventMetadata": {"eventId": "a" * 64},
    "eventVersion": "0",
    "scones": {
        "decision_seq": 1,
        "decided_by": "rita",
        "decided_at": "2026-11-22T18:05:00.123456+00:00",
        "kind": "verdict",
        "retracted": False,
        "photo": {"bucket": "intake-bucket", "key": "intake/d1/u1.jpg", "version_id": "v1"},
    },
}
_POLICY = {
    "models": {"m1": {"classes": ["bicycle", "motorcycle", "other"], "threshold": 0.97}},
    "order_ranges": {"bicycle": "nearby", "motorcycle": "distant"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One reader of outside data; `run` raises whatever is a fault of the reader."""

    run: Callable[[bytes], None]
    seeds: Callable[[], Iterator[bytes]]
    longest: int  # bytes of an input


def _photo(data: bytes) -> None:
    prepared = prepare(data)
    if isinstance(prepared, Prepared):
        Quality.from_wire(prepared.quality.to_wire()).defects()
        assert isinstance(upright_jpeg(data), bytes)  # reviewers can see it, too
    else:
        assert prepared.reason in _REASONS


def _captures(data: bytes) -> None:
    day = Span(start=datetime(2026, 11, 21, tzinfo=UTC), end=datetime(2026, 11, 22, tzinfo=UTC))
    reader = CaptureReader(day, vehicles=VEHICLES, longest_line=10_000)
    source = CaptureObject(key="k", variant="v", last_modified=DAY + timedelta(hours=1))
    middle = len(data) // 2
    reader.read(source, [data[:middle], data[middle:]])
    summary = reader.summary()
    # Each line is one record, inside or outside the day or a duplicate, or one anomaly.
    assert summary.records <= summary.lines


def _event(data: bytes) -> None:
    """The records between the states, which begin with the event of an upload."""
    wire = _json(data)
    if not isinstance(wire, dict):
        return
    _accept(lambda: PhotoRef.from_wire(wire))
    _accept(lambda: Quality.from_wire(wire))
    _accept(lambda: Prediction.from_wire(wire))


def _message(data: bytes) -> None:
    text = data.decode(errors="replace")
    assert len(photo_named_in(text)) in {0, 64}
    sender = Sender.from_key(text)
    assert sender is None or sender.driver_id


def _label(data: bytes) -> None:
    _accept(lambda: LabelRecord.from_line(data))


def _policy(data: bytes) -> None:
    _accept(lambda: Policy.from_json(data.decode(errors="replace")))


def _accept(read: Callable[[], object]) -> None:
    """Run a reader, which may raise the project's own errors and nothing else."""
    with contextlib.suppress(SconesError):
        read()


def _json(data: bytes) -> Any:  # any JSON value
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _as_json(*values: object) -> Callable[[], Iterator[bytes]]:
    return lambda: (json.dumps(value).encode() for value in values)


def _lines() -> Iterator[bytes]:
    yield b"".join(a_line(number) for number in range(3))
    yield a_line(1, image=60)
    yield a_line(2, answer=[0.1, 0.2, 0.7])


def _event_seeds() -> Iterator[bytes]:
    yield (ROOT / "tests" / "events" / "s3_object_created.json").read_bytes()
    yield from _as_json(_PHOTO, _QUALITY, an_answer())()


TARGETS = {
    "photo": Target(run=_photo, seeds=lambda: iter(valid_pictures().values()), longest=20_000),
    "captures": Target(run=_captures, seeds=_lines, longest=20_000),
    "event": Target(run=_event, seeds=_event_seeds, longest=4_000),
    "message": Target(
        run=_message,
        seeds=_as_json({"photo_id": "a" * 64, "photo": _PHOTO, "reason": "audit"}),
        longest=4_000,
    ),
    "label": Target(run=_label, seeds=_as_json(_LABEL), longest=4_000),
    "policy": Target(run=_policy, seeds=_as_json(_POLICY), longest=4_000),
}
