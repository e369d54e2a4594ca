"""A label is read as it was written, and refused if it is ambiguous."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from handlers.domain.errors import InvalidRecord
from handlers.domain.ledger.labels import LabelledObject, LabelRecord, labels_of
from handlers.domain.review.row import ReviewRow
from monitoring.report.human_labels import HumanLabel
from tests.handlers.domain.review.test_decisions import ReviewModel
from training.data.sources.verdicts import resolve_verdicts

MINIMAL = {
    "groundTruthData": {"data": "van", "encoding": "CSV"},
    "eventMetadata": {"eventId": "p1"},
    "eventVersion": "0",
}


def a_line(**ours: Any) -> str:
    return json.dumps(MINIMAL | {"scones": ours})


def records_of(model: ReviewModel) -> list[LabelRecord]:
    (row, *_) = model.rows.values()
    labels = labels_of(ReviewRow.from_item(row), since_seq=0)
    return [LabelRecord.from_line(json.dumps(label.line)) for label in labels]


def test_a_written_label_is_read_unchanged() -> None:
    model = ReviewModel()
    model.fill(["in_review", *["no_driver"] * 3])
    model.take(0, "anna")
    model.decide(0, "anna", "motorcycle")
    model.undo(0, "anna")
    verdict, undo = records_of(model)
    row = ReviewRow.from_item(next(iter(model.rows.values())))
    assert verdict.photo == LabelledObject(
        bucket=row.bucket, key=row.key, version_id=row.version_id
    )
    assert (verdict.photo_id, verdict.verdict, verdict.decided_by) == (
        row.photo_id,
        "motorcycle",
        "anna",
    )
    assert (verdict.decision_seq, undo.decision_seq, undo.verdict) == (1, 2, "")
    assert verdict.decided_at is not None
    assert verdict.decided_at.tzinfo is UTC


def test_a_label_of_sagemaker_needs_no_scones_fields() -> None:
    record = LabelRecord.from_line(json.dumps(MINIMAL))
    assert (record.verdict, record.decision_seq, record.decided_at, record.photo) == (
        "van",
        0,
        None,
        None,
    )


def test_a_time_without_an_offset_is_utc() -> None:
    record = LabelRecord.from_line(a_line(decided_at="2026-11-21T12:00:00"))
    assert record.decided_at == datetime(2026, 11, 21, 12, tzinfo=UTC)


MALFORMED = [
    "nonsense",
    "[]",
    "{}",
    '{"a":' * 10_000,
    json.dumps(MINIMAL | {"eventMetadata": {"eventId": "../p1"}}),
    json.dumps(MINIMAL | {"eventMetadata": {"eventId": ["p1"]}}),
    json.dumps(MINIMAL | {"groundTruthData": {"data": ["van"]}}),
    json.dumps(MINIMAL | {"scones": ["retracted"]}),
    a_line(retracted="no"),
    a_line(decision_seq="3"),
    a_line(decision_seq=True),
    a_line(decision_seq=float("inf")),
    a_line(decided_by=7),
    a_line(decided_at="soon"),
    a_line(decided_at="0001-01-01T00:00:00+14:00"),
    a_line(photo={"bucket": "b"}),
]


@pytest.mark.parametrize("line", MALFORMED, ids=range(len(MALFORMED)))
def test_report_and_training_refuse_the_same_lines(line: str) -> None:
    with pytest.raises(InvalidRecord, match="a label is malformed"):
        LabelRecord.from_line(line)
    assert HumanLabel.from_label(line.encode()) is None
    assert resolve_verdicts([line]).malformed == 1
