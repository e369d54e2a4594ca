"""What is watched of the chain itself: queues, executions, endpoint, decisions."""

from collections.abc import Mapping

from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn

from infra.config import StageConfig
from infra.constructs.alarms.alarm_spec import (
    FIVE_MINUTES,
    IGNORE,
    MINUTE,
    AlarmSpec,
    endpoint_metric,
    function_metric,
    sweeper_metric,
)
from monitoring import metric_names as names

_DAY_S = 24 * 3600
_SLOW_MICROSECONDS = 2_000_000  # AWS says ModelLatency in microseconds


def queue_alarms(queues: Mapping[str, tuple[sqs.IQueue, str]]) -> dict[str, AlarmSpec]:
    """Queues by what a message in them means: none may lie there unseen."""
    return {
        name: AlarmSpec(
            metric=queue.metric_approximate_number_of_messages_visible(
                statistic="Maximum", period=MINUTE
            ),
            meaning=meaning,
            # SQS stops reporting a queue that nobody has used for six hours, whatever is in it.
            missing=IGNORE,
        )
        for name, (queue, meaning) in queues.items()
    }


def state_machine_alarms(machine: sfn.StateMachine) -> dict[str, AlarmSpec]:
    """Executions that did not end as they should."""
    return {
        "ExecutionsFailed": AlarmSpec(
            metric=machine.metric_failed(statistic="Sum", period=FIVE_MINUTES),
            meaning=(
                "A photo could not be processed. Its message is in the failures queue; when the "
                "cause is mended: `scones redrive --all-failed`."
            ),
        ),
        "ExecutionsTimedOut": AlarmSpec(
            metric=machine.metric_timed_out(statistic="Sum", period=FIVE_MINUTES),
            meaning=(
                "An execution was cut off by its time-out; the sweeper takes its photo over within "
                "minutes. If it comes again: is the endpoint slow, or DynamoDB throttled?"
            ),
        ),
    }


def endpoint_alarms(config: StageConfig) -> dict[str, AlarmSpec]:
    """The endpoint, as SageMaker sees it."""
    return {
        "EndpointErrors": AlarmSpec(
            metric=endpoint_metric("Invocation5XXErrors", config),
            threshold=5,
            meaning=(
                "The endpoint answers with errors; photos are tried five times, then they fail. "
                "Read the endpoint's log group; roll back if a model was just deployed."
            ),
        ),
        "EndpointSlow": AlarmSpec(
            metric=endpoint_metric("ModelLatency", config, statistic="p95"),
            threshold=_SLOW_MICROSECONDS,
            periods=3,
            meaning=(
                "The model takes more than 2 s for one photo in twenty. More instances "
                "(endpoint_instance_count), or a larger type?"
            ),
        ),
    }


def decision_alarms(config: StageConfig) -> dict[str, AlarmSpec]:
    """What decides about photos."""
    return {
        "PolicyOverrideInvalid": AlarmSpec(
            metric=function_metric(
                names.POLICY_OVERRIDE_INVALID, names.FILTER, config, statistic="Maximum"
            ),
            missing=IGNORE,  # while no photo comes, nobody reads the override
            meaning=(
                "The policy override cannot be read, so nothing is assigned automatically. Put "
                "valid JSON into the parameter policy-override, or {} to override nothing."
            ),
        ),
        "OldestReviewOver1Day": AlarmSpec(
            metric=sweeper_metric(names.OLDEST_REVIEW, config, statistic="Maximum"),
            threshold=_DAY_S,
            missing=IGNORE,  # another alarm says that the sweeper is silent
            meaning="A photo has waited for a reviewer for more than a day. Who reviews today?",
        ),
        "OldestReviewOver10Days": AlarmSpec(
            metric=sweeper_metric(names.OLDEST_REVIEW, config, statistic="Maximum"),
            threshold=10 * _DAY_S,
            missing=IGNORE,
            meaning=(
                "A photo has waited for a reviewer for more than ten days; SQS forgets messages "
                "after 14. Nobody seems to drain the queue."
            ),
        ),
    }
