"""What is watched of the chain itself: queues, executions, endpoint, decisions."""

from collections.abc import Mapping

from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn

from infra.config import StageConfig
from infra.constructs.alarms.alarm_spec import (
    AS_BEFORE,
    FIVE_MINUTES,
    MINUTE,
    Watch,
    of_endpoint,
    of_rounds,
    ours,
)
from monitoring import metric_names as names

_DAY_S = 24 * 3600
_SLOW_MICROSECONDS = 2_000_000  # AWS says ModelLatency in microseconds


def of_queues(queues: Mapping[str, tuple[sqs.IQueue, str]]) -> dict[str, Watch]:
    """Queues by what a message in them means: none may lie there unseen."""
    return {
        name: Watch(
            metric=queue.metric_approximate_number_of_messages_visible(
                statistic="Maximum", period=MINUTE
            ),
            meaning=meaning,
            # SQS stops reporting a queue that nobody has used for six hours, whatever is in it.
            missing=AS_BEFORE,
        )
        for name, (queue, meaning) in queues.items()
    }


def of_machine(machine: sfn.StateMachine) -> dict[str, Watch]:
    """Executions that did not end as they should."""
    return {
        "ExecutionsFailed": Watch(
            metric=machine.metric_failed(statistic="Sum", period=FIVE_MINUTES),
            meaning=(
                "A photo could not be processed. Its message is in the failures queue; when the "
                "cause is mended: `scones redrive --all-failed`."
            ),
        ),
        "ExecutionsTimedOut": Watch(
            metric=machine.metric_timed_out(statistic="Sum", period=FIVE_MINUTES),
            meaning=(
                "An execution was cut off by its time-out; the sweeper takes its photo over within "
                "minutes. If it comes again: is the endpoint slow, or DynamoDB throttled?"
            ),
        ),
    }


def of_serving(config: StageConfig) -> dict[str, Watch]:
    """The endpoint, as SageMaker sees it."""
    return {
        "EndpointErrors": Watch(
            metric=of_endpoint("Invocation5XXErrors", config),
            threshold=5,
            meaning=(
                "The endpoint answers with errors; photos are tried five times, then they fail. "
                "Read the endpoint's log group; roll back if a model was just deployed."
            ),
        ),
        "EndpointSlow": Watch(
            metric=of_endpoint("ModelLatency", config, statistic="p95"),
            threshold=_SLOW_MICROSECONDS,
            periods=3,
            meaning=(
                "The model takes more than 2 s for one photo in twenty. More instances "
                "(endpoint_instance_count), or a larger type?"
            ),
        ),
    }


def of_decisions(config: StageConfig) -> dict[str, Watch]:
    """What decides about photos."""
    return {
        "PolicyOverrideInvalid": Watch(
            metric=ours(names.POLICY_OVERRIDE_INVALID, names.FILTER, config, statistic="Maximum"),
            missing=AS_BEFORE,  # while no photo comes, nobody reads the override
            meaning=(
                "The policy override cannot be read, so nothing is assigned automatically. Put "
                "valid JSON into the parameter policy-override, or {} to override nothing."
            ),
        ),
        "ReviewsWait": Watch(
            metric=of_rounds(names.OLDEST_REVIEW, config, statistic="Maximum"),
            threshold=_DAY_S,
            missing=AS_BEFORE,  # another alarm says that the sweeper is silent
            meaning="A photo has waited for a reviewer for more than a day. Who reviews today?",
        ),
        "ReviewsRot": Watch(
            metric=of_rounds(names.OLDEST_REVIEW, config, statistic="Maximum"),
            threshold=10 * _DAY_S,
            missing=AS_BEFORE,
            meaning=(
                "A photo has waited for a reviewer for more than ten days; SQS forgets messages "
                "after 14. Nobody seems to drain the queue."
            ),
        ),
    }
