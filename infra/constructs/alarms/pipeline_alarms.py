"""Alarms on the pipeline: executions, endpoint, policy override, waiting reviews."""

from aws_cdk import aws_stepfunctions as sfn
from aws_cdk.aws_cloudwatch import TreatMissingData

from infra.config import StageConfig
from infra.constructs.alarms.alarm_spec import (
    FIVE_MINUTES,
    AlarmSpec,
    endpoint_metric,
    function_metric,
    sweeper_metric,
)
from monitoring import metric_names as names

_DAY_S = 24 * 3600
_SLOW_MICROSECONDS = 2_000_000  # ModelLatency is published in microseconds


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


def endpoint_alarms(config: StageConfig) -> dict[str, AlarmSpec]:
    """Return alarms on the errors and the latency of the model's endpoint."""
    return {
        "EndpointErrors": AlarmSpec(
            metric=endpoint_metric("Invocation5XXErrors", config),
            threshold=5,
            description=(
                "The endpoint responds with errors. Photos are parked until it answers, so their "
                "drivers wait; none of them fails. Read the endpoint's log group; roll back if a "
                "model was just deployed."
            ),
        ),
        "EndpointSlow": AlarmSpec(
            metric=endpoint_metric("ModelLatency", config, statistic="p95"),
            threshold=_SLOW_MICROSECONDS,
            evaluation_periods=3,
            description=(
                "The model takes more than 2 s for one photo in twenty, so drivers wait longer. "
                "Add instances (endpoint_instance_count) or use a larger instance type."
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
            description=(
                "A photo has waited for a reviewer for more than ten days; its driver may have no "
                "decision yet. SQS deletes review messages after 14 days. Find reviewers to empty "
                "the queue."
            ),
        ),
    }
