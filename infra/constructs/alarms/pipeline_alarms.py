"""Alarms on the pipeline: executions, endpoint, policy override, waiting reviews."""

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk.aws_cloudwatch import ComparisonOperator, TreatMissingData
from aws_cdk.aws_lambda import IFunction

from infra.config import StageConfig
from infra.constructs.alarms.alarm_spec import (
    FIVE_MINUTES,
    AlarmSeverity,
    AlarmSpec,
    endpoint_metric,
    function_metric,
    instance_metric,
    sweeper_metric,
)
from monitoring import metric_names as names

_DAY_S = 24 * 3600
SLOW_MICROSECONDS = 2_000_000  # ModelLatency is published in microseconds
_FULL_PERCENT = 75  # of the disk; SageMaker stops capturing somewhat above
_FEWEST_CALLS = 10  # of Classify in five minutes, of which at least one must reach the endpoint


def state_machine_alarms(machine: sfn.StateMachine) -> dict[str, AlarmSpec]:
    """Return alarms on executions that failed or timed out."""
    return {
        "ExecutionsFailed": AlarmSpec(
            metric=machine.metric_failed(statistic="Sum", period=FIVE_MINUTES),
            description=(
                "At least one photo could not be processed, so its driver has no decision. Its "
                "message is in the failures queue. Fix the cause, then run "
                "`scones redrive --all-failed`."
            ),
        ),
        "ExecutionsTimedOut": AlarmSpec(
            metric=machine.metric_timed_out(statistic="Sum", period=FIVE_MINUTES),
            description=(
                "An execution timed out. The sweeper takes its photo over within minutes, so the "
                "driver's decision is late. If the alarm repeats, check whether the endpoint is "
                "slow or DynamoDB is throttled."
            ),
        ),
    }


def endpoint_alarms(config: StageConfig, *, classify: IFunction) -> dict[str, AlarmSpec]:
    """Return alarms on errors and latency of the model's endpoint, on its instances and disk."""
    return {
        "EndpointErrors": AlarmSpec(
            metric=endpoint_metric("Invocation5XXErrors", config),
            threshold=5,
            severity=AlarmSeverity.PAGE,
            description=(
                "The endpoint responds with errors. Photos are parked until it answers, so their "
                "drivers wait; none of them fails. Read the endpoint's log group; roll back if a "
                "model was just deployed."
            ),
        ),
        "EndpointSlow": AlarmSpec(
            metric=endpoint_metric("ModelLatency", config, statistic="p95"),
            threshold=SLOW_MICROSECONDS,
            evaluation_periods=3,
            description=(
                "The model takes more than 2 s for one photo in twenty, so drivers wait longer. "
                "Raise endpoint_max_instance_count or use a larger instance type."
            ),
        ),
        "EndpointDiskFull": AlarmSpec(
            metric=instance_metric("DiskUtilization", config, statistic="Maximum"),
            threshold=_FULL_PERCENT,
            description=(
                "The disk of an endpoint's instance is filling up, and SageMaker stops capturing "
                "photos when it is full. Drivers are not affected, but the daily report loses "
                "photos. Replace the instance by a deployment, and lower what is captured."
            ),
        ),
        **({} if config.off_hours else _absence_alarms(config, classify)),
    }


def _absence_alarms(config: StageConfig, classify: IFunction) -> dict[str, AlarmSpec]:
    """Return alarms on an endpoint that is always to be there.

    An instance reports its CPU every minute, and Classify calls the endpoint for each photo.
    """
    return {
        "EndpointNotInvoked": AlarmSpec(
            metric=cloudwatch.MathExpression(
                expression=(
                    f"IF(FILL(calls, 0) >= {_FEWEST_CALLS} AND FILL(answered, 0) == 0, 1, 0)"
                ),
                using_metrics={
                    "calls": classify.metric_invocations(statistic="Sum", period=FIVE_MINUTES),
                    "answered": endpoint_metric("Invocations", config),
                },
                label="Classify runs and the endpoint receives no call",
                period=FIVE_MINUTES,
            ),
            severity=AlarmSeverity.PAGE,
            description=(
                "The function `classify` runs, but no call reaches the endpoint, so drivers get "
                "no decision. The endpoint may be deleted, or the function's role or the "
                "endpoint's name is wrong."
            ),
        ),
        "EndpointAbsent": AlarmSpec(
            metric=instance_metric("CPUUtilization", config, statistic="SampleCount"),
            threshold=1,
            comparison_operator=ComparisonOperator.LESS_THAN_THRESHOLD,
            evaluation_periods=2,
            treat_missing_data=TreatMissingData.BREACHING,
            severity=AlarmSeverity.PAGE,
            description=(
                "No instance of the endpoint has reported for ten minutes: no photo is classified, "
                "and drivers get no decision. Look at the endpoint's status and its events; deploy "
                "the stack Serving again if it is gone."
            ),
        ),
    }


def decision_alarms(config: StageConfig) -> dict[str, AlarmSpec]:
    """Return alarms on an unreadable or lost override, and on reviews that wait too long."""
    return {
        "PolicyOverrideInvalid": AlarmSpec(
            metric=function_metric(
                names.POLICY_OVERRIDE_INVALID, names.FILTER, config, statistic="Maximum"
            ),
            treat_missing_data=TreatMissingData.IGNORE,  # Filter reads it only when a photo comes
            severity=AlarmSeverity.PAGE,
            description=(
                "The policy override or its record cannot be read, so no photo is assigned "
                "automatically and every driver waits for a reviewer. `scones threshold show` "
                "names what is wrong; set it again with `scones threshold set`, `stop` or `normal`."
            ),
        ),
        "PolicyOverrideLost": AlarmSpec(
            metric=function_metric(
                names.POLICY_OVERRIDE_LOST, names.FILTER, config, statistic="Maximum"
            ),
            treat_missing_data=TreatMissingData.IGNORE,
            description=(
                "An override of the threshold was set, and its parameter is gone or empty. No "
                "photo is assigned automatically and every driver waits for a reviewer. "
                "`scones threshold show` names who set it and when; set it again, or end it with "
                "`scones threshold normal`."
            ),
        ),
        "OldestReviewOver1Day": AlarmSpec(
            metric=sweeper_metric(names.OLDEST_REVIEW_AGE, config, statistic="Maximum"),
            threshold=_DAY_S,
            treat_missing_data=TreatMissingData.IGNORE,  # the alarm SweeperSilent covers silence
            description=(
                "A photo has waited for a reviewer for more than a day; its driver may have no "
                "decision yet. Check who reviews today."
            ),
        ),
        "OldestReviewOver10Days": AlarmSpec(
            metric=sweeper_metric(names.OLDEST_REVIEW_AGE, config, statistic="Maximum"),
            threshold=10 * _DAY_S,
            treat_missing_data=TreatMissingData.IGNORE,
            severity=AlarmSeverity.PAGE,
            description=(
                "A photo has waited for a reviewer for more than ten days; its driver may have no "
                "decision yet. SQS deletes review messages after 14 days. Find reviewers to empty "
                "the queue."
            ),
        ),
    }
