"""moto's interpreter really misreads these forms, and none of them is in a definition of ours."""

import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws
from moto.stepfunctions.parser.utils import TMP_THREADS

from tests.emulators.misread import FAILED, MISREADINGS, UNREADABLE, Misreading, evaluating
from tests.infra.state_machine.unportable import unportable_forms
from tests.workflow.harness import ROLE

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


@pytest.fixture(scope="module")
def stepfunctions() -> Iterator["SFNClient"]:
    with mock_aws(
        config={
            "stepfunctions": {"execute_state_machine": True},
            "core": {"reset_boto3_session": False},
        }
    ):
        yield boto3.client("stepfunctions", region_name="us-east-1")


# A form that the interpreter cannot run ends its thread with an exception: that is the misreading.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("case", MISREADINGS, ids=lambda case: case.form)
def test_moto_answers_otherwise_than_aws(stepfunctions: "SFNClient", case: Misreading) -> None:
    """Once an upgrade of moto fails this test, the form may be taken off the list."""
    assert _output(stepfunctions, case) == case.moto != case.aws


@pytest.mark.parametrize("case", MISREADINGS, ids=lambda case: case.form)
def test_what_moto_misreads_is_refused_in_a_definition(case: Misreading) -> None:
    assert case.form in {unportable.form for unportable in unportable_forms(case.machine)}


@pytest.mark.parametrize(
    "expression",
    [
        "$",
        "$.a-b.c",
        "$.a['b']['c']",
        "$$.Execution.Id",
        "States.Format('{}\n{}', $.a['version-id'], $.c)",
        "States.ArrayGetItem(States.StringSplit($.a.key, '/'), 1)",
        """States.JsonMerge(States.StringToJson('{"list":[1]}'), $, false)""",
    ],
)
def test_what_is_read_alike_everywhere_is_not_refused(expression: str) -> None:
    assert unportable_forms(evaluating(expression)) == []


def test_forms_inside_other_states_and_rules_are_found() -> None:
    inner = evaluating("$.l[0]")
    rule = {"Not": {"And": [{"Variable": "$.l[0]", "IsPresent": True}]}, "Next": "Map"}
    states = {
        "Choice": {"Type": "Choice", "Choices": [rule], "Default": "Map"},
        "Map": {"Type": "Map", "ItemProcessor": inner, "ItemsPath": "$.l[1:]", "End": True},
        "Wait": {"Type": "Wait", "TimestampPath": "$.at", "Next": "Map"},
    }
    forms = unportable_forms({"StartAt": "Choice", "States": states})
    assert {form.state for form in forms} == {"Choice", "Map", "Pass", "Wait"}


def _output(client: "SFNClient", case: Misreading) -> Any:
    name = f"m{time.monotonic_ns()}"
    machine = client.create_state_machine(
        name=name, roleArn=ROLE, definition=json.dumps(case.machine)
    )
    threads_before = len(TMP_THREADS)
    arn = client.start_execution(
        stateMachineArn=machine["stateMachineArn"], name=name, input=json.dumps(case.given)
    )["executionArn"]
    TMP_THREADS[threads_before].join(20)
    try:
        execution = client.describe_execution(executionArn=arn)
    except TypeError:
        return UNREADABLE
    return json.loads(execution["output"]) if execution["status"] == "SUCCEEDED" else FAILED
