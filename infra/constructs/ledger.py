"""The two tables: what became of every photo, and what dispatch reads."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from infra.config import StageConfig
from infra.constructs.resource import pin_logical_id, removal_policy

# Index → partition key, sort key. An item without the keys is not in the index at all.
_PHOTO_INDEXES = {
    "by_driver": ("driver_id", "uploaded_at"),
    "by_review": ("review", "received_at"),
    "by_hour": ("received_hour", "received_at"),
    "by_pending": ("pending", "claimed_at"),
}


class Ledger(Construct):
    """Tables `photos` and `assignments`, on demand, restorable to any second of the last month."""

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig) -> None:
        super().__init__(scope, construct_id)
        self.photos = _table(
            self,
            "Photos",
            partition_key="photo_id",
            config=config,
            # Labels and events follow from the ledger's changes: neither image can be left out.
            stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
        )
        for name, keys in _PHOTO_INDEXES.items():
            _add_index(self.photos, name, keys)
        # The app asks by upload and reads the rest of the row by its key.
        self.photos.add_global_secondary_index(
            index_name="by_upload",
            partition_key=_text("upload_id"),
            sort_key=_text("uploaded_at"),
            projection_type=dynamodb.ProjectionType.INCLUDE,
            non_key_attributes=["status", "reason"],
        )
        self.assignments = _table(
            self, "Assignments", partition_key="driver_id", config=config, stream=None
        )
        _add_index(self.assignments, "by_range", ("order_range", "valid_until"))


def _table(
    scope: Construct,
    name: str,
    *,
    partition_key: str,
    config: StageConfig,
    stream: dynamodb.StreamViewType | None,
) -> dynamodb.Table:
    removal = removal_policy(config)
    table = dynamodb.Table(
        scope,
        name,
        partition_key=_text(partition_key),
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        encryption=dynamodb.TableEncryption.DEFAULT,
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True
        ),
        deletion_protection=removal == RemovalPolicy.RETAIN,
        removal_policy=removal,
        stream=stream,
    )
    pin_logical_id(table, name)
    return table


def _add_index(table: dynamodb.Table, name: str, keys: tuple[str, str]) -> None:
    partition_key, sort_key = keys
    table.add_global_secondary_index(
        index_name=name, partition_key=_text(partition_key), sort_key=_text(sort_key)
    )


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
