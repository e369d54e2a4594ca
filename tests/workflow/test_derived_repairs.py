"""`scones reconcile --repair` writes what follows from the ledger: labels and assignments."""

import json
from typing import Any

import boto3
import pytest

from handlers.aws.dynamodb import item_of
from handlers.domain.ledger.labels import labels_of
from handlers.domain.review.row import ReviewRow
from infra.cli import reconciliation
from infra.operations.target import Target
from tests.workflow.faulty_pipeline import REPORTS_BUCKET, FaultyPipeline, open_review
from tests.workflow.operator_commands import (
    EXIT_OK,
    OLDER_THAN_0_MINUTES,
    outputs_of,
    run_command,
    run_json_command,
)

pytestmark = pytest.mark.usefixtures("operated")


def rules_and_actions(report: Any) -> list[tuple[str, str]]:
    return sorted((repair["rule"], repair["action"]) for repair in report["repairs"])


def _assigned(pipeline: FaultyPipeline, key: str, uploaded_at: str) -> str:
    pipeline.upload(key)
    (row,) = (row for row in pipeline.workflow.photos() if row["key"] == key)
    pipeline.overwrite(row["photo_id"], uploaded_at=uploaded_at)
    photo_id: str = row["photo_id"]
    return photo_id


def test_the_newest_assigned_photo_gets_the_missing_assignment(pipeline: FaultyPipeline) -> None:
    _assigned(pipeline, "intake/d1/old.jpg", "2026-11-22T18:00:00Z")
    newest = _assigned(pipeline, "intake/d1/new.jpg", "2026-11-22T18:05:00Z")
    (before,) = pipeline.workflow.assignments()
    pipeline.delete_assignment("d1")
    report = run_json_command("reconcile", *OLDER_THAN_0_MINUTES)
    assert rules_and_actions(report) == [("decision_not_in_force", "put_assignment")]
    assert pipeline.workflow.assignments() == []
    assert run_command("reconcile", "--repair", *OLDER_THAN_0_MINUTES).exit_code == EXIT_OK
    (after,) = pipeline.workflow.assignments()
    assert after["photo_id"] == newest
    names = ("driver_id", "vehicle", "order_range", "decided_by", "model_version", "valid_until")
    assert {name: after[name] for name in names} == {name: before[name] for name in names}
    again = run_json_command("reconcile", "--repair", *OLDER_THAN_0_MINUTES)
    assert (again["clean"], again["repairs"], again["repaired"]) == (True, [], {})
    assert pipeline.workflow.assignments() == [after]


def test_a_repair_never_replaces_the_assignment_of_a_newer_photo(pipeline: FaultyPipeline) -> None:
    older = _assigned(pipeline, "intake/d1/old.jpg", "2026-11-22T18:00:00Z")
    derived = pipeline.executor().derived
    assert derived is not None
    (before,) = pipeline.workflow.assignments()
    assert not derived.restore_assignment(older, "2026-11-22T19:00:00.000Z")
    pipeline.delete_assignment("d1")
    pipeline.overwrite(older, status="rejected")
    assert not derived.restore_assignment(older, "2026-11-22T19:00:00.000Z")
    assert before not in pipeline.workflow.assignments()


def test_missing_labels_are_written_as_the_stream_writes_them(
    pipeline: FaultyPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs = {**outputs_of(pipeline.workflow), "LabelsBucket": REPORTS_BUCKET}
    system = Target(session=boto3.Session(), outputs=outputs, stage="test")
    monkeypatch.setattr(reconciliation, "target", lambda _stack: system)
    photo = open_review(pipeline, "intake/d1/r.jpg")
    _decide(pipeline, photo)
    report = run_json_command("reconcile", *OLDER_THAN_0_MINUTES)
    assert rules_and_actions(report) == [("label_missing", "write_labels")]
    assert run_command("reconcile", "--repair", *OLDER_THAN_0_MINUTES).exit_code == EXIT_OK
    row = ReviewRow.from_item(pipeline.photo(photo))
    assert _stored_labels() == {label.key: label.line for label in labels_of(row, since_seq=0)}
    again = run_json_command("reconcile", "--repair", *OLDER_THAN_0_MINUTES)
    assert (again["clean"], again["repairs"]) == (True, [])


def _decide(pipeline: FaultyPipeline, photo: str) -> None:
    """Write a contest without a label, and a verdict whose label is lost."""
    after = {"status": "rejected", "review": "done", "reason": "retake", "message": "Again."}
    decision = {
        "kind": "verdict",
        "verdict": "unusable",
        "before": {"status": "in_review", "review": "open"},
        "decided_by": "rita",
        "decided_at": "2026-11-22T18:30:00.000Z",
        "reason": "no_vehicle",
        "after": after,
    }
    item = {
        **pipeline.photo(photo),
        **after,
        "decided_by": "rita",
        "decision_seq": 2,
        "decisions": [
            decision | {"seq": 1, "kind": "contest", "verdict": ""},
            decision | {"seq": 2},
        ],
    }
    boto3.client("dynamodb").put_item(TableName="photos", Item=item_of(item))


def _stored_labels() -> dict[str, Any]:
    s3 = boto3.client("s3")
    listed = s3.list_objects_v2(Bucket=REPORTS_BUCKET, Prefix="labels/").get("Contents", [])
    return {
        stored["Key"]: json.loads(
            s3.get_object(Bucket=REPORTS_BUCKET, Key=stored["Key"])["Body"].read()
        )
        for stored in listed
    }
