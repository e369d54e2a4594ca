"""The work of one assigned photo that tests/cost/work.toml calls counted."""

from tests.cost.model import WORK
from tests.workflow.harness import WorkflowHarness, an_event


def test_an_assigned_photo_has_the_priced_transitions_and_calls(workflow: WorkflowHarness) -> None:
    outcome = workflow.run(an_event(version_id="v1"))
    assert outcome.status == "SUCCEEDED", outcome
    counted = {"transitions": len(outcome.states), "functions": len(workflow.calls)}
    assert {
        quantity: {"value": count, "kind": "counted"} for quantity, count in counted.items()
    } == {quantity: WORK["ours"][quantity] for quantity in counted}
