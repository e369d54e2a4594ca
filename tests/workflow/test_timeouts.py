"""Time-outs of states and executions, which the emulator ignores."""

import time
from functools import partial
from typing import Any

from tests.workflow.harness import WorkflowHarness, a_prediction, an_event


def _hang(_payload: dict[str, Any], *, for_s: float = 1.5) -> dict[str, Any]:
    time.sleep(for_s)
    return a_prediction()


def test_a_step_that_hangs_once_is_retried(workflow: WorkflowHarness) -> None:
    workflow.state_machine_arn = workflow.deploy(
        lambda definition: definition["States"]["Classify"].update(TimeoutSeconds=1)
    )
    workflow.steps["classify"] = [_hang, lambda _payload: a_prediction()]
    outcome = workflow.run(an_event())
    assert outcome.status == "SUCCEEDED"
    assert [function for function, _ in workflow.calls].count("classify") == 2


def test_an_execution_that_takes_too_long_times_out(workflow: WorkflowHarness) -> None:
    """No state can catch this: the ledger keeps `received`, and the sweeper finds the row."""
    workflow.state_machine_arn = workflow.deploy(
        # Long enough for the steps before Classify on a busy machine.
        lambda definition: definition.update(TimeoutSeconds=4)
    )
    workflow.steps["classify"] = [partial(_hang, for_s=4.5)]
    assert workflow.run(an_event()).status == "TIMED_OUT"
    row = workflow.photo()
    assert (row["status"], row["pending"]) == ("received", "received")
