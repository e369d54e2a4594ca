"""Alarms on deliveries between services: events, schedules, the stream, notifications."""

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sns as sns

from infra.constructs.alarms.alarm_spec import FIVE_MINUTES, HOUR, AlarmSeverity, AlarmSpec, sum_of
from infra.constructs.functions import HandlerFunction
from infra.constructs.intake import Intake
from infra.constructs.monitoring import Monitoring

_LATE_MS = 15 * 60 * 1000  # IteratorAge is published in milliseconds


def delivery_alarms(
    *, intake: Intake, changes: HandlerFunction, monitoring: Monitoring, topics: list[sns.ITopic]
) -> dict[str, AlarmSpec]:
    """Return alarms on the intake rule, the ledger's stream, the schedules and the topics."""
    return {
        "IntakeRuleFails": AlarmSpec(
            metric=sum_of(
                [
                    _rule_metric("FailedInvocations", intake),
                    _rule_metric("InvocationsFailedToBeSentToDlq", intake),
                ],
                label="failed starts and dead letters of the intake rule",
            ),
            severity=AlarmSeverity.PAGE,
            description=(
                "EventBridge cannot start the workflow for photos that arrive, or cannot keep "
                "their events as dead letters. The sweeper starts such photos after an hour, so "
                "their drivers wait that long. Check the rule's role and the state machine."
            ),
        ),
        "ChangesLate": AlarmSpec(
            metric=changes.function.metric("IteratorAge", statistic="Maximum", period=FIVE_MINUTES),
            threshold=_LATE_MS,
            evaluation_periods=3,
            description=(
                "Changes of the ledger are published as labels and events more than 15 minutes "
                "late. Drivers' assignments are not affected; other systems receive them late. "
                "Read the log of the function `changes`: a record that fails holds its shard up."
            ),
        ),
        "SchedulesFail": AlarmSpec(
            metric=sum_of(
                [
                    monitoring.schedules.metric_target_errors(period=HOUR),
                    monitoring.schedules.metric_dropped(period=HOUR),
                    monitoring.schedules.metric_failed_to_be_sent_to_dlq(period=HOUR),
                ],
                label="failed and dropped calls of the schedules",
                period=HOUR,
            ),
            threshold=3,  # single errors are tried again
            description=(
                "EventBridge Scheduler cannot call the sweeper or the report. Drivers notice "
                "nothing yet, but lost events are not repaired. Check that the functions exist "
                "and that the roles of the schedules may call them."
            ),
        ),
        "NotificationsFail": AlarmSpec(
            metric=sum_of(
                [
                    topic.metric_number_of_notifications_failed(
                        statistic="Sum", period=FIVE_MINUTES
                    )
                    for topic in topics
                ],
                label="notifications that SNS could not deliver",
            ),
            severity=AlarmSeverity.PAGE,  # to both topics: one of them may be the broken one
            description=(
                "SNS could not deliver an alarm or the report's mail, so faults that concern "
                "drivers may stay unseen. Check the subscriptions of the topics. A mail that the "
                "recipient's server drops later is not counted."
            ),
        ),
    }


def _rule_metric(name: str, intake: Intake) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/Events",
        metric_name=name,
        dimensions_map={"RuleName": intake.rule.rule_name},
        statistic="Sum",
        period=FIVE_MINUTES,
    )
