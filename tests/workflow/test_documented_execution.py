"""The execution that docs/architecture.md shows is one that the interpreter ran."""

import json

import boto3

from tests import documents
from tests.infra.workflow_graph import table
from tests.workflow.machine import Machine, an_event


def test_the_execution_of_a_confident_photo_is_the_documented_one(machine: Machine) -> None:
    outcome = machine.run(an_event(version_id="v1"))
    assert outcome.status == "SUCCEEDED", outcome
    deployed = boto3.client("stepfunctions").describe_state_machine(
        stateMachineArn=machine.machine_arn
    )
    steps = table(json.loads(deployed["definition"]), outcome.states)
    documents.matches("docs/architecture.md", "execution", steps)
