"""The queues: photos that wait for a reviewer, and what must never lie anywhere unseen."""

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.config import StageConfig
from infra.constructs.nag import acknowledge
from infra.constructs.resource import pin_logical_id, removal_policy

_LONGEST_RETENTION = Duration.days(14)

# Skips and expired leases count as receives, so good messages would reach a lower limit.
_MAX_RECEIVE_COUNT = 50
_REVIEW_VISIBILITY = Duration.seconds(300)


class Queue(sqs.Queue):
    """Encrypted, TLS only, and keeps a message as long as SQS can."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        logical_id: str,
        visibility_timeout: Duration | None = None,
        dead_letters: sqs.IQueue | None = None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=_LONGEST_RETENTION,
            visibility_timeout=visibility_timeout,
            dead_letter_queue=(
                sqs.DeadLetterQueue(queue=dead_letters, max_receive_count=_MAX_RECEIVE_COUNT)
                if dead_letters
                else None
            ),
            removal_policy=removal_policy(config),
        )
        pin_logical_id(self, logical_id)


class EndOfLineQueue(Queue):
    """Where an operator looks: an alarm tells of every message, and nothing consumes it."""

    def __init__(
        self, scope: Construct, construct_id: str, *, config: StageConfig, logical_id: str
    ) -> None:
        super().__init__(scope, construct_id, config=config, logical_id=logical_id)
        acknowledge(
            self, "SQS3", "This is itself the last stop: people read it, no consumer can fail."
        )


class Queues(Construct):
    """The review queue with its dead letters, and the failures queue."""

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig) -> None:
        super().__init__(scope, construct_id)
        self.review_dead_letters = EndOfLineQueue(
            self, "ReviewDeadLetters", config=config, logical_id="ReviewDeadLetters"
        )
        self.review = Queue(
            self,
            "Review",
            config=config,
            logical_id="Review",
            visibility_timeout=_REVIEW_VISIBILITY,
            dead_letters=self.review_dead_letters,
        )
        self.failures = EndOfLineQueue(self, "Failures", config=config, logical_id="Failures")
