"""Deploys one stack to the emulator exactly as synthesized: uploads its assets, creates it."""

from __future__ import annotations

import contextlib
import json
import time
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from infra.local.cloud_assembly.packages import forget_unused, uploadable
from infra.local.errors import DeploymentFailed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_s3 import S3Client

    from infra.local.cloud_assembly.reader import Stack

_TIMEOUT_S = 60.0
_POLL_S = 0.05
_COMPLETE = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
_IN_PROGRESS = (
    "CREATE_IN_PROGRESS",
    "UPDATE_IN_PROGRESS",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
)


def prepare(stack: Stack, cache: Path) -> None:
    """Zip the assets that `deploy` will upload into the cache, and remove old zips from it."""
    for asset in stack.assets:
        uploadable(asset, cache)
    forget_unused(cache)


def deploy(
    stack: Stack,
    *,
    s3: S3Client,
    cloudformation: CloudFormationClient,
    cache: Path,
    update: bool = False,
) -> dict[str, str]:
    """Upload the stack's assets, create or update it, and return its outputs.

    The bucket of the assets exists only meanwhile, unless `cdk bootstrap` has made it: with a
    bucket of this name that is not its own, a bootstrap of the stage would fail.

    Raises:
        DeploymentFailed: CloudFormation refused the template or a resource.
    """
    with _asset_buckets({asset.bucket for asset in stack.assets}, s3):
        for asset in stack.assets:
            with uploadable(asset, cache).open("rb") as content:
                s3.put_object(Bucket=asset.bucket, Key=asset.key, Body=content)
        _apply(stack, s3=s3, cloudformation=cloudformation, update=update)
        return _await_outputs(stack.name, cloudformation)


def _apply(
    stack: Stack, *, s3: S3Client, cloudformation: CloudFormationClient, update: bool
) -> None:
    template = stack.template_asset
    apply = cloudformation.update_stack if update else cloudformation.create_stack
    try:
        # By URL, as the CDK command line does: in the request, 51,200 bytes are the limit.
        apply(
            StackName=stack.name,
            TemplateURL=f"{s3.meta.endpoint_url}/{template.bucket}/{template.key}",
            Parameters=[
                {"ParameterKey": name, "ParameterValue": value}
                for name, value in stack.parameters.items()
            ],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
    except ClientError as error:
        raise DeploymentFailed(stack.name, [str(error)]) from error


@contextlib.contextmanager
def _asset_buckets(names: set[str], s3: S3Client) -> Iterator[None]:
    """Create the buckets that are missing, and delete those, with their content, afterwards."""
    missing = names - {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    for name in missing:
        s3.create_bucket(Bucket=name)
    yield
    for name in missing:
        for item in s3.list_objects_v2(Bucket=name).get("Contents", []):
            s3.delete_object(Bucket=name, Key=item["Key"])
        s3.delete_bucket(Bucket=name)


def deployed_outputs(stack: Stack, cloudformation: CloudFormationClient) -> dict[str, str] | None:
    """Return the stack's outputs if it is deployed with this template and parameters, else None."""
    body: object = cloudformation.get_template(StackName=stack.name)["TemplateBody"]
    deployed = json.loads(body) if isinstance(body, str) else body
    if deployed != json.loads(stack.template_asset.source.read_text(encoding="utf-8")):
        return None
    if stack.parameters and not _has_parameters(stack, cloudformation):
        return None
    return _await_outputs(stack.name, cloudformation)


def _has_parameters(stack: Stack, cloudformation: CloudFormationClient) -> bool:
    description = cloudformation.describe_stacks(StackName=stack.name)["Stacks"][0]
    deployed = {
        parameter["ParameterKey"]: parameter["ParameterValue"]
        for parameter in description.get("Parameters", [])
    }
    return all(deployed.get(name) == value for name, value in stack.parameters.items())


def _await_outputs(name: str, cloudformation: CloudFormationClient) -> dict[str, str]:
    deadline = time.monotonic() + _TIMEOUT_S
    while time.monotonic() < deadline:
        description = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        status = description["StackStatus"]
        if status in _COMPLETE:
            return {
                output["OutputKey"]: output["OutputValue"]
                for output in description.get("Outputs", [])
            }
        if status not in _IN_PROGRESS:
            raise DeploymentFailed(name, _reasons(name, cloudformation))
        time.sleep(_POLL_S)
    raise DeploymentFailed(name, [f"not complete after {_TIMEOUT_S:.0f} s"])


def _reasons(name: str, cloudformation: CloudFormationClient) -> list[str]:
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    return [
        f"{event.get('LogicalResourceId')} ({event.get('ResourceType')}): "
        f"{event.get('ResourceStatusReason', 'no reason given')}"
        for event in reversed(events)
        if event.get("ResourceStatus", "").endswith("_FAILED")
    ]
