"""The table of the controls: what operators have set, which no deployment changes."""

from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from handlers.domain.ledger.schema import CONTROLS
from infra.config import StageConfig
from infra.constructs.functions import HandlerFunction
from infra.constructs.ledger import key_attribute
from infra.constructs.resource import pin_logical_id, removal_policy


class OperatorControls(dynamodb.Table):
    """Table `controls`: on demand, restorable to any second of the last 35 days.

    The stack owns the table and none of its items.
    """

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig) -> None:
        super().__init__(
            scope,
            construct_id,
            partition_key=key_attribute(CONTROLS.partition_key),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.DEFAULT,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=config.is_durable,
            removal_policy=removal_policy(config),
        )
        pin_logical_id(self, CONTROLS.name)

    def connect(self, function: HandlerFunction) -> None:
        """Set and grant what the function needs to read the controls."""
        function.set_environment(controls_table=self.table_name)
        function.allow(["dynamodb:BatchGetItem"], resources=[self.table_arn])
