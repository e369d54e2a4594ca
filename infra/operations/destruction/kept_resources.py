"""The resources that a stack keeps when it is deleted, by type: what finds and removes each.

Which ones a stage has kept is written to a parameter of the stage before its stack is deleted:
afterwards no stack lists them. An interrupted destruction finds them there, and so does the next
deployment, which takes them into its new stack.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable  # noqa: TC003 (msgspec and dataclasses read the types)
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from botocore.exceptions import ClientError

from infra.operations.destruction.bucket_emptying import empty_bucket

if TYPE_CHECKING:
    from collections.abc import Iterable

    import boto3
    from mypy_boto3_ssm import SSMClient

_MISSING_CODES = {
    *("404", "NoSuchBucket", "ResourceNotFoundException"),
    *("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptResource:
    """A resource that its stack keeps."""

    logical_id: str
    kind: str  # a key of `KINDS`
    physical_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A type of which templates keep resources. The functions take a physical id."""

    word: str
    identifier: str  # name of the physical id in an import by CloudFormation
    describe: Callable[[boto3.Session, str], object]  # raises ClientError if it does not exist
    remove: Callable[[boto3.Session, str], object]
    is_imported_by_emulator: bool = True


class KeptResources:
    """The record of one stage. Methods raise ClientError and BotoCoreError as the SDK does."""

    def __init__(self, ssm: SSMClient, *, stage: str) -> None:
        self._ssm = ssm
        self.parameter = f"/scones/{stage}/kept-resources"

    def read(self) -> list[KeptResource]:
        """Return what is recorded; nothing if there is no record."""
        try:
            parameter = self._ssm.get_parameter(Name=self.parameter)
        except self._ssm.exceptions.ParameterNotFound:
            return []
        return msgspec.json.decode(parameter["Parameter"]["Value"], type=list[KeptResource])

    def add(self, resources: Iterable[KeptResource]) -> list[KeptResource]:
        """Record more resources, and return all that are recorded."""
        recorded = self.read()
        merged = list(dict.fromkeys([*recorded, *resources]))
        if merged != recorded:
            self._ssm.put_parameter(
                Name=self.parameter,
                Value=msgspec.json.encode(merged).decode(),
                Type="String",
                Overwrite=True,
                Tier="Intelligent-Tiering",  # the names of a durable stage exceed 4 KB
            )
        return merged

    def drop(self, resources: Iterable[KeptResource]) -> None:
        """Take resources out of the record, which is deleted once it has none."""
        dropped = set(resources)
        recorded = self.read()
        rest = [resource for resource in recorded if resource not in dropped]
        self.forget()
        self.add(rest)

    def forget(self) -> None:
        """Delete the record."""
        with contextlib.suppress(self._ssm.exceptions.ParameterNotFound):
            self._ssm.delete_parameter(Name=self.parameter)


def exists(session: boto3.Session, resource: KeptResource) -> bool:
    """Whether the resource still exists. Raises: ClientError, BotoCoreError."""
    try:
        KINDS[resource.kind].describe(session, resource.physical_id)
    except ClientError as error:
        if not _is_missing(error):
            raise
        return False
    return True


def remove(session: boto3.Session, resource: KeptResource) -> bool:
    """Lift the resource's own protection and delete it with its content, or return false.

    False: it does not exist. Raises: BucketNotEmptied, ClientError, BotoCoreError.
    """
    if not exists(session, resource):
        return False
    KINDS[resource.kind].remove(session, resource.physical_id)
    return True


def _is_missing(error: ClientError) -> bool:
    return error.response.get("Error", {}).get("Code") in _MISSING_CODES


def _remove_bucket(session: boto3.Session, bucket: str) -> None:
    s3 = session.client("s3")
    empty_bucket(s3, bucket)
    s3.delete_bucket(Bucket=bucket)


def _remove_table(session: boto3.Session, table: str) -> None:
    dynamodb = session.client("dynamodb")
    description = dynamodb.describe_table(TableName=table)["Table"]
    if description.get("DeletionProtectionEnabled"):
        dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
    dynamodb.delete_table(TableName=table)
    dynamodb.get_waiter("table_not_exists").wait(
        TableName=table, WaiterConfig={"Delay": 2, "MaxAttempts": 150}
    )


def _remove_user_pool(session: boto3.Session, pool: str) -> None:
    cognito = session.client("cognito-idp")
    description = cognito.describe_user_pool(UserPoolId=pool)["UserPool"]
    if description.get("DeletionProtection") == "ACTIVE":
        # It resets the pool's other settings, which the next call deletes.
        cognito.update_user_pool(UserPoolId=pool, DeletionProtection="INACTIVE")
    cognito.delete_user_pool(UserPoolId=pool)


KINDS = {
    "AWS::S3::Bucket": Kind(
        word="bucket",
        identifier="BucketName",
        describe=lambda session, bucket: session.client("s3").head_bucket(Bucket=bucket),
        remove=_remove_bucket,
    ),
    "AWS::DynamoDB::Table": Kind(
        word="table",
        identifier="TableName",
        describe=lambda session, table: session.client("dynamodb").describe_table(TableName=table),
        remove=_remove_table,
    ),
    "AWS::SQS::Queue": Kind(
        word="queue",
        identifier="QueueUrl",
        describe=lambda session, url: session.client("sqs").get_queue_attributes(QueueUrl=url),
        remove=lambda session, url: session.client("sqs").delete_queue(QueueUrl=url),
    ),
    "AWS::Cognito::UserPool": Kind(
        word="user pool",
        identifier="UserPoolId",
        describe=lambda session, pool: session.client("cognito-idp").describe_user_pool(
            UserPoolId=pool
        ),
        remove=_remove_user_pool,
    ),
    "AWS::SecretsManager::Secret": Kind(
        word="secret",
        is_imported_by_emulator=False,
        identifier="Id",
        describe=lambda session, secret: session.client("secretsmanager").describe_secret(
            SecretId=secret
        ),
        # Without a recovery window: the secret would stay for a month, and be found as left.
        remove=lambda session, secret: session.client("secretsmanager").delete_secret(
            SecretId=secret, ForceDeleteWithoutRecovery=True
        ),
    ),
}
