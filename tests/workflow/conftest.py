"""The definition under moto's interpreter, which is stricter than the emulator's.

Lambda tasks run as plain Python functions; everything else (claims, transactions, queues) is
moto's. Waits between retries are skipped, time-outs are real.
"""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils

from infra.cli import reconciliation
from infra.operations.target import Target
from tests.workflow.damaged_inventory import World, damaged_inventory
from tests.workflow.definition_cache import definitions_parsed_once
from tests.workflow.machine import ARN, Machine, a_decision, a_prediction, a_prepared_photo, always
from tests.workflow.operators import outputs_of


class _Skip:
    """Stands in for `time` where moto waits between retries."""

    @staticmethod
    def sleep(_seconds: float) -> None:
        return


@pytest.fixture(scope="module")
def deployed() -> Iterator[Machine]:
    """Deployed once a module."""
    aws = mock_aws(config={"stepfunctions": {"execute_state_machine": True}})
    with aws, definitions_parsed_once():
        built = Machine(steps={})
        built.create_tables()
        built.review_queue_url = built.sqs.create_queue(QueueName="review")["QueueUrl"]
        built.failures_queue_url = built.sqs.create_queue(QueueName="failures")["QueueUrl"]
        built.machine_arn = built.deploy()
        yield built


@pytest.fixture
def machine(deployed: Machine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    """A machine that assigns every photo, until a test changes `steps`."""
    deployed.steps = {
        "serialize": [always(a_prepared_photo())],
        "classify": [always(a_prediction())],
        "filter": [always(a_decision())],
    }
    deployed.calls.clear()

    def invoke(parameters: dict[str, Any], **_rest: object) -> dict[str, Any]:
        function = parameters["FunctionName"].removeprefix(ARN)
        try:
            answer = deployed.invoke(function, json.loads(parameters["Payload"]))
        except Exception as error:  # noqa: BLE001 - Lambda reports whatever a handler raises
            failure = {"errorType": type(error).__name__, "errorMessage": str(error)}
            return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": failure}
        return {"StatusCode": 200, "Payload": answer}

    monkeypatch.setattr(lambda_eval_utils, "_invoke_lambda_function", invoke)
    monkeypatch.setattr(retrier_decl, "time", _Skip)
    arn = deployed.machine_arn
    yield deployed
    deployed.machine_arn = arn
    deployed.forget()


@pytest.fixture
def world(machine: Machine) -> Iterator[World]:
    with damaged_inventory(machine) as made:
        yield made


@pytest.fixture
def operated(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The world is what an operator's commands take for the running system."""
    system = Target(session=boto3.Session(), outputs=outputs_of(world.machine), stage="test")
    monkeypatch.setattr(reconciliation, "target", lambda _stack: system)
