"""The table of responses by Idempotency-Key, which makes a repeated POST idempotent."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from handlers.domain.ledger.schema import REQUESTS, RequestAttribute
from infra.constructs.functions import HandlerFunction
from infra.constructs.ledger import key_attribute
from infra.constructs.resource import pin_logical_id

# No GetItem: a refused PutItem returns the record that is there.
_ACTIONS = ("PutItem", "UpdateItem", "DeleteItem")


class IdempotencyTable(dynamodb.Table):
    """Powertools' idempotency table; DynamoDB deletes every response when it expires."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(
            scope,
            construct_id,
            partition_key=key_attribute(REQUESTS.partition_key),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.DEFAULT,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            time_to_live_attribute=str(RequestAttribute.EXPIRATION),
            removal_policy=RemovalPolicy.DESTROY,
        )
        pin_logical_id(self, REQUESTS.name)

    def connect(self, function: HandlerFunction) -> None:
        """Set and grant what the function needs to store its responses here."""
        function.set_environment(requests_table=self.table_name)
        function.allow([f"dynamodb:{action}" for action in _ACTIONS], resources=[self.table_arn])
