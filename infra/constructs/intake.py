"""The bucket in which photos arrive, and the rule that starts the workflow for each of them."""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from handlers.domain.ledger.identity import INTAKE_PREFIX
from infra.config import REPLACED_KEPT_DAYS, StageConfig
from infra.constructs.buckets import Expiry, PrivateBucket
from infra.constructs.exact_json import exact_json
from infra.constructs.queues import DeadLetterQueue
from infra.constructs.resource import resource_of, trusted_service


class Intake(Construct):
    """The intake bucket; versioned, so that the same key with new bytes is a new photo."""

    def __init__(
        self, scope: Construct, construct_id: str, *, config: StageConfig, access_logs: s3.IBucket
    ) -> None:
        super().__init__(scope, construct_id)
        self.bucket = PrivateBucket(
            self,
            "Bucket",
            config=config,
            logical_id="Intake",
            versioned=True,
            expiry=Expiry(
                after_days=config.photo_retention_days, replaced_after_days=REPLACED_KEPT_DAYS
            ),
            access_logs=access_logs,
        )
        # CDK's own switch deploys a Lambda function for this; CloudFormation has a property.
        resource_of(self.bucket, s3.CfnBucket).add_property_override(
            "NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled", True
        )
        self.dead_letters = DeadLetterQueue(
            self, "DeadLetters", config=config, logical_id="IntakeDeadLetters"
        )

    def start_executions(self, machine: sfn.IStateMachine) -> None:
        """Start an execution for every object that is created under the intake prefix."""
        self.rule = events.Rule(
            self,
            "Rule",
            description="Every photo that arrives starts one execution.",
            event_pattern=events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created"],
                detail=exact_json(
                    {
                        "bucket": {"name": [self.bucket.bucket_name]},
                        "object": {"key": [{"prefix": INTAKE_PREFIX}]},
                    },
                    what="the event pattern of new photos",
                ),
            ),
            targets=[
                targets.SfnStateMachine(
                    machine,
                    role=iam.Role(self, "RuleRole", assumed_by=trusted_service(self, "events")),
                    # EventBridge's present defaults, stated because they have changed before.
                    max_event_age=Duration.hours(24),
                    retry_attempts=185,
                    dead_letter_queue=self.dead_letters,
                )
            ],
        )
