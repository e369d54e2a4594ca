"""A deployed stage under moto, and a record of all AWS calls.

CloudFormation is stubbed: moto's needs packages that the project does not use.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from moto import mock_aws

from handlers.aws.dynamodb import item_of
from handlers.domain.ledger.schema import ASSIGNMENTS, CONTROLS, REVIEWERS
from handlers.domain.timestamps import stamp
from tests.infra.user_pools import create_user_pools
from tests.tables import create_photos_table, create_table

STACK = "Scones-prod-Pipeline"
API_URL = "https://api.example.com"
_POLICY = {"models": {}, "order_ranges": {"car": "nearby", "van": "distant"}}
_DEFINITION = {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}


@dataclass(kw_only=True)
class DeployedStage:
    """The resources, by the outputs of the stack `Pipeline`."""

    outputs: dict[str, str]
    stacks: dict[str, dict[str, str]]  # outputs by the name of the stack
    # `service:Operation` of every call but DescribeStacks, in the order of the calls.
    calls: list[str] = field(default_factory=list)

    def client(self, service: str) -> Any:
        """A client whose calls are recorded, too: see `forget_calls`."""
        return boto3.Session().client(service)  # type: ignore[call-overload] # any service

    def forget_calls(self) -> None:
        """Forget the calls that prepared the test."""
        self.calls.clear()

    def photo(self, photo_id: str, **values: Any) -> None:
        """Write a row of a photo that was received and decided an hour ago."""
        at = datetime.now(UTC) - timedelta(hours=1)
        row = {
            "photo_id": photo_id,
            "bucket": self.outputs["IntakeBucket"],
            "key": "intake/anna/u.jpg",
            "etag": "e",
            "status": "assigned",
            "attempt": 1,
            "execution_arn": f"{self.outputs['StateMachineArn']}:gone".replace(
                ":stateMachine:", ":execution:"
            ),
            "driver_id": "anna",
            "vehicle": "car",
            "review": "none",
            "received_at": stamp(at),
            "received_hour": f"{at:%Y-%m-%dT%H}",
            "uploaded_at": stamp(at),
            "claimed_at": stamp(at),
            "updated_at": stamp(at + timedelta(seconds=2)),
            **values,
        }
        self.client("dynamodb").put_item(TableName=self.outputs["PhotosTable"], Item=item_of(row))


@contextmanager
def deployed_stage(patch: pytest.MonkeyPatch) -> Iterator[DeployedStage]:
    """Create the resources and the stack; record all calls until the block ends."""
    with mock_aws(config={"core": {"reset_boto3_session": False}}):
        outputs = _resources()
        stage = DeployedStage(outputs=outputs, stacks={STACK: outputs})
        stub_stacks(patch, stage.stacks, calls=stage.calls)
        yield stage


def stub_stacks(
    patch: pytest.MonkeyPatch,
    stacks: Mapping[str, Mapping[str, str]],
    *,
    calls: list[str] | None = None,
) -> None:
    """Answer DescribeStacks from `stacks`, and add every other call to `calls`."""
    make_call = BaseClient._make_api_call  # type: ignore[attr-defined] # botocore's own

    def record(client: Any, operation: str, arguments: Any) -> Any:
        if operation == "DescribeStacks":
            return _described(stacks, arguments["StackName"])
        if calls is not None:
            calls.append(f"{client.meta.service_model.service_name}:{operation}")
        return make_call(client, operation, arguments)

    patch.setattr(BaseClient, "_make_api_call", record)


def _resources() -> dict[str, str]:
    s3, dynamodb, sqs = (boto3.client("s3"), boto3.client("dynamodb"), boto3.client("sqs"))
    s3.create_bucket(Bucket="intake")
    s3.put_bucket_versioning(Bucket="intake", VersioningConfiguration={"Status": "Enabled"})
    create_photos_table()
    create_table(dynamodb, ASSIGNMENTS, "assignments")
    create_table(dynamodb, REVIEWERS, "reviewers")
    create_table(dynamodb, CONTROLS, "controls")
    boto3.client("ssm").put_parameter(Name="policy", Value=json.dumps(_POLICY), Type="String")
    cognito = boto3.client("cognito-idp")
    pools = create_user_pools(cognito)
    machine = boto3.client("stepfunctions").create_state_machine(
        name="workflow",
        definition=json.dumps(_DEFINITION),
        roleArn="arn:aws:iam::123456789012:role/workflow",
    )
    return {
        "IntakeBucket": "intake",
        "PhotosTable": "photos",
        "AssignmentsTable": "assignments",
        "ReviewersTable": "reviewers",
        "ControlsTable": "controls",
        "PolicyParameter": "policy",
        "PolicyOverrideParameter": "policy-override",
        **pools,
        "ApiUrl": API_URL,
        "StateMachineArn": machine["stateMachineArn"],
        "ReviewQueueUrl": sqs.create_queue(QueueName="review")["QueueUrl"],
        "FailuresQueueUrl": sqs.create_queue(QueueName="failures")["QueueUrl"],
    }


def _described(stacks: Mapping[str, Mapping[str, str]], name: str) -> dict[str, Any]:
    if name not in stacks:
        error = {"Code": "ValidationError", "Message": f"Stack with id {name} does not exist"}
        raise ClientError(cast("Any", {"Error": error}), "DescribeStacks")
    outputs = [{"OutputKey": key, "OutputValue": value} for key, value in stacks[name].items()]
    created = datetime(2026, 11, 22, tzinfo=UTC)
    status = "CREATE_COMPLETE"
    stack = {"StackName": name, "CreationTime": created, "StackStatus": status, "Outputs": outputs}
    return {"Stacks": [stack]}
