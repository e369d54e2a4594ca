"""Alarms of the stack Serving: those that end a roll-out, and one on the off-hours' end.

When an alarm ends a roll-out, SageMaker returns all traffic to the former model.
"""

from aws_cdk import aws_stepfunctions as sfn

from infra.config import StageConfig
from infra.constructs.alarms.alarm_spec import (
    FIVE_MINUTES,
    AlarmSeverity,
    AlarmSpec,
    endpoint_metric,
    sum_of,
)
from infra.constructs.alarms.pipeline_alarms import SLOW_MICROSECONDS


def rollout_alarms(config: StageConfig) -> dict[str, AlarmSpec]:
    """Return alarms stricter than those of normal operation; they notify as well.

    A roll-out that was ended otherwise looks like one that succeeded: the endpoint is in service.
    """
    return {
        "RolloutErrors": AlarmSpec(
            metric=endpoint_metric("Invocation5XXErrors", config),
            threshold=2,
            description=(
                "The endpoint responds with a few errors. If a model was being deployed, SageMaker "
                "has returned all traffic to the former one: drivers get its decisions, and the "
                "new model is not in service. Otherwise wait for the alarm EndpointErrors."
            ),
        ),
        "RolloutSlow": AlarmSpec(
            metric=endpoint_metric("ModelLatency", config, statistic="p95"),
            threshold=SLOW_MICROSECONDS,
            description=(
                "The model takes more than 2 s for one photo in twenty. If a model was being "
                "deployed, SageMaker has returned all traffic to the former one: drivers get its "
                "decisions, and the new model is not in service. Otherwise wait for the alarm "
                "EndpointSlow."
            ),
        ),
    }


def hours_alarms(machine: sfn.StateMachine) -> dict[str, AlarmSpec]:
    """Return the alarm on an endpoint that is not back after its off-hours, or not deleted."""
    return {
        "EndpointNotOpened": AlarmSpec(
            metric=sum_of(
                [
                    machine.metric_failed(statistic="Sum", period=FIVE_MINUTES),
                    machine.metric_timed_out(statistic="Sum", period=FIVE_MINUTES),
                ],
                label="failed executions of the off-hours",
            ),
            severity=AlarmSeverity.PAGE,
            description=(
                "The endpoint could not be created after its off-hours, or deleted before them. "
                "If it is not in service, photos wait and their drivers get no decision. Read the "
                "execution, then start it again."
            ),
        ),
    }
