"""The order of a destruction, its approval, its repetition, and the search for what is left."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.operations.deployment.account import Account
from infra.operations.deployment.history import history_parameter
from infra.operations.destruction import destroy, leftovers
from infra.operations.destruction.bucket_emptying import count_versions, empty_bucket
from infra.operations.destruction.destroy import Destruction, DestructionResult, Questions
from infra.operations.destruction.errors import DestructionRefused, StackNotDeleted
from infra.operations.destruction.kept_resources import KeptResources
from infra.operations.destruction.stage_stacks import ExistingStack, StackResource

NUMBER, REGION = "123456789012", "eu-central-1"
PIPELINE, SERVING = "Scones-prod-Pipeline", "Scones-prod-Serving"
KINDS_BY_NAME = {
    "Intake": "AWS::S3::Bucket",
    "Photos": "AWS::DynamoDB::Table",
    "Review": "AWS::SQS::Queue",
    "AuditSalt": "AWS::SecretsManager::Secret",
    "DriversPool": "AWS::Cognito::UserPool",
}
SETTINGS = f'account = "{NUMBER}"\nregion = "{REGION}"\nis_durable = true\n'
TAGS = {"project": "scones-unlimited", "stage": "prod"}
LISTED_TAGS = [{"Key": key, "Value": value} for key, value in TAGS.items()]


class Stacks:
    """Stands for CloudFormation: moto's own needs a package that nothing else does."""

    def __init__(self) -> None:
        self.by_name: dict[str, ExistingStack] = {}
        self.deleted: list[str] = []
        self.failures = 0  # how many deletions are still to fail

    def add(self, name: str, *resources: StackResource) -> None:
        self.by_name[name] = ExistingStack(
            name=name, status="CREATE_COMPLETE", is_protected=True, resources=resources
        )

    def existing(self, _client: object, name: str) -> ExistingStack | None:
        return self.by_name.get(name)

    def lift_protection(self, _client: object, name: str) -> None:
        self.by_name[name] = dataclasses.replace(self.by_name[name], is_protected=False)

    def delete(self, _client: object, name: str) -> None:
        assert not self.by_name[name].is_protected
        self.deleted.append(name)
        if self.failures:
            self.failures -= 1
            raise StackNotDeleted(f"stack {name} is not deleted: AccessLogs (not empty)")
        del self.by_name[name]


class Stage:
    """A small durable stage in an account, and its destruction."""

    def __init__(self, stages: Path) -> None:
        self.stages = stages
        self.session = boto3.Session(region_name=REGION)
        self.stacks = Stacks()
        self.shown: list[str] = []
        self.answer = "prod"
        self.ids = self._make()
        self.stacks.add(SERVING)
        self.stacks.add(
            PIPELINE,
            *(
                StackResource(logical_id=name, kind=kind, physical_id=self.ids[name], is_kept=True)
                for name, kind in KINDS_BY_NAME.items()
            ),
        )

    def client(self, service: str) -> Any:
        return self.session.client(service)  # type: ignore[call-overload] # any service

    def _make(self) -> dict[str, str]:
        """Make one resource of each type that a stack keeps, and the history."""
        s3 = self.client("s3")
        where = {"LocationConstraint": REGION}
        s3.create_bucket(Bucket="scones-prod-pipeline-intake-1", CreateBucketConfiguration=where)
        s3.put_bucket_versioning(
            Bucket="scones-prod-pipeline-intake-1", VersioningConfiguration={"Status": "Enabled"}
        )
        s3.put_object(Bucket="scones-prod-pipeline-intake-1", Key="a.jpg", Body=b"1")
        s3.delete_object(Bucket="scones-prod-pipeline-intake-1", Key="a.jpg")
        self.client("dynamodb").create_table(
            TableName=f"{PIPELINE}-Photos-1",
            AttributeDefinitions=[{"AttributeName": "photo_id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "photo_id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
            DeletionProtectionEnabled=True,
            Tags=LISTED_TAGS,
        )
        queue = self.client("sqs").create_queue(QueueName=f"{PIPELINE}-Review-1", tags=TAGS)
        secret = self.client("secretsmanager").create_secret(
            Name="AuditSalt-1", SecretString="x", Tags=LISTED_TAGS
        )
        pool = self.client("cognito-idp").create_user_pool(
            PoolName="DriversPool-1", DeletionProtection="ACTIVE", UserPoolTags=TAGS
        )
        self.client("ssm").put_parameter(Name=history_parameter("prod"), Value="{}", Type="String")
        return {
            "Intake": "scones-prod-pipeline-intake-1",
            "Photos": f"{PIPELINE}-Photos-1",
            "Review": queue["QueueUrl"],
            "AuditSalt": secret["ARN"],
            "DriversPool": pool["UserPool"]["Id"],
        }

    def destroy(self, *, lifts_protection: bool = True, **options: Any) -> DestructionResult:
        return Destruction(
            stage="prod",
            questions=Questions(show=self.shown.append, ask_name=lambda _question: self.answer),
            stages=self.stages,
            lifts_protection=lifts_protection,
            lag_s=0.0,
            **options,
        ).run()


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    (tmp_path / "prod.toml").write_text(SETTINGS, encoding="utf-8")
    with mock_aws():
        stage = Stage(tmp_path)
        account = Account(session=stage.session, account=NUMBER, region=REGION)
        monkeypatch.setattr(Account, "of_stage", lambda _config: account)
        monkeypatch.setattr(Account, "target", lambda _account, _stage: None)
        for module in (destroy, leftovers):
            monkeypatch.setattr(module, "existing_stack", stage.stacks.existing)
        monkeypatch.setattr(destroy, "lift_protection", stage.stacks.lift_protection)
        monkeypatch.setattr(destroy, "delete_stack", stage.stacks.delete)
        yield stage


def test_nothing_is_left_and_a_second_time_there_is_nothing_to_do(stage: Stage) -> None:
    result = stage.destroy()
    assert result.leftovers == ()
    assert result.deleted == (SERVING, PIPELINE)  # the endpoint first
    assert len(result.removed) == 6
    again = stage.destroy()
    assert (again.deleted, again.removed, again.leftovers) == ((), (), ())


def test_a_dry_run_and_a_wrong_name_change_nothing(stage: Stage) -> None:
    assert not stage.destroy(is_dry_run=True, lifts_protection=False).is_destroyed
    assert any("2 object versions" in line for line in stage.shown)
    stage.answer = "dev"
    with pytest.raises(DestructionRefused, match="not confirmed"):
        stage.destroy()
    assert stage.stacks.by_name.keys() == {PIPELINE, SERVING}
    assert KeptResources(stage.client("ssm"), stage="prod").read() == []


def test_a_protected_stage_is_refused_without_the_option(stage: Stage) -> None:
    with pytest.raises(DestructionRefused, match="--lift-protection"):
        stage.destroy(lifts_protection=False)
    assert stage.stacks.by_name.keys() == {PIPELINE, SERVING}


def test_an_interrupted_destruction_is_repeated(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stacks are gone, and no stack lists what they kept any more."""

    def interrupted(*_: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patches:
        patches.setattr(destroy, "remove", interrupted)
        with pytest.raises(KeyboardInterrupt):
            stage.destroy()
    assert not stage.stacks.by_name
    with pytest.raises(DestructionRefused, match="--lift-protection"):
        stage.destroy(lifts_protection=False)
    result = stage.destroy()
    assert len(result.removed) == 6
    assert result.leftovers == ()


def test_planted_resources_are_found_by_tag_and_by_name(stage: Stage) -> None:
    stage.client("sqs").create_queue(
        QueueName="by-hand", tags={"project": "scones-unlimited", "stage": "prod"}
    )
    stage.client("sqs").create_queue(
        QueueName="other", tags={"project": "scones-unlimited", "stage": "dev"}
    )
    stage.client("logs").create_log_group(logGroupName="/aws/vendedlogs/states/scones-prod")
    stage.client("logs").create_log_group(logGroupName="/aws/vendedlogs/states/scones-prod-2")
    stage.client("ssm").put_parameter(Name="/scones/prod/by-hand", Value="1", Type="String")
    stage.client("sagemaker").create_model(
        ModelName="Scones-prod-Serving-Model", ExecutionRoleArn=f"arn:aws:iam::{NUMBER}:role/r"
    )
    assert {(leftover.kind, leftover.name) for leftover in stage.destroy().leftovers} == {
        ("tagged", f"arn:aws:sqs:{REGION}:{NUMBER}:by-hand"),
        ("log group", "/aws/vendedlogs/states/scones-prod"),
        ("parameter", "/scones/prod/by-hand"),
        ("model", "Scones-prod-Serving-Model"),
    }


def test_data_is_kept_and_named(stage: Stage) -> None:
    table, bucket = stage.ids["Photos"], stage.ids["Intake"]
    result = stage.destroy(keeps_data=True)
    assert result.leftovers == ()
    assert {table, bucket} <= set(result.kept)
    description = stage.client("dynamodb").describe_table(TableName=table)["Table"]
    assert description["DeletionProtectionEnabled"]
    assert count_versions(stage.client("s3"), bucket) == 2
    recorded = KeptResources(stage.client("ssm"), stage="prod").read()
    assert {resource.logical_id for resource in recorded} == stage.ids.keys()


def test_a_stage_that_keeps_nothing_cannot_keep_its_data(stage: Stage) -> None:
    stage.stacks.add(PIPELINE)
    with pytest.raises(DestructionRefused, match="not durable"):
        stage.destroy(keeps_data=True)


def test_rows_are_exported_and_no_file_is_replaced(stage: Stage, tmp_path: Path) -> None:
    stage.client("dynamodb").put_item(
        TableName=stage.ids["Photos"],
        Item={"photo_id": {"S": "1"}, "content": {"B": b"\x00"}},
    )
    folder = tmp_path / "rows"
    (folder / "x").mkdir(parents=True)
    stage.destroy(export=folder)
    row = json.loads((folder / "Photos.jsonl").read_text(encoding="utf-8"))
    assert row == {"photo_id": {"S": "1"}, "content": {"B": "AA=="}}


def test_a_stack_that_is_not_deleted_is_tried_again_after_its_buckets_are_empty(
    stage: Stage,
) -> None:
    stage.stacks.failures = 2
    assert stage.destroy().leftovers == ()
    assert stage.stacks.deleted == [SERVING] * 3 + [PIPELINE]


def test_a_stack_that_is_never_deleted_is_named(stage: Stage) -> None:
    stage.stacks.failures = 3
    with pytest.raises(StackNotDeleted, match="AccessLogs"):
        stage.destroy()


@mock_aws
def test_a_bucket_of_several_pages_is_emptied() -> None:
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="versions")
    s3.put_bucket_versioning(Bucket="versions", VersioningConfiguration={"Status": "Enabled"})
    for number in range(1_001):
        s3.put_object(Bucket="versions", Key=f"{number % 7}", Body=b"")
    s3.delete_object(Bucket="versions", Key="1")
    assert empty_bucket(s3, "versions") == 1_002
    assert empty_bucket(s3, "versions") == 0
    assert empty_bucket(s3, "absent") == 0
