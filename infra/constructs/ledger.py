"""The ledger's table with one row a photo, and the table of assignments, which dispatch reads."""

from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from handlers.domain.ledger.schema import ASSIGNMENTS, PHOTOS, Attribute, Index, TableSchema
from infra.config import StageConfig
from infra.constructs.resource import pin_logical_id, removal_policy


class Ledger(Construct):
    """Tables `photos` and `assignments`: on demand, restorable to any second of the last 35 days.

    Their keys and indexes are those of `handlers.domain.ledger.schema`.
    """

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig) -> None:
        super().__init__(scope, construct_id)
        self.photos = _table(
            self,
            PHOTOS,
            config=config,
            # Labels and events are derived from the stream, which needs both images.
            stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
        )
        self.assignments = _table(self, ASSIGNMENTS, config=config, stream=None)


def _table(
    scope: Construct,
    schema: TableSchema,
    *,
    config: StageConfig,
    stream: dynamodb.StreamViewType | None,
) -> dynamodb.Table:
    table = dynamodb.Table(
        scope,
        schema.name,
        partition_key=key_attribute(schema.partition_key),
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        encryption=dynamodb.TableEncryption.DEFAULT,
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True
        ),
        deletion_protection=config.is_durable,
        removal_policy=removal_policy(config),
        stream=stream,
        time_to_live_attribute=None if schema.time_to_live is None else str(schema.time_to_live),
    )
    pin_logical_id(table, schema.name)
    for index in schema.indexes:
        _add_index(table, index)
    return table


def _add_index(table: dynamodb.Table, index: Index) -> None:
    projected = index.projected
    table.add_global_secondary_index(
        index_name=index.name,
        partition_key=key_attribute(index.partition_key),
        sort_key=key_attribute(index.sort_key),
        projection_type=None if projected is None else dynamodb.ProjectionType.INCLUDE,
        non_key_attributes=None if projected is None else [str(name) for name in projected],
    )


def key_attribute(attribute: Attribute) -> dynamodb.Attribute:
    """Return CDK's form of a key attribute.

    The name is a plain `str`, because jsii treats members of an enum as its own.
    """
    return dynamodb.Attribute(name=str(attribute), type=dynamodb.AttributeType.STRING)


def index_arns(table: dynamodb.ITable, *indexes: Index) -> list[str]:
    """Return the resources of a policy statement that allows to query these indexes."""
    return [f"{table.table_arn}/index/{index.name}" for index in indexes]
