"""The report's function reads captures: of all variants, late ones, deleted and archived ones."""

import base64
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from handlers.aws.bucket import Bucket
from monitoring.report import capture_source
from tests.monitoring.conftest import AS_OF, DAY, EVENT, PREFIX, Stage
from tests.monitoring.report.test_damaged import inputs_of

FOLDER = f"{PREFIX}/AllTraffic/2026/11/21/08"
EIGHT = DAY + timedelta(hours=8)


def a_bare_answer(photo: str, data: str, encoding: str) -> bytes:
    output = {"observedContentType": "x", "mode": "OUTPUT", "data": data, "encoding": encoding}
    metadata = {"eventId": "e", "inferenceId": photo, "inferenceTime": "2026-11-21T08:44:11Z"}
    record = {"captureData": {"endpointOutput": output}, "eventMetadata": metadata}
    return json.dumps(record).encode() + b"\n"


def test_answers_without_class_names_are_read_in_the_models_order(stage: Stage) -> None:
    in_base64 = base64.b64encode(b"0.822,0.178").decode()
    answers = [("[0.822,0.178]", "JSON"), ("0.822,0.178", "CSV"), (in_base64, "BASE64")]
    lines = [a_bare_answer(stage.photo(i), *answer) for i, answer in enumerate(answers)]
    stage.capture_file(f"{FOLDER}/bare.jsonl", b"".join(lines), written=EIGHT)
    stage.call(EVENT)
    assert stage.document()["capture"]["anomalies"] == {"no_class_names": 3}
    stage.set(model_classes="van,car")
    stage.call(EVENT)
    capture = stage.document()["capture"]
    assert capture["anomalies"] == {}
    assert capture["models"][""]["predicted"] == {"van": 3, "car": 0}


def test_variants_are_counted_separately_and_read_together(stage: Stage) -> None:
    for number in range(5):
        stage.capture(stage.photo(number), variant="canary" if number < 2 else "AllTraffic")
    capture = inputs_of(stage).capture
    assert capture is not None
    assert capture.variants == {"AllTraffic": 3, "canary": 2}
    assert (capture.records, capture.completeness) == (5, 1.0)


def test_a_file_that_the_first_report_cannot_have_read_is_late(stage: Stage) -> None:
    first, second = stage.photo(1), stage.photo(2)
    stage.capture(first)
    stage.call(EVENT)
    assert stage.document()["capture"]["late_objects"] == 0
    two_days_on = datetime(2026, 11, 23, 12, tzinfo=UTC)
    stage.capture(second, written=two_days_on)
    later = {**EVENT, "as_of": "2026-11-24T05:15:00Z"}
    for event in (EVENT, later, EVENT):
        stage.call(event)
        capture = stage.document()["capture"]
        assert (capture["records"], capture["late_objects"], capture["late_records"]) == (2, 1, 1)


def test_a_file_written_before_the_first_report_is_not_late(stage: Stage) -> None:
    """Files are closed an hour after they were opened, those of the next hour as well."""
    stage.capture(stage.photo(1), written=DAY + timedelta(days=1, hours=4))
    next_hour = f"{PREFIX}/AllTraffic/2026/11/22/00/x.jsonl"
    line = a_bare_answer("other", "{}", "JSON").replace(b"11-21T08", b"11-22T00")
    stage.capture_file(next_hour, line, written=DAY + timedelta(days=2))
    for as_of in ("2026-11-22T00:00:00Z", AS_OF, "2026-11-25T00:00:00Z"):
        stage.call({**EVENT, "as_of": as_of})
    capture = stage.document()["capture"]
    assert (capture["late_objects"], capture["objects"], capture["lines"]) == (1, 1, 1)


def test_a_report_of_half_a_day_does_not_make_the_rest_late(stage: Stage) -> None:
    stage.capture(stage.photo(1), written=DAY + timedelta(hours=20))
    stage.call({**EVENT, "as_of": "2026-11-21T12:00:00Z"})
    stage.call(EVENT)
    assert stage.document()["capture"]["late_objects"] == 0


def test_deleted_captures_leave_the_report_that_has_read_them(stage: Stage) -> None:
    stage.capture(stage.photo(1))
    stage.call(EVENT)
    before = stage.files()
    stage.set(capture_retention_days="0.5")
    answer = stage.call({**EVENT, "as_of": "2026-11-26T05:15:00Z"})
    assert "verdict" not in answer
    assert "deleted" in answer["kept"]
    assert stage.files() == before


def test_a_first_report_is_made_without_deleted_captures(stage: Stage) -> None:
    stage.photo(1)
    stage.set(capture_retention_days="0.5")
    answer = stage.call(EVENT)
    assert "kept" not in answer
    assert stage.document()["capture"] is None
    report_inputs = inputs_of(stage, captures_expired=True)
    assert (report_inputs.capture, report_inputs.capture_expired) == (None, True)


def test_the_sampling_share_is_the_endpoints_setting(stage: Stage) -> None:
    stage.set(capture_sampling_percentage="20")
    assert inputs_of(stage).settings.capture_sampling_share == 0.2


def test_an_archived_object_is_counted_and_the_others_are_read(stage: Stage) -> None:
    stage.capture(stage.photo(1))
    archived = f"{FOLDER}/a.jsonl"
    stage.capture_file(archived, b"{}\n", written=EIGHT, StorageClass="GLACIER")
    capture = inputs_of(stage).capture
    assert capture is not None
    assert (capture.unreadable_objects, capture.records) == (1, 1)


def test_a_line_that_nests_too_deep_does_not_stop_the_scheduled_report(stage: Stage) -> None:
    stage.capture(stage.photo(1))
    stage.capture_file(f"{FOLDER}/deep.jsonl", b"[" * 2_000 + b"\n", written=EIGHT)
    stage.call({"scheduled_at": AS_OF})
    assert stage.document()["capture"]["anomalies"] == {"not_json": 1}
    assert len(stage.emails()) == 1


def test_reading_ahead_is_bounded_and_counts_in_order(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first of two records of a photo counts, whatever the order of the threads."""
    photo = stage.photo(1)
    for number in range(60):
        model = json.dumps({"probabilities": {"car": 1.0}, "model_version": f"m{number % 7}"})
        line = a_bare_answer(photo, model, "JSON")
        stage.capture_file(f"{FOLDER}/{number:02}.jsonl", line, written=EIGHT)
    started: list[str] = []
    read: list[int] = []
    chunks = Bucket.chunks

    def noted(self: Bucket, key: str) -> Iterator[bytes]:
        started.append(key)
        return chunks(self, key)

    def counted(*arguments: Any) -> None:
        read.append(len(started) - len(read))
        captures_read(*arguments)

    captures_read = capture_source._read
    monkeypatch.setattr(Bucket, "chunks", noted)
    monkeypatch.setattr(capture_source, "_read", counted)
    capture = inputs_of(stage).capture
    assert capture is not None
    assert (capture.objects, capture.records, capture.duplicates) == (60, 1, 59)
    assert [name for name, scores in capture.scores.items() if scores.n] == ["m0"]
    assert max(read) <= capture_source._AHEAD + 1


def test_a_large_object_is_streamed(stage: Stage) -> None:
    line = a_bare_answer(stage.photo(1), "{}", "JSON")
    padded = b" " * (3 << 20) + b"\n" + line
    stage.capture_file(f"{FOLDER}/large.jsonl", padded, written=EIGHT)
    capture = inputs_of(stage).capture
    assert capture is not None
    assert capture.records == 1


def test_two_runs_at_once_write_what_one_writes(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S3 takes each object as a whole; moto takes two of one key apart, unless one waits."""
    alone = threading.Lock()

    def one_at_a_time(write: Callable[..., None]) -> Callable[..., None]:
        def waiting(*arguments: Any, **named: Any) -> None:
            with alone:
                write(*arguments, **named)

        return waiting

    for name in ("write", "write_once"):
        monkeypatch.setattr(Bucket, name, one_at_a_time(getattr(Bucket, name)))
    for number in range(20):
        stage.capture(stage.photo(number))
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(stage.call, [EVENT] * 4))
    assert answers == [answers[0]] * 4
    together = stage.files()
    stage.call(EVENT)
    assert stage.files() == together
