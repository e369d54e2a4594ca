"""The function of the reviewers' API: its table of reviewers, settings and permissions."""

from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from handlers.domain.ledger.identity import INTAKE_PREFIX
from handlers.domain.ledger.schema import BY_DRIVER, BY_REVIEW, REVIEWERS, ReviewerAttribute
from infra.config import StageConfig
from infra.constructs.functions import HandlerFunction
from infra.constructs.intake import Intake
from infra.constructs.ledger import Ledger, index_arns, key_attribute
from infra.constructs.policy import PolicyParameters
from infra.constructs.queues import Queues
from infra.constructs.resource import pin_logical_id, removal_policy

# A transaction needs the actions of its items; it has none of its own.
_PHOTOS_ACTIONS = [
    "dynamodb:BatchGetItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:GetItem",
    "dynamodb:UpdateItem",
]
_ASSIGNMENTS_ACTIONS = [
    "dynamodb:ConditionCheckItem",
    "dynamodb:DeleteItem",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
]
_REVIEWERS_ACTIONS = [
    "dynamodb:DeleteItem",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:UpdateItem",
]
_QUEUE_ACTIONS = [
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:ReceiveMessage",
    "sqs:SendMessage",
]


class ReviewsFunction(Construct):
    """The reviewers' table, and the grants and settings of the function."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        function: HandlerFunction,
        intake: Intake,
        ledger: Ledger,
        queues: Queues,
        policy: PolicyParameters,
    ) -> None:
        super().__init__(scope, construct_id)
        self.reviewers = dynamodb.Table(
            self,
            REVIEWERS.name,
            partition_key=key_attribute(ReviewerAttribute.KIND),
            sort_key=key_attribute(ReviewerAttribute.NAME),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.DEFAULT,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=config.is_durable,
            removal_policy=removal_policy(config),
        )
        pin_logical_id(self.reviewers, REVIEWERS.name)
        function.set_environment(
            photos_table=ledger.photos.table_name,
            assignments_table=ledger.assignments.table_name,
            reviewers_table=self.reviewers.table_name,
            review_queue_url=queues.review.queue_url,
            policy_parameter=policy.policy.parameter_name,
            audit_salt_secret=policy.audit_salt.secret_arn,
            assignment_valid_hours=str(config.assignment_valid_hours),
            review_lease_s=str(config.review_lease_s),
            undo_window_s=str(config.undo_window_s),
            blind_share=str(config.blind_share),
            second_share=str(config.second_share),
        )
        photos, assignments = ledger.photos.table_arn, ledger.assignments.table_arn
        function.allow(_PHOTOS_ACTIONS, resources=[photos])
        function.allow(
            ["dynamodb:Query"], resources=index_arns(ledger.photos, BY_REVIEW, BY_DRIVER)
        )
        function.allow(_ASSIGNMENTS_ACTIONS, resources=[assignments])
        function.allow(_REVIEWERS_ACTIONS, resources=[self.reviewers.table_arn])
        function.allow(_QUEUE_ACTIONS, resources=[queues.review.queue_arn])
        function.allow(["ssm:GetParameter"], resources=[policy.policy.parameter_arn])
        function.allow(["secretsmanager:GetSecretValue"], resources=[policy.audit_salt.secret_arn])
        function.allow_objects(
            ["s3:GetObject", "s3:GetObjectVersion"], bucket=intake.bucket, prefix=INTAKE_PREFIX
        )
