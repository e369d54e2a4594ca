"""Alarms on throttled requests of the tables and of every index."""

from collections.abc import Iterator

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb

from handlers.domain.ledger.schema import ASSIGNMENTS, PHOTOS
from infra.constructs.alarms.alarm_spec import FIVE_MINUTES, AlarmSpec, sum_of
from infra.constructs.ledger import Ledger

_READS, _WRITES = "ReadThrottleEvents", "WriteThrottleEvents"


def table_alarms(
    ledger: Ledger, *, controls: dynamodb.ITable, of_the_api: list[dynamodb.ITable]
) -> dict[str, AlarmSpec]:
    """Return alarms on the tables of the workflow, apart for reads and writes, and of the API.

    An alarm reads ten metrics at most, and a write that an index throttles is counted there.
    """
    return {
        "LedgerReadsThrottled": _alarm(
            [*_of_ledger(ledger, _READS), _metric(_READS, controls)],
            "reads of the ledger or the controls",
            "Drivers and reviewers see errors or wait, and executions are tried again.",
        ),
        "LedgerWritesThrottled": _alarm(
            [*_of_ledger(ledger, _WRITES), _metric(_WRITES, controls)],
            "writes to the ledger, one of its indexes or the controls",
            "Executions are tried again, so drivers wait longer for a decision.",
        ),
        "ApiTablesThrottled": _alarm(
            [_metric(name, table) for table in of_the_api for name in (_READS, _WRITES)],
            "requests to the tables of uploads, reviewers and idempotent calls",
            "Drivers or reviewers must repeat a call.",
        ),
    }


def _alarm(metrics: list[cloudwatch.IMetric], what: str, meaning: str) -> AlarmSpec:
    return AlarmSpec(
        metric=sum_of(metrics, label="throttled requests"),
        evaluation_periods=2,
        runbook="TablesThrottled",
        description=(
            f"DynamoDB throttles {what}. {meaning} Tables on demand are throttled by a sudden "
            "rise above twice the former peak, or by too many requests to one key."
        ),
    )


def _of_ledger(ledger: Ledger, name: str) -> Iterator[cloudwatch.IMetric]:
    for table, schema in ((ledger.photos, PHOTOS), (ledger.assignments, ASSIGNMENTS)):
        yield _metric(name, table)
        for index in schema.indexes:
            yield _metric(name, table, {"GlobalSecondaryIndexName": index.name})


def _metric(
    name: str, table: dynamodb.ITable, of_index: dict[str, str] | None = None
) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/DynamoDB",
        metric_name=name,
        dimensions_map={"TableName": table.table_name, **(of_index or {})},
        statistic="Sum",
        period=FIVE_MINUTES,
    )
