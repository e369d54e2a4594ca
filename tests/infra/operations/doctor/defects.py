"""Defects that a stage can have while everything looks well, and the checks that must find each."""

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from botocore.exceptions import ClientError

from infra.operations.redrive.queues import QUEUES
from tests.infra.operations.doctor.sound_stage import CAPTURES, SETTINGS, VERSION, SoundStage


@dataclass(frozen=True, kw_only=True)
class Defect:
    """One defect: `plant` makes it, and exactly the checks in `found_by` report a problem."""

    name: str
    plant: Callable[[SoundStage], None]
    found_by: frozenset[str]


def _changed(stage: SoundStage, call: str, **values: Any) -> None:
    stage.answers[call] = {**stage.answers[call], **values}


def _pending(stage: SoundStage) -> None:
    stage.answers["sns:ListSubscriptionsByTopic"] = lambda arguments: {
        "Subscriptions": [
            {"Endpoint": address, "SubscriptionArn": "PendingConfirmation"}
            if address == SETTINGS.alarm_email
            else {"Endpoint": address, "SubscriptionArn": "arn"}
            for address in (
                [SETTINGS.alarm_email]
                if arguments["TopicArn"] == stage.target.outputs["AlarmTopicArn"]
                else SETTINGS.report_emails
            )
        ]
    }


def _unsubscribed(stage: SoundStage) -> None:
    sns, topic = stage.client("sns"), stage.target.outputs["ReportTopicArn"]
    first, *_ = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    sns.unsubscribe(SubscriptionArn=first["SubscriptionArn"])


def _topic_refuses(stage: SoundStage) -> None:
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Sid": "all"}]}
    stage.client("sns").set_topic_attributes(
        TopicArn=stage.target.outputs["AlarmTopicArn"],
        AttributeName="Policy",
        AttributeValue=json.dumps(policy),
    )


def _silenced(stage: SoundStage) -> None:
    stage.client("cloudwatch").disable_alarm_actions(AlarmNames=["Failures"])


def _red(stage: SoundStage) -> None:
    stage.client("cloudwatch").set_alarm_state(
        AlarmName="SweeperSilent", StateValue="ALARM", StateReason="r"
    )


def _capture_off(stage: SoundStage) -> None:
    capture = stage.answers["sagemaker:DescribeEndpoint"]["DataCaptureConfig"]
    changed = {**capture, "CaptureStatus": "Stopped"}
    _changed(stage, "sagemaker:DescribeEndpoint", DataCaptureConfig=changed)


def _captures_lost(stage: SoundStage) -> None:
    s3 = stage.client("s3")
    for stored in s3.list_objects_v2(Bucket="capture").get("Contents", []):
        s3.delete_object(Bucket="capture", Key=stored["Key"])
    stage.put_photo("e" * 64, at=stage.now - timedelta(minutes=40))


def _rolled_back(stage: SoundStage) -> None:
    _changed(stage, "sagemaker:DescribeEndpoint", EndpointConfigName="EndpointConfig-Old")


def _other_model(stage: SoundStage) -> None:
    stage.client("s3").copy_object(
        Bucket="models",
        Key="vehicle/0/model.tar.gz",
        CopySource="models/vehicle/1/model.tar.gz",
    )
    container = {
        "Image": SETTINGS.model_image_uri,
        "ModelDataUrl": "s3://models/vehicle/0/model.tar.gz",
    }
    _changed(stage, "sagemaker:DescribeModel", PrimaryContainer=container)


def _unknown_model(stage: SoundStage) -> None:
    policy = stage.client("ssm").get_parameter(Name="policy")["Parameter"]["Value"]
    wire = json.loads(policy)
    wire["models"]["another"] = wire["models"].pop(VERSION)
    stage.put_parameter("policy", json.dumps(wire))


def _archive_gone(stage: SoundStage) -> None:
    stage.client("s3").delete_object(Bucket="models", Key="vehicle/1/model.tar.gz")


def _endpoint_failed(stage: SoundStage) -> None:
    _changed(
        stage,
        "sagemaker:DescribeEndpoint",
        EndpointStatus="Failed",
        FailureReason="the container did not answer",
    )


def _no_events(stage: SoundStage) -> None:
    stage.answers["s3:GetBucketNotificationConfiguration"] = {}


def _old_review(stage: SoundStage) -> None:
    at = stage.now - timedelta(hours=30)
    stage.put_photo("d" * 64, at=at, status="in_review", review="open", model_version="")


def _errors(stage: SoundStage) -> None:
    results = [
        {"Id": "errors3", "Values": [30.0]},
        {"Id": "invocations3", "Values": [30.0]},
    ]
    _changed(stage, "cloudwatch:GetMetricData", MetricDataResults=results)


def _never_swept(stage: SoundStage) -> None:
    def missing(_arguments: dict[str, Any]) -> dict[str, Any]:
        raise ClientError({"Error": {"Code": "404"}}, "HeadObject")

    stage.answers["s3:HeadObject"] = missing
    since = (stage.now - timedelta(hours=5)).isoformat()
    stage.target = dataclasses.replace(stage.target, since=since)


def _no_recovery(stage: SoundStage) -> None:
    stage.client("dynamodb").update_continuous_backups(
        TableName="photos",
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False},
    )


def _other_account(stage: SoundStage) -> None:
    stage.answers["sts:GetCallerIdentity"] = {"Account": "999999999999"}


def _update_failed(stage: SoundStage) -> None:
    stage.answers["lambda:GetFunctionConfiguration"] = {
        "State": "Active",
        "LastUpdateStatus": "Failed",
        "Environment": {"Variables": {"CAPTURE_BUCKET": "capture", "CAPTURE_PREFIX": CAPTURES}},
    }


def _clock(stage: SoundStage) -> None:
    stage.clock_off = timedelta(minutes=4)


def _defect(name: str, plant: Callable[[SoundStage], None], *found_by: str) -> Defect:
    return Defect(name=name, plant=plant, found_by=frozenset(found_by))


def _answer(call: str, **values: Any) -> Callable[[SoundStage], None]:
    return lambda stage: _changed(stage, call, **values)


def _message(output: str) -> Callable[[SoundStage], None]:
    return lambda stage: stage.send(output)


DEFECTS = (
    _defect("subscription_pending", _pending, "alarm_subscriptions"),
    _defect("reader_unsubscribed", _unsubscribed, "report_subscriptions"),
    _defect("topic_refuses_alarms", _topic_refuses, "test_alarm"),
    _defect("alarm_silenced", _silenced, "alarms_act"),
    _defect("alarm_red", _red, "alarms_quiet"),
    _defect("capture_off", _capture_off, "capture_on"),
    _defect("captures_lost", _captures_lost, "captures_written"),
    _defect("silent_rollback", _rolled_back, "endpoint_configuration"),
    _defect("other_model", _other_model, "endpoint_model"),
    _defect("policy_without_the_model", _unknown_model, "policy_knows_model"),
    _defect("archive_gone", _archive_gone, "policy_knows_model"),
    _defect("endpoint_failed", _endpoint_failed, "endpoint_in_service"),
    _defect(
        "override_misspelt",
        lambda stage: stage.put_parameter("override", '{"threshold": "high"}'),
        "threshold",
    ),
    _defect("bucket_sends_no_events", _no_events, "intake_events"),
    _defect("rule_disabled", _answer("events:DescribeRule", State="DISABLED"), "intake_rule"),
    _defect(
        "rule_without_machine",
        _answer("events:ListTargetsByRule", Targets=[{"Id": "a", "Arn": "arn:aws:sqs:a"}]),
        "intake_rule",
    ),
    _defect(
        "stream_disabled",
        _answer("lambda:GetEventSourceMapping", State="Disabled"),
        "stream_mapping",
    ),
    _defect(
        "stream_fails",
        _answer(
            "lambda:GetEventSourceMapping", LastProcessingResult="PROBLEM: Function call failed"
        ),
        "stream_mapping",
    ),
    _defect("schedule_disabled", _answer("scheduler:GetSchedule", State="DISABLED"), "schedules"),
    _defect("never_swept", _never_swept, "swept"),
    _defect("function_update_failed", _update_failed, "functions_ready"),
    _defect("functions_fail", _errors, "functions_succeed"),
    _defect(
        "lambda_quota",
        _answer(
            "lambda:GetAccountSettings",
            AccountLimit={"ConcurrentExecutions": 10, "UnreservedConcurrentExecutions": 10},
        ),
        "lambda_concurrency",
    ),
    _defect(
        "instance_quota",
        _answer(
            "service-quotas:ListServiceQuotas",
            Quotas=[{"QuotaName": "ml.c5.large for endpoint usage", "Value": 0.0}],
        ),
        "endpoint_instances",
    ),
    _defect("other_account", _other_account, "identity"),
    _defect("clock_off", _clock, "clock"),
    _defect("no_recovery", _no_recovery, "point_in_time_recovery"),
    _defect("review_waits", _old_review, "reviews_keep_up"),
    *(
        _defect(f"message_in_{name}", _message(queue.output), f"queue_of_{name}")
        for name, queue in QUEUES.items()
    ),
)
