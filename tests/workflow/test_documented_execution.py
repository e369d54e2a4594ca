"""The execution in docs/architecture.md is one that the interpreter ran."""

import json

import boto3

from tests import documents
from tests.infra.workflow_graph import table
from tests.workflow.harness import WorkflowHarness, an_event


def test_the_execution_of_a_confident_photo_is_the_documented_one(
    workflow: WorkflowHarness,
) -> None:
    outcome = workflow.run(an_event(version_id="v1"))
    assert outcome.status == "SUCCEEDED", outcome
    deployed = boto3.client("stepfunctions").describe_state_machine(
        stateMachineArn=workflow.state_machine_arn
    )
    steps = table(json.loads(deployed["definition"]), outcome.states)
    documents.matches("docs/architecture.md", "execution", steps)
