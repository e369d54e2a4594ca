"""A sound deployed stage that the doctor examines, under moto.

What moto lacks or would need containers for is answered from `answers`, one entry a service and
operation; each answer is checked against the SDK's own model of the response.
"""

import copy
import dataclasses
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from random import Random
from typing import Any
from unittest.mock import patch

import boto3
from botocore.client import BaseClient
from botocore.exceptions import ParamValidationError
from botocore.validate import validate_parameters
from moto import mock_aws

from handlers.aws.dynamodb import item_of
from handlers.domain.ledger.schema import CONTROLS
from handlers.domain.timestamps import stamp
from infra.config import StageConfig
from infra.operations.doctor.catalogue import examine_stage
from infra.operations.doctor.examined_stage import ExaminedStage
from infra.operations.doctor.stage_check import Diagnosis
from infra.operations.redrive.queues import QUEUES
from infra.operations.target import Target
from infra.policy_document import render_policy
from monitoring.reconciliation.bucket_walk import CHECKPOINT_KEY
from tests.conftest import ROOT
from tests.tables import create_photos_table, create_table
from training.registry.archive import pack

ACCOUNT, REGION = "123456789012", "us-east-1"
SHIPPED = ROOT / "training" / "shipped"
SETTINGS = StageConfig(
    stage="prod",
    account=ACCOUNT,
    model_image_uri=f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/scones:1",
    model_data_url="s3://models/vehicle/1/model.tar.gz",
    alarm_email="operations@example.com",
    report_emails=("dispatch@example.com", "quality@example.com"),
)
VERSION = json.loads((SHIPPED / "manifest.json").read_text(encoding="utf-8"))["model_version"]
FUNCTIONS = ("Classify", "Report", "Sweeper", "Filter", "Changes")
CAPTURES = f"data-capture/{SETTINGS.endpoint_name}"
_CONFIGURATION = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint-config/endpointconfig-ab12"
_ALARMS = ("Failures", "EndpointErrors", "SweeperSilent")

Answer = Callable[[dict[str, Any]], dict[str, Any]]  # of the arguments of a call


@dataclass(kw_only=True)
class SoundStage:
    """The stage, until a test spoils it."""

    target: Target
    answers: dict[str, Any]  # response, or function of the arguments, by `service:Operation`
    now: datetime
    clock_off: timedelta = timedelta(0)  # of this machine
    calls: list[str] = field(default_factory=list)

    def client(self, service: str) -> Any:
        return self.target.session.client(service)  # type: ignore[call-overload] # any service

    def put_photo(self, photo_id: str, *, at: datetime, **values: Any) -> None:
        """Write a row of a photo that the model classified."""
        row = {
            "photo_id": photo_id,
            "key": f"intake/anna/{photo_id[:8]}.jpg",
            "bucket": "intake",
            "etag": "e",
            "status": "assigned",
            "attempt": 1,
            "execution_arn": "arn",
            "review": "none",
            "model_version": VERSION,
            "received_at": stamp(at),
            "received_hour": f"{at:%Y-%m-%dT%H}",
            "uploaded_at": stamp(at),
            "claimed_at": stamp(at),
            "updated_at": stamp(at),
            **values,
        }
        self.client("dynamodb").put_item(TableName="photos", Item=item_of(row))

    def send(self, queue: str, body: str = "{}") -> None:
        """Send a message to a queue, by its output."""
        self.client("sqs").send_message(QueueUrl=self.target.outputs[queue], MessageBody=body)

    def put_parameter(self, name: str, value: str) -> None:
        self.client("ssm").put_parameter(Name=name, Value=value, Type="String", Overwrite=True)

    def put_checkpoint(self) -> None:
        self.client("s3").put_object(Bucket="reports", Key=CHECKPOINT_KEY, Body=b"{}")

    def examine(self) -> list[Diagnosis]:
        """Ask all checks, the test alarm included."""
        examined = ExaminedStage.of(self.target, now=self.now, sends_test_alarm=True)
        examined = dataclasses.replace(
            examined, settings=SETTINGS, alarm_wait_s=0, now=self.now + self.clock_off
        )
        return list(examine_stage(examined))

    def problems(self) -> set[str]:
        """The names of the checks that found a problem."""
        return {diagnosis.check.name for diagnosis in self.examine() if diagnosis.is_problem}


@contextmanager
def sound_stage(random: Random) -> Iterator[SoundStage]:
    """Create a sound stage; what may differ between sound stages is drawn from `random`."""
    with mock_aws(config={"core": {"reset_boto3_session": False}}):
        session = _session()
        now = datetime.now(UTC)
        outputs = _resources(session)
        target = Target(
            session=session,
            outputs=outputs,
            stage="prod",
            status="UPDATE_COMPLETE",
            since=stamp(now - timedelta(minutes=random.choice((5, 600, 60_000)))),
        )
        stage = SoundStage(target=target, answers=_answers(outputs, now, random), now=now)
        with patch.object(BaseClient, "_make_api_call", _answering(stage)):
            _use(stage, random)
            yield stage


def _use(stage: SoundStage, random: Random) -> None:
    """Write what a stage in use holds: photos, captures, reviews, a sweep."""
    stage.put_checkpoint()
    s3 = stage.client("s3")
    for number in range(random.randrange(4)):
        at = stage.now - timedelta(minutes=random.uniform(1, 1300))
        stage.put_photo(f"{number:064}", at=at)
        closed = at + timedelta(minutes=random.uniform(0, 3))
        s3.put_object(Bucket="capture", Key=f"{CAPTURES}/AllTraffic/{closed:%Y/%m/%d/%H}/a.jsonl")
    if random.random() < 0.5:
        at = stage.now - timedelta(hours=random.uniform(0, 23))
        stage.put_photo("f" * 64, at=at, status="in_review", review="open", model_version="")
        stage.send("ReviewQueueUrl", json.dumps({"photo_id": "f" * 64}))


def _resources(session: boto3.Session) -> dict[str, str]:
    s3, sqs, sns = session.client("s3"), session.client("sqs"), session.client("sns")
    for bucket in ("intake", "capture", "reports", "models"):
        s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket="models", Key="vehicle/1/model.tar.gz", Body=_archive())
    create_photos_table()
    create_table(session.client("dynamodb"), CONTROLS, "controls")
    for name in ("photos", "assignments"):
        if name != "photos":
            session.client("dynamodb").create_table(
                TableName=name,
                KeySchema=[{"AttributeName": "driver_id", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "driver_id", "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
            )
        session.client("dynamodb").update_continuous_backups(
            TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
    ssm = session.client("ssm")
    policy = render_policy([SHIPPED / "manifest.json"], SETTINGS.order_ranges)
    for name, value in (("policy", policy), ("override", "{}")):
        ssm.put_parameter(Name=name, Value=value, Type="String")
    alarm_topic = sns.create_topic(Name="alarms")["TopicArn"]
    report_topic = sns.create_topic(Name="report")["TopicArn"]
    sns.subscribe(TopicArn=alarm_topic, Protocol="email", Endpoint=SETTINGS.alarm_email)
    for email in SETTINGS.report_emails:
        sns.subscribe(TopicArn=report_topic, Protocol="email", Endpoint=email)
    _alarms(session, alarm_topic)
    queues = {
        output: sqs.create_queue(QueueName=output)["QueueUrl"]
        for output in ("ReviewQueueUrl", *(queue.output for queue in QUEUES.values()))
    }
    return {
        "IntakeBucket": "intake",
        "CaptureBucket": "capture",
        "ReportsBucket": "reports",
        "PhotosTable": "photos",
        "ControlsTable": "controls",
        "PolicyParameter": "policy",
        "PolicyOverrideParameter": "override",
        "AlarmTopicArn": alarm_topic,
        "ReportTopicArn": report_topic,
        "StateMachineArn": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:workflow",
        "ClassifyFunction": "Classify",
        "ReportFunction": "Report",
        **queues,
    }


def _alarms(session: boto3.Session, topic: str) -> None:
    for name in _ALARMS:
        session.client("cloudwatch").put_metric_alarm(
            AlarmName=name,
            AlarmActions=[topic],
            Namespace="Scones",
            MetricName=name,
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
        )


class _CachedClients(boto3.Session):
    """Makes each client once: making it takes longer than its calls under moto."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._clients: dict[str, Any] = {}

    def client(self, service_name: str) -> Any:  # type: ignore[override] # any service
        if service_name not in self._clients:
            make: Any = super().client
            self._clients[service_name] = make(service_name)
        return self._clients[service_name]


@cache
def _session() -> boto3.Session:
    return _CachedClients(
        region_name=REGION,
        aws_access_key_id="none",
        aws_secret_access_key="none",  # noqa: S106 # moto checks none
    )


@cache
def _archive() -> bytes:
    return pack(SHIPPED)


def _answers(outputs: dict[str, str], now: datetime, random: Random) -> dict[str, Any]:
    served = {
        "EndpointName": SETTINGS.endpoint_name,
        "EndpointArn": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/a",
        "EndpointConfigName": "EndpointConfig-Ab12",
        "EndpointStatus": random.choice(("InService", "InService", "Updating")),
        "CreationTime": now,
        "LastModifiedTime": now,
        "ProductionVariants": [{"VariantName": "AllTraffic", "CurrentInstanceCount": 1}],
        "DataCaptureConfig": {
            "EnableCapture": True,
            "CaptureStatus": "Started",
            "CurrentSamplingPercentage": 100,
            "DestinationS3Uri": "s3://capture/data-capture",
            "KmsKeyId": "",
        },
    }
    errors = random.choice((0.0, 0.0, 1.0, 20.0))  # 20 of 1,000 calls are retried
    return {
        "cloudformation:ListStackResources": _stack_resources(outputs),
        "sagemaker:DescribeEndpoint": served,
        "sagemaker:DescribeEndpointConfig": {
            "EndpointConfigName": "EndpointConfig-Ab12",
            "EndpointConfigArn": _CONFIGURATION,
            "CreationTime": now,
            "ProductionVariants": [{"VariantName": "AllTraffic", "ModelName": "model-1"}],
        },
        "sagemaker:DescribeModel": {
            "ModelName": "model-1",
            "CreationTime": now,
            "ModelArn": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model/model-1",
            "PrimaryContainer": {
                "Image": SETTINGS.model_image_uri,
                "ModelDataUrl": SETTINGS.model_data_url,
            },
        },
        "service-quotas:ListServiceQuotas": {
            "Quotas": [
                {"QuotaName": "ml.m5.large for endpoint usage", "Value": 0.0},
                {"QuotaName": "ml.c5.large for endpoint usage", "Value": 4.0},
            ]
        },
        "sts:GetCallerIdentity": lambda _: {"Account": ACCOUNT},
        "lambda:GetAccountSettings": {
            "AccountLimit": {
                "ConcurrentExecutions": 1000,
                "UnreservedConcurrentExecutions": random.choice((100, 980, 1000)),
            }
        },
        "lambda:GetFunctionConfiguration": lambda arguments: {
            "FunctionName": arguments["FunctionName"],
            "State": random.choice(("Active", "Inactive")),
            "LastUpdateStatus": "Successful",
            "Environment": {
                "Variables": {"CAPTURE_BUCKET": "capture", "CAPTURE_PREFIX": CAPTURES}
                if arguments["FunctionName"] == "Report"
                else {}
            },
        },
        "lambda:GetEventSourceMapping": {
            "State": random.choice(("Enabled", "Updating")),
            "LastProcessingResult": random.choice(("OK", "No records processed")),
        },
        # moto forgets that a bucket sends its events to EventBridge.
        "s3:GetBucketNotificationConfiguration": {"EventBridgeConfiguration": {}},
        "events:DescribeRule": {"Name": "rule", "State": "ENABLED"},
        "events:ListTargetsByRule": {
            "Targets": [{"Id": "machine", "Arn": outputs["StateMachineArn"]}]
        },
        "scheduler:GetSchedule": {"State": "ENABLED"},
        "cloudwatch:GetMetricData": {
            "MetricDataResults": [
                {"Id": "errors0", "Values": [errors]},
                {"Id": "invocations0", "Values": [1000.0]},
                {"Id": "errors2", "Values": [float(errors > 0)]},
                {"Id": "invocations2", "Values": [4.0]},
            ]
        },
    }


def _stack_resources(outputs: dict[str, str]) -> Answer:
    pipeline = {
        "AWS::Events::Rule": ["rule"],
        "AWS::Scheduler::Schedule": ["sweeper", "report"],
        "AWS::Scheduler::ScheduleGroup": ["scones-prod"],
        "AWS::Lambda::EventSourceMapping": ["uuid"],
        "AWS::Lambda::Function": list(FUNCTIONS),
        "AWS::CloudWatch::Alarm": list(_ALARMS),
    }
    tables = {"Photos": outputs["PhotosTable"], "Assignments": "assignments"}
    listed = [(kind, name, name) for kind, names in pipeline.items() for name in names]
    listed += [("AWS::DynamoDB::Table", logical, name) for logical, name in tables.items()]
    serving = [("AWS::SageMaker::EndpointConfig", "EndpointConfig", _CONFIGURATION)]

    def answer(arguments: dict[str, Any]) -> dict[str, Any]:
        of_stack = serving if arguments["StackName"].endswith("Serving") else listed
        return {
            "StackResourceSummaries": [
                {
                    "ResourceType": kind,
                    "LogicalResourceId": logical,
                    "PhysicalResourceId": physical,
                    "LastUpdatedTimestamp": datetime.now(UTC),
                    "ResourceStatus": "CREATE_COMPLETE",
                }
                for kind, logical, physical in of_stack
            ]
        }

    return answer


def _answering(stage: SoundStage) -> Callable[..., Any]:
    make_call = BaseClient._make_api_call  # type: ignore[attr-defined] # botocore's own

    def call(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
        service = client.meta.service_model.service_name
        name = f"{service}:{operation}"
        stage.calls.append(name)
        if name not in stage.answers:
            response = make_call(client, operation, arguments)
            if name == "cloudwatch:SetAlarmState":
                _notify(stage, arguments["AlarmName"])
            return response
        answer = stage.answers[name]
        response = copy.deepcopy(answer(arguments) if callable(answer) else answer)
        output = client.meta.service_model.operation_model(operation).output_shape
        try:
            validate_parameters(response, output)
        except ParamValidationError as error:
            raise AssertionError(f"{name} cannot answer this: {error}") from error
        date = {"date": format_datetime(stage.now, usegmt=True)}
        return {**response, "ResponseMetadata": {"HTTPHeaders": date, "HTTPStatusCode": 200}}

    return call


def _notify(stage: SoundStage, alarm: str) -> None:
    """Publish as CloudWatch does when an alarm changes its state, if the topic allows it."""
    sns, topic = stage.client("sns"), stage.target.outputs["AlarmTopicArn"]
    policy = json.loads(sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"])
    refuses = any(statement["Effect"] == "Deny" for statement in policy["Statement"])
    if not refuses:
        sns.publish(TopicArn=topic, Message=json.dumps({"AlarmName": alarm}))
