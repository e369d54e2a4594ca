"""The state machine under moto's interpreter, which is stricter than the emulator's.

Lambda tasks run as plain Python functions; claims, transactions and queues are moto's. Waits
between retries are skipped, time-outs are real.
"""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils

from handlers.aws import dead_letters
from infra.cli import reconciliation, restoring
from infra.operations.target import Target
from tests.workflow.definition_cache import definitions_parsed_once
from tests.workflow.faulty_pipeline import FaultyPipeline, faulty_pipeline
from tests.workflow.harness import (
    ARN,
    WorkflowHarness,
    a_decision,
    a_prediction,
    a_prepared_photo,
    always,
)
from tests.workflow.operator_commands import outputs_of


class _TimeWithoutSleep:
    """Replaces `time` in moto's retries."""

    @staticmethod
    def sleep(_seconds: float) -> None:
        return


@pytest.fixture(scope="module")
def deployed() -> Iterator[WorkflowHarness]:
    """A workflow that is deployed once a module."""
    aws = mock_aws(config={"stepfunctions": {"execute_state_machine": True}})
    with aws, definitions_parsed_once():
        harness = WorkflowHarness(steps={})
        harness.create_tables()
        harness.review_queue_url = harness.sqs.create_queue(QueueName="review")["QueueUrl"]
        harness.failures_queue_url = harness.sqs.create_queue(QueueName="failures")["QueueUrl"]
        harness.state_machine_arn = harness.deploy()
        yield harness


@pytest.fixture
def workflow(
    deployed: WorkflowHarness, monkeypatch: pytest.MonkeyPatch
) -> Iterator[WorkflowHarness]:
    """A workflow that assigns every photo, until a test changes `steps`."""
    deployed.steps = {
        "serialize": [always(a_prepared_photo())],
        "classify": [always(a_prediction())],
        "filter": [always(a_decision())],
    }
    deployed.calls.clear()

    def invoke(parameters: dict[str, Any], **_rest: object) -> dict[str, Any]:
        function = parameters["FunctionName"].removeprefix(ARN)
        try:
            response = deployed.invoke(function, json.loads(parameters["Payload"]))
        except Exception as error:  # noqa: BLE001 - Lambda reports any error of a handler
            failure = {"errorType": type(error).__name__, "errorMessage": str(error)}
            return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": failure}
        return {"StatusCode": 200, "Payload": response}

    monkeypatch.setattr(lambda_eval_utils, "_invoke_lambda_function", invoke)
    monkeypatch.setattr(retrier_decl, "time", _TimeWithoutSleep)
    arn = deployed.state_machine_arn
    yield deployed
    deployed.state_machine_arn = arn
    deployed.reset()


@pytest.fixture
def pipeline(workflow: WorkflowHarness) -> Iterator[FaultyPipeline]:
    """A pipeline without faults, until a test injects some."""
    with faulty_pipeline(workflow) as pipeline:
        yield pipeline


@pytest.fixture
def operated(pipeline: FaultyPipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pipeline is the target of an operator's commands."""
    system = Target(session=boto3.Session(), outputs=outputs_of(pipeline.workflow), stage="test")
    for command in (reconciliation, restoring):
        monkeypatch.setattr(command, "target", lambda _stack: system)
    monkeypatch.setattr(dead_letters, "_WAIT_S", 0)  # moto waits in real time
