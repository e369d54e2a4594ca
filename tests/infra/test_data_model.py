"""docs/data-model.md agrees with the schema and the templates."""

from handlers.domain.ledger.schema import TABLES
from infra.config import STAGES
from infra.data_model import DOCUMENT, QUEUE_RETENTION_DAYS, QUEUES, STAGE, buckets, document
from tests.infra.template import Template


def test_the_document_is_not_stale() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(STAGES[STAGE]), (
        "run `python -m infra.data_model`"
    )


def test_every_table_of_the_stack_has_a_schema(pipeline: Template) -> None:
    tables = pipeline.of_type("AWS::DynamoDB::Table")
    assert set(tables) == {table.name for table in TABLES}
    for table in TABLES:
        properties = tables[table.name]
        keys = tuple(key["AttributeName"] for key in properties["KeySchema"])
        assert keys == tuple(map(str, table.keys))
        expiry = properties.get("TimeToLiveSpecification", {}).get("AttributeName")
        assert expiry == table.time_to_live


def test_every_bucket_is_listed_with_its_retention(pipeline: Template) -> None:
    retention = {
        logical_id: [
            rule["ExpirationInDays"]
            for rule in bucket["LifecycleConfiguration"]["Rules"]
            if rule["Id"] == "Expire"
        ]
        for logical_id, bucket in pipeline.of_type("AWS::S3::Bucket").items()
    }
    assert retention == {
        bucket.logical_id: [bucket.expires_after_days] if bucket.expires_after_days else []
        for bucket in buckets(STAGES[pipeline.stage])
    }


def test_every_queue_is_listed_with_its_retention(pipeline: Template) -> None:
    queues = pipeline.of_type("AWS::SQS::Queue")
    assert set(queues) == {queue.logical_id for queue in QUEUES}
    assert {queue["MessageRetentionPeriod"] for queue in queues.values()} == {
        QUEUE_RETENTION_DAYS * 24 * 60 * 60
    }
