"""Contract: the state machine and `handlers.domain.ledger.messages` send the same messages."""

import pytest

from handlers.domain.errors import UntrustworthyPrediction
from handlers.domain.ledger.messages import failure_message, review_message
from handlers.domain.ledger.rows import LedgerRow
from handlers.domain.review.row import ReviewRow
from tests.workflow.harness import WorkflowHarness, a_decision, an_event


@pytest.mark.parametrize("key", ["intake/d1/u1.jpg", "intake/photo.jpg"])
@pytest.mark.parametrize("version_id", ["v1", None])
def test_a_review_message_sent_again_equals_the_first(
    workflow: WorkflowHarness, key: str, version_id: str | None
) -> None:
    workflow.steps["filter"] = [lambda _payload: a_decision("review", "low_confidence")]
    workflow.run(an_event(key, version_id=version_id))
    (message,) = workflow.reviews()
    item = workflow.photo()
    # The workflow's message has the start of its execution; the ledger has the later claim.
    received_at = message["received_at"]
    assert received_at <= item["received_at"]
    for row in (LedgerRow.from_item(item), ReviewRow.from_item(item)):
        assert message == review_message(row, reason="low_confidence", received_at=received_at)


def test_a_failure_message_sent_again_names_the_same_photo_and_error(
    workflow: WorkflowHarness,
) -> None:
    def fail(_payload: object) -> dict[str, object]:
        raise UntrustworthyPrediction("sum is 2")

    workflow.steps["classify"] = [fail]
    workflow.run(an_event())
    (message,) = workflow.failures()
    row = LedgerRow.from_item(workflow.photo())
    assert message == failure_message(
        row,
        attempt=row.attempt,
        execution_arn=row.execution_arn,
        error=row.reason,
        cause=message["error"]["Cause"],  # the ledger's sentence is for the driver
    )
