"""Stack Account: a budget that mails, and roles that only one repository's jobs can assume."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from tests.conftest import ROOT
from tests.infra import snapshot
from tests.infra.template import Json

STAGES = ("dev", "prod")
# CloudFormation has budgets here; in some Regions the file has to leave the budget out.
REGIONS = ("eu-central-1",)
# IAM's names of actions, where they are not those of the operation.
ACTIONS = {
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:DeleteObject": "s3:DeleteObjectVersion",  # each call names a version
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "service-quotas:ListServiceQuotas": "servicequotas:ListServiceQuotas",
}
NEEDS_NO_PERMISSION = {"sts:GetCallerIdentity"}
# To take in again what a destroyed stage has kept, CloudFormation uses the caller's rights on each
# resource: an operator deploys such a stage, not the role.
OPERATORS_ALONE = {"cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"}
SERVICES = ("cloudformation", "ecr", "lambda", "s3", "service-quotas", "ssm", "sts")


@pytest.fixture(scope="session")
def resources(account_template: Path) -> dict[str, Json]:
    body: Json = json.loads(account_template.read_text(encoding="utf-8"))
    resources: dict[str, Json] = body["Resources"]
    return resources


def _of_type(resources: dict[str, Json], kind: str) -> list[Json]:
    return [row["Properties"] for row in resources.values() if row["Type"] == kind]


def _statements(resources: dict[str, Json], stage: str) -> list[Json]:
    (policy,) = (
        row["Properties"]["PolicyDocument"]["Statement"]
        for name, row in resources.items()
        if name.startswith(f"Deployer{stage.title()}DefaultPolicy")
    )
    statements: list[Json] = policy
    return statements


def _texts(value: Any) -> list[str]:  # Any: CloudFormation's JSON
    """Return strings, or the only string, with pseudo parameters as `${AWS::Region}`."""
    values = value if isinstance(value, list) else [value]
    return [
        text
        if isinstance(text, str)
        else "".join(
            part if isinstance(part, str) else f"${{{part['Ref']}}}" for part in text["Fn::Join"][1]
        )
        for text in values
    ]


def test_the_stack_is_as_in_the_snapshot(account_template: Path) -> None:
    body = json.loads(account_template.read_text(encoding="utf-8"))
    snapshot.matches("account.json", json.dumps(body, indent=1, sort_keys=True) + "\n")


def test_cfn_lint_has_no_findings(account_template: Path) -> None:
    lint = Path(sys.executable).with_name("cfn-lint")
    arguments = [str(lint), "--regions", *REGIONS, "--template", str(account_template)]
    result = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (0, ""), result.stdout + result.stderr


def test_the_budget_mails_before_it_is_spent(resources: dict[str, Json]) -> None:
    (budget,) = _of_type(resources, "AWS::Budgets::Budget")
    assert budget["Budget"]["BudgetLimit"] == {"Amount": 150, "Unit": "USD"}
    notices = {
        (row["Notification"]["NotificationType"], row["Notification"]["Threshold"]): [
            subscriber["Address"] for subscriber in row["Subscribers"]
        ]
        for row in budget["NotificationsWithSubscribers"]
    }
    mail = ["operations@example.com"]
    assert notices == {("ACTUAL", 80): mail, ("ACTUAL", 100): mail, ("FORECASTED", 100): mail}


@pytest.mark.parametrize("stage", STAGES)
def test_a_role_trusts_one_environment_of_one_repository(
    resources: dict[str, Json], stage: str
) -> None:
    """A wildcard in the subject would let other repositories or branches deploy."""
    (trust,) = (
        role["AssumeRolePolicyDocument"]["Statement"]
        for role in _of_type(resources, "AWS::IAM::Role")
        if role["RoleName"] == f"scones-{stage}-deployer"
    )
    issuer = "token.actions.githubusercontent.com"
    assert trust == [
        {
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Effect": "Allow",
            "Principal": {"Federated": {"Fn::GetAtt": ["GitHub", "Arn"]}},
            "Condition": {
                "StringEquals": {
                    f"{issuer}:aud": "sts.amazonaws.com",
                    f"{issuer}:sub": f"repo:scones-unlimited/photos:environment:{stage}",
                }
            },
        }
    ]


@pytest.mark.parametrize("stage", STAGES)
def test_a_role_reaches_its_own_stage_only(resources: dict[str, Json], stage: str) -> None:
    shared = (r":role/cdk-hnb659fds-", r":parameter/cdk-bootstrap/", r":repository/scones-serving$")
    for statement in _statements(resources, stage):
        for arn in _texts(statement["Resource"]):
            if arn != "*" and not any(re.search(pattern, arn) for pattern in shared):
                assert f"scones-{stage}-" in arn.lower() or f"/scones/{stage}/" in arn, arn


def test_a_role_cannot_bootstrap_or_pass_roles(resources: dict[str, Json]) -> None:
    actions = {action for row in _statements(resources, "prod") for action in _texts(row["Action"])}
    assert not {action for action in actions if action.startswith("iam:") or "*" in action}


def test_a_role_allows_the_calls_of_a_deployment(resources: dict[str, Json]) -> None:
    allowed = {action for row in _statements(resources, "prod") for action in _texts(row["Action"])}
    calls = set(_calls_of_a_deployment()) - NEEDS_NO_PERMISSION - OPERATORS_ALONE
    assert "ssm:PutParameter" in calls
    assert {ACTIONS.get(call, call) for call in calls} <= allowed


def test_the_resources_of_canary_photos_have_the_names_that_a_role_allows(
    resources: dict[str, Json],
) -> None:
    """CloudFormation names them `STACK-LOGICAL_ID-…`, and buckets in lower case."""
    template = snapshot.SNAPSHOTS / "pipeline.prod.json"
    pipeline = json.loads(template.read_text(encoding="utf-8"))["Resources"]
    patterns = [
        arn.rpartition(":")[2].removeprefix("table/")
        for statement in _statements(resources, "prod")
        for arn in _texts(statement["Resource"])
    ]
    for logical_id in ("Intake", "Photos", "Assignments", "Review"):
        name = f"Scones-prod-Pipeline-{logical_id}-1ABC2"
        if pipeline[logical_id]["Type"] == "AWS::S3::Bucket":
            name = name.lower()
        given = {"BucketName", "TableName", "QueueName"} & pipeline[logical_id]["Properties"].keys()
        assert not given
        assert any(fnmatch(name, pattern) for pattern in patterns), name


def _calls_of_a_deployment() -> Iterator[str]:
    """Yield `service:Operation` of the SDK's methods that the deployment's modules call."""
    names = set()
    for file in (ROOT / "infra" / "operations" / "deployment").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(attr="get_paginator"), args=[ast.Constant(name)]):
                    names.add(name)
                case ast.Call(func=ast.Attribute(attr=name)):
                    names.add(name)
    session = botocore.session.get_session()
    for service in SERVICES:
        for operation in session.get_service_model(service).operation_names:
            if xform_name(operation) in names:
                yield f"{service}:{operation}"
