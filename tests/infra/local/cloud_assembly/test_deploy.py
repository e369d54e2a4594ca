"""What is deployed is what the assembly says; failures keep their reasons."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from infra.local.cloud_assembly.deploy import deploy, prepare, standing
from infra.local.cloud_assembly.packages import forget_unused, uploadable, write_zip
from infra.local.cloud_assembly.reader import Stack, read_stack
from infra.local.errors import AssemblyUnusable, DeploymentFailed
from tests.e2e.emulator.small_assembly import CODE, STACK, write_assembly

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

ASSETS = "cdk-assets-000000000000-us-east-1"

# Any: answers of CloudFormation, written down by hand.
Answer = dict[str, Any]


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return read_stack(write_assembly(tmp_path / "assembly"), STACK)


class CloudFormation(Stubber):
    """CloudFormation that answers as a test says."""

    client: "CloudFormationClient"


@pytest.fixture
def cloudformation() -> Iterator[CloudFormation]:
    with CloudFormation(boto3.client("cloudformation")) as stubbed:
        yield stubbed


def test_stack_is_read_with_the_account_filled_in(stack: Stack) -> None:
    assert stack.name == STACK
    assert {(each.bucket, each.key, each.is_folder) for each in stack.assets} == {
        (ASSETS, "t.json", False),
        (ASSETS, "code.zip", True),
    }
    assert stack.template_asset.key == "t.json"


@pytest.mark.parametrize("artifact", ["Scones-local-Absent", f"{STACK}.nothing"])
def test_absent_stack_is_named(tmp_path: Path, artifact: str) -> None:
    assembly = write_assembly(tmp_path / "assembly")
    with pytest.raises(AssemblyUnusable, match=artifact):
        read_stack(assembly, artifact)


def test_absent_assembly_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(AssemblyUnusable, match="synthesize first"):
        read_stack(tmp_path, STACK)


def test_same_content_gives_the_same_zip(tmp_path: Path) -> None:
    for name, order in (("one", "ab"), ("two", "ba")):
        folder = tmp_path / name / "nested"
        folder.mkdir(parents=True)
        for each in order:
            (folder / each).write_text(each)
        (folder / "a").chmod(0o755)
        write_zip(tmp_path / name, tmp_path / f"{name}.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_zip_is_made_once(stack: Stack, tmp_path: Path) -> None:
    [package] = [asset for asset in stack.assets if asset.is_folder]
    first = uploadable(package, tmp_path / "cache")
    (package.source / "entry.py").unlink()
    assert uploadable(package, tmp_path / "cache") == first
    assert [each.name for each in (tmp_path / "cache").iterdir()] == [f"{CODE}.zip"]


def test_zips_that_nobody_needs_are_forgotten(tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / f"{name}.zip").touch()
    os.utime(tmp_path / "old.zip", (0, 0))
    forget_unused(tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["new.zip"]


@mock_aws
def test_assets_are_uploaded_and_the_template_is_created_from_there(
    stack: Stack, cloudformation: CloudFormation, tmp_path: Path
) -> None:
    cloudformation.add_response(
        "create_stack",
        {"StackId": "id"},
        {
            "StackName": STACK,
            "TemplateURL": f"https://s3.amazonaws.com/{ASSETS}/t.json",
            "Parameters": [],
            "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        },
    )
    cloudformation.add_response("describe_stacks", _stacks("CREATE_IN_PROGRESS"))
    outputs = [{"OutputKey": "Function", "OutputValue": "f"}]
    cloudformation.add_response("describe_stacks", _stacks("CREATE_COMPLETE", Outputs=outputs))
    s3 = boto3.client("s3")
    prepare(stack, tmp_path)

    result = deploy(stack, s3=s3, cloudformation=cloudformation.client, cache=tmp_path)

    assert result == {"Function": "f"}
    template = s3.get_object(Bucket=ASSETS, Key="t.json")["Body"].read()
    assert template == stack.template_asset.source.read_bytes()
    package = s3.get_object(Bucket=ASSETS, Key="code.zip")["Body"].read()
    assert package == (tmp_path / f"{CODE}.zip").read_bytes()


def test_a_kept_stack_with_the_same_template_stands(
    stack: Stack, cloudformation: CloudFormation
) -> None:
    template = json.loads(stack.template_asset.source.read_text())
    body = json.dumps(template, indent=4)  # the layout does not matter
    cloudformation.add_response("get_template", {"TemplateBody": body})
    cloudformation.add_response("describe_stacks", _stacks("UPDATE_COMPLETE"))
    assert standing(stack, cloudformation.client) == {}


def test_a_kept_stack_at_another_address_is_deployed_anew(
    stack: Stack, cloudformation: CloudFormation
) -> None:
    moved = replace(stack, parameters={"ApiUrl": "http://127.0.0.1:2"})
    for port in (1, 2):
        given = [{"ParameterKey": "ApiUrl", "ParameterValue": f"http://127.0.0.1:{port}"}]
        template = stack.template_asset.source.read_text()
        cloudformation.add_response("get_template", {"TemplateBody": template})
        cloudformation.add_response("describe_stacks", _stacks("UPDATE_COMPLETE", Parameters=given))
    cloudformation.add_response("describe_stacks", _stacks("UPDATE_COMPLETE"))
    assert standing(moved, cloudformation.client) is None
    assert standing(moved, cloudformation.client) == {}


@mock_aws
def test_a_kept_stack_with_another_template_is_updated(
    stack: Stack, cloudformation: CloudFormation, tmp_path: Path
) -> None:
    cloudformation.add_response("get_template", {"TemplateBody": "{}"})
    cloudformation.add_response("update_stack", {"StackId": "id"})
    cloudformation.add_response("describe_stacks", _stacks("UPDATE_IN_PROGRESS"))
    cloudformation.add_response("describe_stacks", _stacks("UPDATE_COMPLETE"))
    client = cloudformation.client
    assert standing(stack, client) is None
    s3 = boto3.client("s3")
    assert deploy(stack, s3=s3, cloudformation=client, cache=tmp_path, update=True) == {}


@mock_aws
def test_failed_resources_are_told_with_their_reasons(
    stack: Stack, cloudformation: CloudFormation, tmp_path: Path
) -> None:
    cloudformation.add_response("create_stack", {"StackId": "id"})
    cloudformation.add_response("describe_stacks", _stacks("ROLLBACK_COMPLETE"))
    cloudformation.add_response("describe_stack_events", {"StackEvents": _events()})

    with pytest.raises(DeploymentFailed) as failed:
        deploy(stack, s3=boto3.client("s3"), cloudformation=cloudformation.client, cache=tmp_path)

    assert failed.value.reasons == ("Queue (AWS::SQS::Queue): no such thing",)
    assert "no such thing" in str(failed.value)


@mock_aws
def test_refused_template_is_told(
    stack: Stack, cloudformation: CloudFormation, tmp_path: Path
) -> None:
    cloudformation.add_client_error(
        "create_stack", "ValidationError", "Unrecognized resource types"
    )
    with pytest.raises(DeploymentFailed, match="Unrecognized resource types"):
        deploy(stack, s3=boto3.client("s3"), cloudformation=cloudformation.client, cache=tmp_path)


def _stacks(status: str, **fields: object) -> Answer:
    stack = {"StackName": STACK, "CreationTime": "2026-01-01", "StackStatus": status, **fields}
    return {"Stacks": [stack]}


def _events() -> list[Answer]:
    same = {"StackId": "id", "StackName": STACK, "EventId": "e", "Timestamp": "2026-01-01"}
    failed = {"ResourceStatus": "CREATE_FAILED", "ResourceStatusReason": "no such thing"}
    of_queue = {"LogicalResourceId": "Queue", "ResourceType": "AWS::SQS::Queue"}
    of_stack = {"LogicalResourceId": STACK, "ResourceStatus": "ROLLBACK_COMPLETE"}
    return [{**same, **of_stack}, {**same, **of_queue, **failed}]
