"""A photo whose driver was erased stays erased, whatever event or execution comes late."""

from datetime import UTC, datetime
from typing import Any

import boto3

from handlers.aws.dynamodb import item_of
from handlers.domain.ledger.tombstone import tombstone
from tests.workflow.harness import WorkflowHarness, a_decision, a_prediction, an_event


def _bury(workflow: WorkflowHarness) -> dict[str, Any]:
    """Put a tombstone in the place of the only row, and return it."""
    item = item_of(tombstone(workflow.photo()["photo_id"], at=datetime.now(UTC)))
    boto3.client("dynamodb").put_item(TableName="photos", Item=item)
    return workflow.photo()


def test_an_event_after_the_erasure_is_a_duplicate(workflow: WorkflowHarness) -> None:
    workflow.run(an_event())
    erased = _bury(workflow)
    late = workflow.run(an_event())
    assert late.states[-1] == "Duplicate"
    assert workflow.photo() == erased


def test_a_takeover_after_the_erasure_is_a_duplicate(workflow: WorkflowHarness) -> None:
    workflow.run(an_event())
    erased = _bury(workflow)
    assert workflow.run(an_event(attempt=2)).states[-1] == "Duplicate"
    assert workflow.photo() == erased


def test_an_execution_in_flight_assigns_no_erased_photo(workflow: WorkflowHarness) -> None:
    def erase_and_decide(_: dict[str, Any]) -> dict[str, Any]:
        _bury(workflow)
        return a_decision()

    workflow.steps["filter"] = [erase_and_decide]
    assert workflow.run(an_event()).states[-1] == "FencedOff"
    assert workflow.photo()["status"] == "erased"
    assert workflow.assignments() == []


def test_an_execution_in_flight_opens_no_review_of_an_erased_photo(
    workflow: WorkflowHarness,
) -> None:
    def erase_and_predict(_: dict[str, Any]) -> dict[str, Any]:
        _bury(workflow)
        return a_prediction()

    workflow.steps["classify"] = [erase_and_predict]
    workflow.steps["filter"] = [lambda _: a_decision("review", "low_confidence")]
    assert workflow.run(an_event()).states[-1] == "FencedOff"
    assert workflow.photo()["status"] == "erased"


def test_a_rows_time_to_live_is_that_of_serialize(workflow: WorkflowHarness) -> None:
    workflow.run(an_event())
    assert workflow.photo()["kept_until"] == 1_798_761_600
