"""Schedules of functions: EventBridge Scheduler, with retries and a dead-letter queue."""

import json
from collections.abc import Mapping

from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.functions import HandlerFunction
from infra.constructs.resource import trusted_service

_MAX_EVENT_AGE_S = 3600  # after that the next call is better than a late one
_MAX_RETRIES = 10


class Schedule(Construct):
    """One schedule, with a role that may only invoke its function.

    `expression` is `rate(…)` or `cron(…)`, `time_zone` an IANA name.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: HandlerFunction,
        expression: str,
        time_zone: str,
        event: Mapping[str, str],
        dead_letters: sqs.IQueue,
        group: scheduler.IScheduleGroup,
    ) -> None:
        super().__init__(scope, construct_id)
        role = iam.Role(self, "Role", assumed_by=trusted_service(self, "scheduler"))
        arn = function.function.function_arn
        role.add_to_policy(iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[arn]))
        role.add_to_policy(
            iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[dead_letters.queue_arn])
        )
        # Lambda tries a delivered event three times, then it needs a dead-letter queue, too.
        function.set_dead_letter_queue(dead_letters)
        target = scheduler.CfnSchedule
        schedule = target(
            self,
            "Schedule",
            group_name=group.schedule_group_name,
            schedule_expression=expression,
            schedule_expression_timezone=time_zone,
            flexible_time_window=target.FlexibleTimeWindowProperty(mode="OFF"),
            target=target.TargetProperty(
                arn=arn,
                role_arn=role.role_arn,
                input=json.dumps(event),
                retry_policy=target.RetryPolicyProperty(
                    maximum_event_age_in_seconds=_MAX_EVENT_AGE_S,
                    maximum_retry_attempts=_MAX_RETRIES,
                ),
                dead_letter_config=target.DeadLetterConfigProperty(arn=dead_letters.queue_arn),
            ),
        )
        # Before its policy exists, the role cannot invoke, and the first calls would be lost.
        schedule.node.add_dependency(role)
