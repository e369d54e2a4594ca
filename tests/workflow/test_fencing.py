"""Twice is once: duplicates, takeovers, lost replies, slow old runs, late photos."""

from decimal import Decimal
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.dynamodb.exceptions import TransactionCanceledException
from moto.dynamodb.models import DynamoDBBackend

from tests.workflow.machine import Machine, a_decision, a_prepared_photo, an_event


def _photos_table() -> Any:  # the stubs name a resource type per table
    return boto3.resource("dynamodb").Table("photos")


def test_a_duplicate_event_ends_quietly_and_changes_nothing(machine: Machine) -> None:
    machine.run(an_event())
    before = (machine.photos(), machine.assignments())
    duplicate = machine.run(an_event())
    assert duplicate.status == "SUCCEEDED"
    assert duplicate.states[-1] == "Duplicate"
    assert (machine.photos(), machine.assignments()) == before
    assert [function for function, _ in machine.calls] == ["serialize", "classify", "filter"]


def test_the_same_key_with_new_bytes_is_a_new_photo(machine: Machine) -> None:
    machine.run(an_event(version_id="v1"))
    machine.run(an_event(version_id="v2"))
    assert len(machine.photos()) == 2


def test_a_claim_whose_reply_was_lost_is_claimed_again_by_the_same_run(machine: Machine) -> None:
    """The row already carries this execution: the retried write must succeed."""
    machine.run(an_event(), name="first")
    row = machine.photo()
    execution = row["execution_arn"].replace("first", "second")
    _photos_table().update_item(
        Key={"photo_id": row["photo_id"]},
        UpdateExpression="SET execution_arn = :e, #s = :r",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":e": execution, ":r": "received"},
    )
    again = machine.run(an_event(), name="second")
    assert "Duplicate" not in again.states
    assert machine.photo()["status"] == "assigned"


def _requeue(machine: Machine, *, attempt: int) -> None:
    _photos_table().update_item(
        Key={"photo_id": machine.photo()["photo_id"]},
        UpdateExpression="SET attempt = :a, #s = :q",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":a": attempt, ":q": "requeued"},
    )


def test_a_takeover_with_its_attempt_claims_the_photo(machine: Machine) -> None:
    machine.run(an_event())
    received_at = machine.photo()["received_at"]
    _requeue(machine, attempt=2)
    machine.run(an_event(attempt=2))
    row = machine.photo()
    assert (row["status"], row["attempt"]) == ("assigned", Decimal(2))
    assert row["received_at"] == received_at
    assert row["claimed_at"] > received_at


@pytest.mark.parametrize("event", [an_event(), an_event(attempt=3)])
def test_only_the_named_attempt_can_take_over(machine: Machine, event: dict[str, Any]) -> None:
    machine.run(an_event())
    _requeue(machine, attempt=2)
    assert machine.run(event).states[-1] == "Duplicate"
    assert machine.photo()["status"] == "requeued"


@pytest.mark.parametrize(
    ("decision", "refused"),
    [(a_decision(), False), (a_decision("review", "no_vehicle"), False), (a_decision(), True)],
)
def test_a_slow_old_run_cannot_undo_a_newer_one(
    machine: Machine, decision: dict[str, Any], refused: bool
) -> None:
    """While the first run serializes, a second takes over and finishes."""

    def overtaken(_payload: dict[str, Any]) -> dict[str, Any]:
        _photos_table().update_item(
            Key={"photo_id": machine.photo()["photo_id"]},
            UpdateExpression="SET attempt = :a, #s = :f, execution_arn = :e",
            ExpressionAttributeNames={"#s": "status"},
            ExpressionAttributeValues={":a": 2, ":f": "assigned", ":e": "newer"},
        )
        return a_prepared_photo(outcome="refused" if refused else "prepared")

    machine.steps["serialize"] = [overtaken]
    machine.steps["filter"] = [lambda _payload: decision]
    outcome = machine.run(an_event())
    assert (outcome.status, outcome.states[-1]) == ("SUCCEEDED", "FencedOff")
    row = machine.photo()
    assert (row["status"], row["execution_arn"]) == ("assigned", "newer")
    assert machine.assignments() == machine.reviews() == []


def test_the_photo_uploaded_later_wins_whichever_is_decided_first(machine: Machine) -> None:
    machine.steps["filter"] = [lambda _payload: a_decision(vehicle="motorcycle")]
    machine.run(an_event("intake/d1/new.jpg", time="2026-11-22T18:05:00Z"))
    machine.steps["filter"] = [lambda _payload: a_decision(vehicle="bicycle")]
    outcome = machine.run(an_event("intake/d1/old.jpg", time="2026-11-22T18:00:00Z"))
    assert outcome.status == "SUCCEEDED"
    (assignment,) = machine.assignments()
    assert assignment["vehicle"] == "motorcycle"
    old = next(row for row in machine.photos() if row["upload_id"] == "old")
    assert (old["status"], old["superseded"]) == ("assigned", True)


def test_a_superseded_photo_is_still_audited(machine: Machine) -> None:
    machine.run(an_event("intake/d1/new.jpg", time="2026-11-22T18:05:00Z"))
    machine.steps["filter"] = [lambda _payload: a_decision("assign_and_audit", "audit")]
    machine.run(an_event("intake/d1/old.jpg", time="2026-11-22T18:00:00Z"))
    assert [message["reason"] for message in machine.reviews()] == ["audit"]


def _transactions_are_cancelled(monkeypatch: pytest.MonkeyPatch, *, apply: bool) -> None:
    """Every transaction answers `cancelled`, whether it was written or not."""
    real = DynamoDBBackend.transact_write_items

    def cancelled(self: DynamoDBBackend, items: list[Any]) -> None:
        if apply:
            real(self, items)
        raise TransactionCanceledException([("TransactionConflict", "in progress", None)])

    monkeypatch.setattr(DynamoDBBackend, "transact_write_items", cancelled)


def test_a_cancelled_transaction_that_was_written_is_success(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    _transactions_are_cancelled(monkeypatch, apply=True)
    outcome = machine.run(an_event())
    assert (outcome.status, outcome.states[-1]) == ("SUCCEEDED", "Assigned")
    assert "ReadBack" in outcome.states
    assert machine.photo()["status"] == "assigned"
    assert len(machine.assignments()) == 1


def test_a_cancelled_transaction_that_was_not_written_is_a_failure(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    _transactions_are_cancelled(monkeypatch, apply=False)
    outcome = machine.run(an_event())
    assert outcome.status == "FAILED"
    assert machine.photo()["status"] == "failed"
    assert machine.assignments() == []
    assert len(machine.failures()) == 1


def test_a_message_that_cannot_be_sent_leaves_an_open_review_and_a_failure(
    machine: Machine,
) -> None:
    boto3.client("sqs").delete_queue(QueueUrl=machine.review_queue_url)
    machine.steps["filter"] = [lambda _payload: a_decision("review", "no_vehicle")]
    outcome = machine.run(an_event())
    assert outcome.status == "FAILED"
    row = machine.photo()
    assert (row["status"], row["review"]) == ("in_review", "open")
    assert "enqueued_at" not in row
    assert len(machine.failures()) == 1


def test_an_operator_hears_of_a_photo_that_the_ledger_cannot_hold(machine: Machine) -> None:
    boto3.client("dynamodb").delete_table(TableName="photos")
    outcome = machine.run(an_event())
    assert outcome.status == "FAILED"
    with pytest.raises(ClientError):
        machine.photos()
    assert len(machine.failures()) == 1
