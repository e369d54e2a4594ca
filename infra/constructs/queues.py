"""The queues: open reviews, and messages that an operator must read."""

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.config import StageConfig
from infra.constructs.resource import acknowledge, pin_logical_id, removal_policy

_RETENTION = Duration.days(14)

# Skips and expired leases count as receives, so valid messages would reach a lower limit.
_MAX_RECEIVE_COUNT = 50
_REVIEW_VISIBILITY = Duration.seconds(300)


class EncryptedQueue(sqs.Queue):
    """A queue that is encrypted, TLS only, and keeps messages for 14 days, SQS's maximum.

    The logical id is pinned: a changed one would be another, empty queue.
    """

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
            retention_period=_RETENTION,
            visibility_timeout=visibility_timeout,
            dead_letter_queue=(
                sqs.DeadLetterQueue(queue=dead_letters, max_receive_count=_MAX_RECEIVE_COUNT)
                if dead_letters
                else None
            ),
            removal_policy=removal_policy(config),
        )
        pin_logical_id(self, logical_id)


class DeadLetterQueue(EncryptedQueue):
    """A queue for operators: an alarm reports every message, and no function consumes it."""

    def __init__(
        self, scope: Construct, construct_id: str, *, config: StageConfig, logical_id: str
    ) -> None:
        super().__init__(scope, construct_id, config=config, logical_id=logical_id)
        acknowledge(
            self, "SQS3", "This is itself a dead-letter queue: people read it, no consumer fails."
        )


class Queues(Construct):
    """The review queue with its dead-letter queue, and the queue of failed photos."""

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig) -> None:
        super().__init__(scope, construct_id)
        self.review_dead_letters = DeadLetterQueue(
            self, "ReviewDeadLetters", config=config, logical_id="ReviewDeadLetters"
        )
        self.review = EncryptedQueue(
            self,
            "Review",
            config=config,
            logical_id="Review",
            visibility_timeout=_REVIEW_VISIBILITY,
            dead_letters=self.review_dead_letters,
        )
        self.failures = DeadLetterQueue(self, "Failures", config=config, logical_id="Failures")
