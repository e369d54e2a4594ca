"""The function of the drivers' API: its table of uploads, settings and permissions."""

from collections.abc import Mapping

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from constructs import Construct

from handlers.domain.ledger.identity import INTAKE_PREFIX
from handlers.domain.ledger.schema import BY_DRIVER, BY_UPLOAD, UPLOADS, UploadAttribute
from handlers.http_api.auth import DRIVERS, REVIEWERS
from infra.config import StageConfig
from infra.constructs.functions import HandlerFunction
from infra.constructs.intake import Intake
from infra.constructs.ledger import Ledger, index_arns, key_attribute
from infra.constructs.queues import Queues
from infra.constructs.resource import pin_logical_id, removal_policy


class DriversFunction(Construct):
    """Sign uploads, read the ledger, and open a review when a driver contests a decision."""

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
        sign_in_urls: Mapping[str, str],  # by pool
        api_url: str,
    ) -> None:
        super().__init__(scope, construct_id)
        self.uploads = _uploads_table(self, config)
        function.set_environment(
            intake_bucket=intake.bucket.bucket_name,
            uploads_table=self.uploads.table_name,
            upload_retention_days=str(config.upload_retention_days),
            uploads_per_hour=str(config.uploads_per_hour),
            photos_table=ledger.photos.table_name,
            assignments_table=ledger.assignments.table_name,
            review_queue_url=queues.review.queue_url,
            drivers_sign_in_url=sign_in_urls[DRIVERS],
            reviewers_sign_in_url=sign_in_urls[REVIEWERS],
        )
        # A signed upload form has the permissions of the role that signed it.
        function.allow_objects(["s3:PutObject"], bucket=intake.bucket, prefix=INTAKE_PREFIX)
        photos = ledger.photos.table_arn
        function.allow(
            ["dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
            resources=[self.uploads.table_arn],
        )
        function.allow(["dynamodb:GetItem", "dynamodb:UpdateItem"], resources=[photos])
        function.allow(
            ["dynamodb:Query"], resources=index_arns(ledger.photos, BY_DRIVER, BY_UPLOAD)
        )
        # A contest does not change the assignment; its transaction checks that nothing else has.
        # Drivers read theirs.
        function.allow(
            ["dynamodb:GetItem", "dynamodb:ConditionCheckItem"],
            resources=[ledger.assignments.table_arn],
        )
        function.allow(["sqs:SendMessage"], resources=[queues.review.queue_arn])
        _allow_cross_origin_use(intake, api_url, config)


def _uploads_table(scope: Construct, config: StageConfig) -> dynamodb.Table:
    removal = removal_policy(config)
    table = dynamodb.Table(
        scope,
        UPLOADS.name,
        partition_key=key_attribute(UPLOADS.partition_key),
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        encryption=dynamodb.TableEncryption.DEFAULT,
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True
        ),
        time_to_live_attribute=str(UploadAttribute.KEPT_UNTIL),
        deletion_protection=config.is_durable,
        removal_policy=removal,
    )
    pin_logical_id(table, UPLOADS.name)
    return table


def _allow_cross_origin_use(intake: Intake, api_url: str, config: StageConfig) -> None:
    """Signed forms and links work in the pages of the API's own origin and of the web apps."""
    intake.bucket.add_cors_rule(
        allowed_methods=[s3.HttpMethods.POST, s3.HttpMethods.GET],
        allowed_origins=[api_url, *config.cors_origins],
        allowed_headers=["*"],
        max_age=600,
    )
