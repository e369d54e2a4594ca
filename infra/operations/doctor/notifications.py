"""Do alarms and reports reach people?"""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

from infra.operations.doctor.examined_stage import ALARM
from infra.operations.doctor.stage_check import (
    CheckAnswer,
    StageCheck,
    not_checkable,
    ok,
    problem,
    verdict_on,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from infra.operations.doctor.examined_stage import ExaminedStage

_PENDING = "PendingConfirmation"
_PAGE = 100  # alarm names of one call
_LONG_POLL_S = 20
_TEST = "TEST by `scones doctor`: nothing is wrong and there is nothing to do."


def _alarm_subscriptions(stage: ExaminedStage) -> CheckAnswer:
    asked = [stage.settings.alarm_email] if stage.settings and stage.settings.alarm_email else []
    return _subscriptions(stage, topic="AlarmTopicArn", asked=asked, needs_one=True)


def _report_subscriptions(stage: ExaminedStage) -> CheckAnswer:
    asked = stage.settings.report_emails if stage.settings else ()
    return _subscriptions(stage, topic="ReportTopicArn", asked=asked, needs_one=False)


def _subscriptions(
    stage: ExaminedStage, *, topic: str, asked: Iterable[str], needs_one: bool
) -> CheckAnswer:
    pages = (
        stage.client("sns")
        .get_paginator("list_subscriptions_by_topic")
        .paginate(TopicArn=stage.target.output(topic))
    )
    subscriptions = [entry for page in pages for entry in page["Subscriptions"]]
    pending = [entry["Endpoint"] for entry in subscriptions if entry["SubscriptionArn"] == _PENDING]
    confirmed = {entry["Endpoint"] for entry in subscriptions} - set(pending)
    problems = [f"{address} has not confirmed its subscription" for address in pending]
    problems += [
        f"{address} is in the settings and not subscribed"
        for address in asked
        if address not in {*confirmed, *pending}
    ]
    if needs_one and not subscriptions:
        problems.append("no address is subscribed")
    return verdict_on(problems, sound=f"{len(confirmed)} confirmed")


def _alarms_act(stage: ExaminedStage) -> CheckAnswer:
    topic = stage.target.output("AlarmTopicArn")
    alarms = list(_alarms(stage, list(stage.of_type(ALARM).values())))
    problems = [
        f"{alarm['AlarmName']} does not notify the topic"
        for alarm in alarms
        if not alarm["ActionsEnabled"] or topic not in alarm["AlarmActions"]
    ]
    missing = len(stage.of_type(ALARM)) - len(alarms)
    if missing:
        problems.append(f"{missing} alarms of the stack do not exist")
    return verdict_on(problems, sound=f"{len(alarms)} alarms notify the topic")


def _alarms_quiet(stage: ExaminedStage) -> CheckAnswer:
    alarms = _alarms(stage, list(stage.of_type(ALARM).values()))
    red = [
        f"{alarm['AlarmName']} is in alarm" for alarm in alarms if alarm["StateValue"] == "ALARM"
    ]
    return verdict_on(red, sound="no alarm is red")


def _alarms(stage: ExaminedStage, names: list[str]) -> Iterator[dict[str, Any]]:
    cloudwatch = stage.client("cloudwatch")
    for start in range(0, len(names), _PAGE):
        page = names[start : start + _PAGE]
        yield from cloudwatch.describe_alarms(AlarmNames=page, MaxRecords=_PAGE)["MetricAlarms"]


def _test_alarm(stage: ExaminedStage) -> CheckAnswer:
    """Let an alarm of its own notify the topic, and a queue of its own receive the message."""
    if not stage.sends_test_alarm:
        return not_checkable(
            "not asked: --test-alarm sends one, marked as a test, to all addresses"
        )
    name = f"scones-{stage.target.stage}-doctor-{uuid.uuid4().hex[:8]}"
    topic = stage.target.output("AlarmTopicArn")
    sqs, sns, cloudwatch = (stage.client(service) for service in ("sqs", "sns", "cloudwatch"))
    url = sqs.create_queue(QueueName=name, Attributes={"MessageRetentionPeriod": "300"})["QueueUrl"]
    subscription = ""
    try:
        queue_arn = _arn_of(sqs, url)
        policy = {"Policy": json.dumps(_delivery_policy(topic, queue_arn))}
        sqs.set_queue_attributes(QueueUrl=url, Attributes=policy)
        subscription = sns.subscribe(
            TopicArn=topic, Protocol="sqs", Endpoint=queue_arn, ReturnSubscriptionArn=True
        )["SubscriptionArn"]
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            AlarmDescription=_TEST,
            AlarmActions=[topic],
            Namespace="Scones/doctor",
            MetricName="Test",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="ignore",
        )
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason=_TEST)
        if _receives(sqs, url, name, wait_s=stage.alarm_wait_s):
            return ok("alarm, topic and delivery work; only a person sees the mailbox")
        return problem(f"the test alarm was not delivered within {stage.alarm_wait_s} s")
    finally:
        cloudwatch.delete_alarms(AlarmNames=[name])
        if subscription:
            sns.unsubscribe(SubscriptionArn=subscription)
        sqs.delete_queue(QueueUrl=url)


def _receives(sqs: Any, url: str, text: str, *, wait_s: int) -> bool:  # noqa: ANN401 # a client
    end = time.monotonic() + wait_s
    while True:
        left = max(0, min(_LONG_POLL_S, round(end - time.monotonic())))
        messages = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=left).get("Messages", [])
        if any(text in message["Body"] for message in messages):
            return True
        if time.monotonic() >= end:
            return False


def _arn_of(sqs: Any, url: str) -> str:  # noqa: ANN401 # a client
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    return str(attributes["QueueArn"])


def _delivery_policy(topic: str, queue: str) -> dict[str, Any]:  # Any: JSON
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": queue,
                "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
            }
        ],
    }


CHECKS = (
    StageCheck(
        name="alarm_subscriptions",
        question="Has every address for alarms confirmed its subscription?",
        remedy="Open the mail `AWS Notification - Subscription Confirmation` and confirm, or set "
        "alarm_email and deploy.",
        answer=_alarm_subscriptions,
        aws_only="mail",
    ),
    StageCheck(
        name="report_subscriptions",
        question="Has every reader of the report confirmed the subscription?",
        remedy="Confirm the subscription in the mail, or set report_emails and deploy.",
        answer=_report_subscriptions,
        aws_only="mail",
    ),
    StageCheck(
        name="alarms_act",
        question="Does every alarm notify the topic?",
        remedy="Deploy the stage again; an alarm whose actions are disabled is silent.",
        answer=_alarms_act,
    ),
    StageCheck(
        name="alarms_quiet",
        question="Are all alarms quiet?",
        remedy="Read the alarm's text (docs/operations.md, Alarms) and follow it.",
        answer=_alarms_quiet,
        aws_only="metrics that alarms evaluate",
    ),
    StageCheck(
        name="test_alarm",
        question="Does an alarm arrive?",
        remedy="Compare the policy of the alarm topic with the template: CloudWatch must be "
        "allowed to publish.",
        answer=_test_alarm,
    ),
)
