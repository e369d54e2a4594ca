"""Malformed rows, labels, history and baselines are named or counted, and stop no report."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from monitoring.report import QueueFigures, ReportInputs
from monitoring.report import handler as reporter
from monitoring.report.inputs import gather
from monitoring.report.windows import day, moment
from tests.monitoring.conftest import AS_OF, DAY, EVENT, Stage

WINDOW = day(date(2026, 11, 21), time_zone="UTC")
DEEP = b"[" * 30_000

MALFORMED_ROWS: list[dict[str, Any]] = [
    {"attempt": "many"},
    {"attempt": None},
    {"bucket": Decimal(7)},
    {"classification": "x"},
    {"classification": []},
    {"classification": {"probabilities": ["car"]}},
    {"classification": {"probabilities": {"car": "0.5"}}},
    {"classification": {"probabilities": {"car": Decimal(7)}}},
    {"classification": {"confidence": "NaN"}},
    {"classification": {"threshold": "Infinity"}},
    {"classification": {"vehicle": {"a": "b"}}},
    {"decisions": "none"},
    {"decisions": ["van"]},
    {"key": Decimal(7)},
    {"model_version": Decimal(3)},
    {"quality": ["a"]},
    {"quality": {"brightness": "dark"}},
    {"quality": {"brightness": "nan"}},
    {"quality": {"brightness": {"a": Decimal(1)}}},
    {"quality": {"image_format": [Decimal(1)]}},
    {"reason": {"a": "b"}},
    {"received_at": "soon"},
    {"review_reason": {"a": "b"}},
    {"status": None},
    {"uploaded_at": "0001-01-01T00:00:00+14:00"},
]
MALFORMED_LABELS = [
    b"\xff\xfe",
    DEEP,
    b'{"a":' * 10_000,
    b'{"eventMetadata": {"eventId": ["x"]}, "groundTruthData": {"data": "van"}}',
    b'{"eventMetadata": {"eventId": "x"}, "groundTruthData": {"data": ["van"]}}',
]
MALFORMED_DECISIONS: list[dict[str, Any]] = [
    {"decision_seq": float("inf")},
    {"decision_seq": "many"},
    {"decided_at": "soon"},
    {"decided_at": "0001-01-01T00:00:00+14:00"},
    {"decided_by": {"a": "b"}},
]


def inputs_of(_stage: Stage, **changes: Any) -> ReportInputs:
    """Return the inputs of the function's report of the day, after the stage is set up."""
    asked = {"as_of": moment(AS_OF), "queues": QueueFigures(), **changes}
    return gather(reporter._dependencies().sources, WINDOW, **asked)


def a_label(photo: str, **ours: Any) -> bytes:
    label = {
        "groundTruthData": {"data": "van", "encoding": "CSV"},
        "eventMetadata": {"eventId": photo},
        "scones": ours,
    }
    return json.dumps(label).encode()


def test_malformed_rows_are_named(stage: Stage) -> None:
    good = stage.photo(0)
    bad = [stage.photo(number, **changes) for number, changes in enumerate(MALFORMED_ROWS, start=1)]
    report_inputs = inputs_of(stage)
    assert [photo.photo_id for photo in report_inputs.photos] == [good]
    assert sorted(report_inputs.unreadable_rows) == sorted(bad)
    stage.call(EVENT)
    assert stage.document()["conservation"]["received"] == 1


def test_malformed_rows_of_other_days_are_not_named(stage: Stage) -> None:
    for days in (-1, 1):
        stage.photo(days, at=DAY + timedelta(days=days), attempt="many")
    assert inputs_of(stage).unreadable_rows == ()


def test_a_null_attribute_counts_as_absent(stage: Stage) -> None:
    stage.photo(1, model_version=None, reason=None, decisions=None, quality={"brightness": None})
    (photo,) = inputs_of(stage).photos
    assert (photo.model_version, photo.reason, photo.quality) == ("", "", {})


def test_a_time_without_an_offset_is_utc_in_ledger_and_labels(stage: Stage) -> None:
    decision = {"seq": 1, "verdict": "van", "decided_by": "r", "decided_at": "2026-11-21T12:00:00"}
    ledger = stage.photo(1, received_at="2026-11-21T08:00:00", decisions=[decision])
    bucket = stage.photo(2)
    stage.label(bucket, a_label(bucket, decision_seq=1, decided_at="2026-11-21T12:00:00"))
    by_id = {photo.photo_id: photo for photo in inputs_of(stage).photos}
    assert by_id[ledger].received_at == DAY + timedelta(hours=8)
    noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
    assert [by_id[photo].decided_at for photo in (ledger, bucket)] == [noon, noon]


def test_malformed_labels_are_counted(stage: Stage) -> None:
    photo = stage.photo(1)
    labels = [*MALFORMED_LABELS, *(a_label(photo, **ours) for ours in MALFORMED_DECISIONS)]
    for number, content in enumerate(labels):
        stage.label(f"other-{number}", content)
    stage.label(photo, a_label(photo, decision_seq=1))
    report_inputs = inputs_of(stage)
    assert report_inputs.unreadable_labels == len(labels)
    assert report_inputs.photos[0].verdict == "van"


@pytest.mark.parametrize("content", [b"junk", b"{}", b"", DEEP, b'{"n": Infinity}'])
def test_malformed_history_is_left_out(stage: Stage, content: bytes) -> None:
    row = {"start": "2026-11-18T00:00:00Z", "end": "2026-11-19T00:00:00Z", "verdict": "OK"}
    whole = {**row, "n": 7, "watched": {}, "figures": {}}
    lines = [whole, whole | {"figures": {"x": float("nan")}}, whole | {"start": "once"}]
    for number, line in enumerate(lines):
        end = f"2026111{9 - number}T000000Z"
        stage.put(f"history/test/{end}-20261118T000000Z.json", json.dumps(line).encode())
    stage.put("history/test/20261120T000000Z-20261119T000000Z.json", content)
    assert [row.n for row in inputs_of(stage).history] == [7]


@pytest.mark.parametrize(
    "content",
    [
        *(b"junk", b"[]", b"null", DEEP, b'{"reviews_open": "many"}', b'{"reviews_open": 1e400}'),
        *(b'{"oldest_review_s": NaN}', b'{"dead_letters": -1}', b'{"dead_letters": 1.5}'),
    ],
)
def test_malformed_figures_of_queues_count_as_not_measured(stage: Stage, content: bytes) -> None:
    stage.put("queues/test/20261122T051500Z.json", content)
    stage.call(EVENT)
    assert stage.document()["queues"]["reviews_open"] is None


@pytest.mark.parametrize("content", [b"junk", b"[]", b"{}", DEEP])
def test_a_malformed_baseline_is_ignored(stage: Stage, content: bytes) -> None:
    stage.photo(1)
    stage.put("baselines/m1.json", content)
    assert "m1" not in inputs_of(stage).baselines
