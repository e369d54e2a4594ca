"""The deployed stack is that of the assembly; failures keep their reasons."""

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

from infra.local.cloud_assembly.deploy import deploy, deployed_outputs, prepare
from infra.local.cloud_assembly.packages import forget_unused, uploadable, write_zip
from infra.local.cloud_assembly.reader import Stack, read_stack
from infra.local.errors import AssemblyUnusable, DeploymentFailed
from tests.e2e.emulator.small_assembly import CODE, STACK, write_assembly

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

ASSETS = "cdk-assets-000000000000-us-east-1"

# Any: responses of CloudFormation, written by hand.
Response = dict[str, Any]


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return read_stack(write_assembly(tmp_path / "assembly"), STACK)


class CloudFormation(Stubber):
    """CloudFormation with the responses of a test."""

    client: "CloudFormationClient"


@pytest.fixture
def cloudformation() -> Iterator[CloudFormation]:
    with CloudFormation(boto3.client("cloudformation")) as stubbed:
        yield stubbed


def test_a_stack_is_read_with_its_account_substituted(stack: Stack) -> None:
    assert stack.name == STACK
    assert {(asset.bucket, asset.key, asset.is_folder) for asset in stack.assets} == {
        (ASSETS, "t.json", False),
        (ASSETS, "code.zip", True),
    }
    assert stack.template_asset.key == "t.json"


@pytest.mark.parametrize("artifact", ["Scones-local-Absent", f"{STACK}.nothing"])
def test_the_error_names_an_absent_stack(tmp_path: Path, artifact: str) -> None:
    assembly = write_assembly(tmp_path / "assembly")
    with pytest.raises(AssemblyUnusable, match=artifact):
        read_stack(assembly, artifact)


def test_the_error_of_an_absent_assembly_states_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(AssemblyUnusable, match="synthesize first"):
        read_stack(tmp_path, STACK)


def test_the_same_content_gives_the_same_zip(tmp_path: Path) -> None:
    for name, order in (("one", "ab"), ("two", "ba")):
        folder = tmp_path / name / "nested"
        folder.mkdir(parents=True)
        for name_of_file in order:
            (folder / name_of_file).write_text(name_of_file)
        (folder / "a").chmod(0o755)
        write_zip(tmp_path / name, tmp_path / f"{name}.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_a_zip_is_made_once(stack: Stack, tmp_path: Path) -> None:
    [package] = [asset for asset in stack.assets if asset.is_folder]
    first = uploadable(package, tmp_path / "cache")
    (package.source / "entry.py").unlink()
    assert uploadable(package, tmp_path / "cache") == first
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [f"{CODE}.zip"]


def test_unused_zips_are_removed(tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / f"{name}.zip").touch()
    os.utime(tmp_path / "old.zip", (0, 0))
    forget_unused(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["new.zip"]


@mock_aws
@pytest.mark.parametrize("is_bootstrapped", [True, False])
def test_assets_are_uploaded_and_the_stack_is_created_from_them(
    stack: Stack, cloudformation: CloudFormation, tmp_path: Path, is_bootstrapped: bool
) -> None:
    """A bucket that `cdk bootstrap` has made keeps them; else their bucket exists meanwhile."""
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
    if is_bootstrapped:
        s3.create_bucket(Bucket=ASSETS)
    prepare(stack, tmp_path)

    result = deploy(stack, s3=s3, cloudformation=cloudformation.client, cache=tmp_path)

    assert result == {"Function": "f"}
    if not is_bootstrapped:
        assert s3.list_buckets()["Buckets"] == []
        return
    template = s3.get_object(Bucket=ASSETS, Key="t.json")["Body"].read()
    assert template == stack.template_asset.source.read_bytes()
    package = s3.get_object(Bucket=ASSETS, Key="code.zip")["Body"].read()
    assert package == (tmp_path / f"{CODE}.zip").read_bytes()


def test_a_kept_stack_with_the_same_template_is_not_deployed_again(
    stack: Stack, cloudformation: CloudFormation
) -> None:
    template = json.loads(stack.template_asset.source.read_text())
    body = json.dumps(template, indent=4)  # the layout does not matter
    cloudformation.add_response("get_template", {"TemplateBody": body})
    cloudformation.add_response("describe_stacks", _stacks("UPDATE_COMPLETE"))
    assert deployed_outputs(stack, cloudformation.client) == {}


def test_a_kept_stack_at_another_address_is_deployed_again(
    stack: Stack, cloudformation: CloudFormation
) -> None:
    moved = replace(stack, parameters={"ApiUrl": "http://127.0.0.1:2"})
    for port in (1, 2):
        given = [{"ParameterKey": "ApiUrl", "ParameterValue": f"http://127.0.0.1:{port}"}]
        template = stack.template_asset.source.read_text()
        cloudformation.add_response("get_template", {"TemplateBody": template})
        cloudformation.add_response("describe_stacks", _stacks("UPDATE_COMPLETE", Parameters=given))
    cloudformation.add_response("describe_stacks", _stacks("UPDATE_COMPLETE"))
    assert deployed_outputs(moved, cloudformation.client) is None
    assert deployed_outputs(moved, cloudformation.client) == {}


@mock_aws
def test_a_kept_stack_with_another_template_is_updated(
    stack: Stack, cloudformation: CloudFormation, tmp_path: Path
) -> None:
    cloudformation.add_response("get_template", {"TemplateBody": "{}"})
    cloudformation.add_response("update_stack", {"StackId": "id"})
    cloudformation.add_response("describe_stacks", _stacks("UPDATE_IN_PROGRESS"))
    cloudformation.add_response("describe_stacks", _stacks("UPDATE_COMPLETE"))
    client = cloudformation.client
    assert deployed_outputs(stack, client) is None
    s3 = boto3.client("s3")
    assert deploy(stack, s3=s3, cloudformation=client, cache=tmp_path, update=True) == {}


@mock_aws
def test_the_error_holds_the_reasons_of_failed_resources(
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
def test_the_error_holds_the_reason_of_a_refused_template(
    stack: Stack, cloudformation: CloudFormation, tmp_path: Path
) -> None:
    cloudformation.add_client_error(
        "create_stack", "ValidationError", "Unrecognized resource types"
    )
    with pytest.raises(DeploymentFailed, match="Unrecognized resource types"):
        deploy(stack, s3=boto3.client("s3"), cloudformation=cloudformation.client, cache=tmp_path)


def _stacks(status: str, **fields: object) -> Response:
    stack = {"StackName": STACK, "CreationTime": "2026-01-01", "StackStatus": status, **fields}
    return {"Stacks": [stack]}


def _events() -> list[Response]:
    same = {"StackId": "id", "StackName": STACK, "EventId": "e", "Timestamp": "2026-01-01"}
    failed = {"ResourceStatus": "CREATE_FAILED", "ResourceStatusReason": "no such thing"}
    of_queue = {"LogicalResourceId": "Queue", "ResourceType": "AWS::SQS::Queue"}
    of_stack = {"LogicalResourceId": STACK, "ResourceStatus": "ROLLBACK_COMPLETE"}
    return [{**same, **of_stack}, {**same, **of_queue, **failed}]
