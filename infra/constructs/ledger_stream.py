"""What is derived from the ledger's stream: labels in a bucket, events on a bus."""

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from handlers.domain.ledger.labels import PREFIX
from infra.config import REPLACED_KEPT_DAYS, StageConfig
from infra.constructs.buckets import Expiry, PrivateBucket
from infra.constructs.functions import HandlerFunction
from infra.constructs.queues import DeadLetterQueue

_BATCH_SIZE = 50
_MAX_RETRIES = 20
# Below the stream's retention of 24 h, so that records that keep failing reach the dead letters.
_MAX_RECORD_AGE = Duration.hours(12)


class LedgerStream(Construct):
    """The function that reads the ledger's stream, its bucket of labels and its event bus."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        function: HandlerFunction,
        photos: dynamodb.Table,
        access_logs: s3.IBucket,
    ) -> None:
        super().__init__(scope, construct_id)
        self._photos = photos
        self.labels = PrivateBucket(
            self,
            "Labels",
            config=config,
            logical_id="Labels",
            versioned=True,  # people's work: a deleted label can be brought back
            expiry=Expiry(
                after_days=config.label_retention_days,
                replaced_after_days=REPLACED_KEPT_DAYS,
                prefix=PREFIX,  # the list of contents that training refuses stays
            ),
            access_logs=access_logs,
        )
        self.bus = events.EventBus(
            self,
            "Bus",
            event_bus_name=config.event_bus_name,
            description="Events about the outcomes of photos.",
        )
        self.dead_letters = DeadLetterQueue(
            self, "DeadLetters", config=config, logical_id="ChangesDeadLetters"
        )
        function.set_environment(
            labels_bucket=self.labels.bucket_name,
            event_bus_name=self.bus.event_bus_name,
            changes_dead_letters_url=self.dead_letters.queue_url,
        )
        function.allow_objects(["s3:PutObject"], bucket=self.labels, prefix=PREFIX)
        function.allow(["events:PutEvents"], resources=[self.bus.event_bus_arn])
        function.allow(["sqs:SendMessage"], resources=[self.dead_letters.queue_arn])
        self._read_stream(function)

    def _read_stream(self, function: HandlerFunction) -> None:
        """Map the stream to the function; Lambda reads it with the function's own role."""
        function.allow_stream(self._photos)
        mapping = lambda_.CfnEventSourceMapping(
            self,
            "Mapping",
            event_source_arn=self._photos.table_stream_arn,
            function_name=function.function.function_name,
            starting_position="TRIM_HORIZON",
            batch_size=_BATCH_SIZE,
            bisect_batch_on_function_error=True,
            function_response_types=["ReportBatchItemFailures"],
            maximum_retry_attempts=_MAX_RETRIES,
            maximum_record_age_in_seconds=_MAX_RECORD_AGE.to_seconds(),
            # Changes of one photo stay in order: a shard is split by the table's key.
            parallelization_factor=2,
            destination_config=lambda_.CfnEventSourceMapping.DestinationConfigProperty(
                on_failure=lambda_.CfnEventSourceMapping.OnFailureProperty(
                    destination=self.dead_letters.queue_arn
                )
            ),
        )
        # CloudFormation cannot create a mapping whose role may not read the stream.
        mapping.node.add_dependency(function)
