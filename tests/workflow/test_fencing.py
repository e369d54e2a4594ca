"""The workflow is idempotent: duplicates, takeovers, lost replies, slow old runs, late photos."""

from decimal import Decimal
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.dynamodb.exceptions import TransactionCanceledException
from moto.dynamodb.models import DynamoDBBackend

from tests.workflow.harness import WorkflowHarness, a_decision, a_prepared_photo, an_event


def _photos_table() -> Any:  # the stubs name a resource type per table
    return boto3.resource("dynamodb").Table("photos")


def test_a_duplicate_event_ends_quietly_and_changes_nothing(workflow: WorkflowHarness) -> None:
    workflow.run(an_event())
    before = (workflow.photos(), workflow.assignments())
    duplicate = workflow.run(an_event())
    assert duplicate.status == "SUCCEEDED"
    assert duplicate.states[-1] == "Duplicate"
    assert (workflow.photos(), workflow.assignments()) == before
    assert [function for function, _ in workflow.calls] == ["serialize", "classify", "filter"]


def test_the_same_key_with_new_bytes_is_a_new_photo(workflow: WorkflowHarness) -> None:
    workflow.run(an_event(version_id="v1"))
    workflow.run(an_event(version_id="v2"))
    assert len(workflow.photos()) == 2


def test_a_claim_whose_reply_was_lost_is_claimed_again_by_the_same_run(
    workflow: WorkflowHarness,
) -> None:
    """The row already carries this execution: the retried write must succeed."""
    workflow.run(an_event(), name="first")
    row = workflow.photo()
    execution = row["execution_arn"].replace("first", "second")
    _photos_table().update_item(
        Key={"photo_id": row["photo_id"]},
        UpdateExpression="SET execution_arn = :e, #s = :r",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":e": execution, ":r": "received"},
    )
    again = workflow.run(an_event(), name="second")
    assert "Duplicate" not in again.states
    assert workflow.photo()["status"] == "assigned"


def _requeue(workflow: WorkflowHarness, *, attempt: int) -> None:
    _photos_table().update_item(
        Key={"photo_id": workflow.photo()["photo_id"]},
        UpdateExpression="SET attempt = :a, #s = :q",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":a": attempt, ":q": "requeued"},
    )


def test_a_takeover_with_its_attempt_claims_the_photo(workflow: WorkflowHarness) -> None:
    workflow.run(an_event())
    received_at = workflow.photo()["received_at"]
    _requeue(workflow, attempt=2)
    workflow.run(an_event(attempt=2))
    row = workflow.photo()
    assert (row["status"], row["attempt"]) == ("assigned", Decimal(2))
    assert row["received_at"] == received_at
    assert row["claimed_at"] > received_at


@pytest.mark.parametrize("event", [an_event(), an_event(attempt=3)])
def test_only_the_named_attempt_can_take_over(
    workflow: WorkflowHarness, event: dict[str, Any]
) -> None:
    workflow.run(an_event())
    _requeue(workflow, attempt=2)
    assert workflow.run(event).states[-1] == "Duplicate"
    assert workflow.photo()["status"] == "requeued"


@pytest.mark.parametrize(
    ("decision", "refused"),
    [(a_decision(), False), (a_decision("review", "no_vehicle"), False), (a_decision(), True)],
)
def test_a_slow_old_run_cannot_undo_a_newer_one(
    workflow: WorkflowHarness, decision: dict[str, Any], refused: bool
) -> None:
    """While the first run serializes, a second takes over and finishes."""

    def overtaken(_payload: dict[str, Any]) -> dict[str, Any]:
        _photos_table().update_item(
            Key={"photo_id": workflow.photo()["photo_id"]},
            UpdateExpression="SET attempt = :a, #s = :f, execution_arn = :e",
            ExpressionAttributeNames={"#s": "status"},
            ExpressionAttributeValues={":a": 2, ":f": "assigned", ":e": "newer"},
        )
        return a_prepared_photo(outcome="refused" if refused else "prepared")

    workflow.steps["serialize"] = [overtaken]
    workflow.steps["filter"] = [lambda _payload: decision]
    outcome = workflow.run(an_event())
    assert (outcome.status, outcome.states[-1]) == ("SUCCEEDED", "FencedOff")
    row = workflow.photo()
    assert (row["status"], row["execution_arn"]) == ("assigned", "newer")
    assert workflow.assignments() == workflow.reviews() == []


def test_the_photo_uploaded_later_wins_whichever_is_decided_first(
    workflow: WorkflowHarness,
) -> None:
    workflow.steps["filter"] = [lambda _payload: a_decision(vehicle="motorcycle")]
    workflow.run(an_event("intake/d1/new.jpg", time="2026-11-22T18:05:00Z"))
    workflow.steps["filter"] = [lambda _payload: a_decision(vehicle="bicycle")]
    outcome = workflow.run(an_event("intake/d1/old.jpg", time="2026-11-22T18:00:00Z"))
    assert outcome.status == "SUCCEEDED"
    (assignment,) = workflow.assignments()
    assert assignment["vehicle"] == "motorcycle"
    old = next(row for row in workflow.photos() if row["upload_id"] == "old")
    assert (old["status"], old["superseded"]) == ("assigned", True)


def test_a_superseded_photo_is_still_audited(workflow: WorkflowHarness) -> None:
    workflow.run(an_event("intake/d1/new.jpg", time="2026-11-22T18:05:00Z"))
    workflow.steps["filter"] = [lambda _payload: a_decision("assign_and_audit", "audit")]
    workflow.run(an_event("intake/d1/old.jpg", time="2026-11-22T18:00:00Z"))
    assert [message["reason"] for message in workflow.reviews()] == ["audit"]


def _transactions_are_cancelled(monkeypatch: pytest.MonkeyPatch, *, apply: bool) -> None:
    """Let every transaction fail as cancelled; with `apply` it was written before."""
    real = DynamoDBBackend.transact_write_items

    def cancelled(self: DynamoDBBackend, items: list[Any]) -> None:
        if apply:
            real(self, items)
        raise TransactionCanceledException([("TransactionConflict", "in progress", None)])

    monkeypatch.setattr(DynamoDBBackend, "transact_write_items", cancelled)


def test_a_cancelled_transaction_that_was_written_is_success(
    workflow: WorkflowHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    _transactions_are_cancelled(monkeypatch, apply=True)
    outcome = workflow.run(an_event())
    assert (outcome.status, outcome.states[-1]) == ("SUCCEEDED", "Assigned")
    assert "ReadBack" in outcome.states
    assert workflow.photo()["status"] == "assigned"
    assert len(workflow.assignments()) == 1


def test_a_cancelled_transaction_that_was_not_written_is_a_failure(
    workflow: WorkflowHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    _transactions_are_cancelled(monkeypatch, apply=False)
    outcome = workflow.run(an_event())
    assert outcome.status == "FAILED"
    assert workflow.photo()["status"] == "failed"
    assert workflow.assignments() == []
    assert len(workflow.failures()) == 1


def test_a_message_that_cannot_be_sent_leaves_an_open_review_to_the_sweeper(
    workflow: WorkflowHarness,
) -> None:
    boto3.client("sqs").delete_queue(QueueUrl=workflow.review_queue_url)
    workflow.steps["filter"] = [lambda _payload: a_decision("review", "no_vehicle")]
    outcome = workflow.run(an_event())
    assert (outcome.status, outcome.states[-1]) == ("SUCCEEDED", "LeftToSweeper")
    row = workflow.photo()
    assert (row["status"], row["review"]) == ("in_review", "open")
    assert "enqueued_at" not in row
    assert workflow.failures() == []


def test_an_operator_is_notified_of_a_photo_that_the_ledger_cannot_record(
    workflow: WorkflowHarness,
) -> None:
    boto3.client("dynamodb").delete_table(TableName="photos")
    outcome = workflow.run(an_event())
    assert outcome.status == "FAILED"
    with pytest.raises(ClientError):
        workflow.photos()
    assert len(workflow.failures()) == 1
