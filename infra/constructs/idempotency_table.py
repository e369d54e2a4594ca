"""Answers by Idempotency-Key: the table that makes a repeated POST harmless."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from handlers.domain.ledger.schema import REQUESTS, RequestAttribute
from infra.constructs.functions import HandlerFunction
from infra.constructs.ledger import key_attribute
from infra.constructs.nag import acknowledge
from infra.constructs.resource import pin_logical_id

_ACTIONS = ("GetItem", "PutItem", "UpdateItem", "DeleteItem")


class IdempotencyTable(dynamodb.Table):
    """Powertools' idempotency table; DynamoDB forgets each answer by itself."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(
            scope,
            construct_id,
            partition_key=key_attribute(REQUESTS.partition_key),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.DEFAULT,
            time_to_live_attribute=str(RequestAttribute.EXPIRATION),
            removal_policy=RemovalPolicy.DESTROY,
        )
        pin_logical_id(self, REQUESTS.name)
        acknowledge(self, "DDB3", "Answers kept for a day at most: nothing to restore.")

    def serve(self, function: HandlerFunction) -> None:
        """Let the function remember its answers here."""
        function.set(requests_table=self.table_name)
        function.allow([f"dynamodb:{action}" for action in _ACTIONS], resources=[self.table_arn])
