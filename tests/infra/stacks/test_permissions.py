"""Least privilege: every grant is in a snapshot; the workflow's follow from its definition."""

from dataclasses import replace

import pytest

from tests.infra import snapshot
from tests.infra.permission_trials import key_of, lost_by_services, recorded
from tests.infra.permissions import (
    Grant,
    granted,
    grants,
    needed_by_machine,
    statements_of,
)
from tests.infra.template import Json, Template, machine_definition

MACHINE_ROLE = "WorkflowRole"

# Actions without resource-level permissions, by AWS's service authorization reference.
WITHOUT_RESOURCES = {
    "cloudwatch:PutMetricData",
    "ecr:GetAuthorizationToken",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}


def test_every_grant_is_in_the_snapshot(prod_pipeline: Template, prod_serving: Template) -> None:
    rows = [*grants(prod_pipeline), *grants(prod_serving)]
    snapshot.matches("iam.txt", "".join(f"{row}\n" for row in rows))


def test_no_grant_is_wider_than_its_action_allows(pipeline: Template, serving: Template) -> None:
    for grant in [*grants(pipeline), *grants(serving)]:
        assert "*" not in grant.action
        if grant.resource == "*":
            assert grant.action in WITHOUT_RESOURCES, f"too wide: {grant}"


def test_metrics_can_only_be_written_to_their_namespace(serving: Template) -> None:
    (metrics,) = (row for row in grants(serving) if row.action == "cloudwatch:PutMetricData")
    assert "/aws/sagemaker/Endpoints" in metrics.condition


def test_both_stages_grant_the_same(local_pipeline: Template, prod_pipeline: Template) -> None:
    def without_stage(grant: Grant) -> tuple[str, str, str]:
        resource = grant.resource.replace("000000000000", "<account>")
        resource = resource.replace("us-east-1", "<region>")
        resource = resource.replace("-local-", "-prod-").replace("/local/", "/prod/")
        return grant.role, grant.action, resource

    local, prod = grants(local_pipeline), grants(prod_pipeline)
    assert set(map(without_stage, local)) == set(map(without_stage, prod))


def test_the_state_machine_may_do_exactly_what_its_definition_needs(pipeline: Template) -> None:
    assert granted(statements_of(pipeline, MACHINE_ROLE)) == _needs(pipeline)


def test_every_statement_of_the_state_machines_role_is_needed(prod_pipeline: Template) -> None:
    statements = statements_of(prod_pipeline, MACHINE_ROLE)
    for index in range(len(statements)):
        without = statements[:index] + statements[index + 1 :]
        assert _needs(prod_pipeline) - granted(without), f"not needed: {statements[index]}"


@pytest.mark.parametrize(
    "surplus",
    [
        {"Effect": "Allow", "Action": "dynamodb:DeleteItem", "Resource": {"Ref": "Photos"}},
        {"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": "*"},
    ],
)
def test_a_superfluous_grant_is_noticed(prod_pipeline: Template, surplus: Json) -> None:
    statements = [*statements_of(prod_pipeline, MACHINE_ROLE), surplus]
    assert granted(statements) != _needs(prod_pipeline)


def test_the_rule_may_start_the_state_machine_and_nothing_else(pipeline: Template) -> None:
    role = "IntakeRuleRole"
    assert granted(statements_of(pipeline, role)) == {("states:StartExecution", "WorkflowMachine")}


def _needs(template: Template) -> set[tuple[str, str]]:
    machine = template.only("AWS::StepFunctions::StateMachine")
    return needed_by_machine(machine, machine_definition(template))


def test_a_service_without_its_permission_loses_something_named(
    prod_pipeline: Template, prod_serving: Template
) -> None:
    """Remove any grant that a service of AWS needs: this test names what is lost."""
    for template in (prod_pipeline, prod_serving):
        present = {key_of(grant) for grant in _unconditional(template)}
        lost = lost_by_services(template)
        assert not {lost[key] for key in lost.keys() - present}


def test_every_grant_of_code_has_a_behaviour_that_is_lost_without_it(
    prod_pipeline: Template, prod_serving: Template
) -> None:
    """A new grant needs a trial: `make permissions` makes those that are missing."""
    results = recorded()
    of_code = {
        key_of(grant)
        for template in (prod_pipeline, prod_serving)
        for grant in _unconditional(template)
    } - (lost_by_services(prod_pipeline).keys() | lost_by_services(prod_serving).keys())
    assert {key for key in of_code if not results.get(key)} == set()
    assert results.keys() == of_code


def _unconditional(template: Template) -> list[Grant]:
    """Return the grants without their conditions, which a trial does not change."""
    return [replace(grant, condition="") for grant in grants(template)]
