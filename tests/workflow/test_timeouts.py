"""Time-outs are real here; the emulator ignores them."""

import time
from typing import Any

from tests.workflow.machine import Machine, a_prediction, an_event


def _hang(_payload: dict[str, Any]) -> dict[str, Any]:
    time.sleep(1.5)
    return a_prediction()


def test_a_step_that_hangs_once_is_tried_again(machine: Machine) -> None:
    machine.machine_arn = machine.deploy(
        lambda definition: definition["States"]["Classify"].update(TimeoutSeconds=1)
    )
    machine.steps["classify"] = [_hang, lambda _payload: a_prediction()]
    outcome = machine.run(an_event())
    assert outcome.status == "SUCCEEDED"
    assert [function for function, _ in machine.calls].count("classify") == 2


def test_a_machine_that_takes_too_long_is_timed_out(machine: Machine) -> None:
    """Nothing in it can catch this: the ledger keeps `received`, and the sweeper finds the row."""
    machine.machine_arn = machine.deploy(lambda definition: definition.update(TimeoutSeconds=1))
    machine.steps["classify"] = [_hang]
    assert machine.run(an_event()).status == "TIMED_OUT"
    row = machine.photo()
    assert (row["status"], row["pending"]) == ("received", "received")
