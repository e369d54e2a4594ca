"""Calls a function at its times: EventBridge Scheduler, with retries and a last stop."""

import json
from collections.abc import Mapping

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.functions import HandlerFunction

_LONGEST_DELAY_S = 3600  # a report that is later than this is better made by the next call
_RETRIES = 10


class Schedule(Construct):
    """One schedule, with a role that can call this one function."""

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
    ) -> None:
        super().__init__(scope, construct_id)
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            ),
        )
        arn = function.function.function_arn
        role.add_to_policy(iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[arn]))
        role.add_to_policy(
            iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[dead_letters.queue_arn])
        )
        # What the scheduler has handed over, Lambda tries three times, then gives up as well.
        function.keep_failures(dead_letters)
        target = scheduler.CfnSchedule
        schedule = target(
            self,
            "Schedule",
            schedule_expression=expression,
            schedule_expression_timezone=time_zone,
            flexible_time_window=target.FlexibleTimeWindowProperty(mode="OFF"),
            target=target.TargetProperty(
                arn=arn,
                role_arn=role.role_arn,
                input=json.dumps(event),
                retry_policy=target.RetryPolicyProperty(
                    maximum_event_age_in_seconds=_LONGEST_DELAY_S,
                    maximum_retry_attempts=_RETRIES,
                ),
                dead_letter_config=target.DeadLetterConfigProperty(arn=dead_letters.queue_arn),
            ),
        )
        # Without its policy the role cannot call, and the first calls would be lost.
        schedule.node.add_dependency(role)
