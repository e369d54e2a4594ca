"""Render docs/data-model.md: tables from their schema, buckets and queues from this module.

`python -m infra.data_model` writes the file. A test fails if the file is stale, or if a stack has a
bucket or queue that is not listed here or has another retention.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from handlers.domain.ledger.identity import INTAKE_PREFIX
from handlers.domain.ledger.labels import PREFIX as LABELS_PREFIX
from handlers.domain.ledger.refused_photos import REFUSED_PREFIX
from handlers.domain.ledger.schema import (
    ASSIGNMENTS,
    CONTROLS,
    PHOTOS,
    REQUESTS,
    REVIEWERS,
    TABLES,
    UPLOADS,
    Index,
    TableSchema,
)
from infra.config import STAGES, StageConfig

DOCUMENT = Path(__file__).parent.parent / "docs" / "data-model.md"
STAGE = "prod"
QUEUE_RETENTION_DAYS = 14  # the longest that SQS keeps a message


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketEntry:
    """One bucket of the document; without `expires_after_days`, objects are kept until deleted."""

    logical_id: str
    content: str
    keys: str
    expires_after_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueEntry:
    """One queue of the document; all keep a message for `QUEUE_RETENTION_DAYS`."""

    logical_id: str
    content: str
    consumer: str


QUEUES = (
    QueueEntry(
        logical_id="Review",
        content="open reviews: photo, reason, time; the ledger decides what is still open",
        consumer="reviews function",
    ),
    QueueEntry(
        logical_id="ReviewDeadLetters",
        content="review messages received more than 50 times",
        consumer="operator; alarm",
    ),
    QueueEntry(
        logical_id="Failures",
        content="failed photos: photo, attempt, execution, error",
        consumer="operator, `scones redrive`; alarm",
    ),
    QueueEntry(
        logical_id="IntakeDeadLetters",
        content="S3 events that started no execution within 24 hours",
        consumer="operator; the sweeper starts these photos; alarm",
    ),
    QueueEntry(
        logical_id="ChangesDeadLetters",
        content="positions in the ledger's stream whose labels or events were not written",
        consumer="operator; alarm",
    ),
    QueueEntry(
        logical_id="ScheduleDeadLetters",
        content="calls of the sweeper, drain or report that were not delivered",
        consumer="operator; alarm",
    ),
)

_KEPT_BY = {
    PHOTOS.name: "{ledger_retention_days} days; restorable to any second of the last 35 days; "
    "stream of changes",
    ASSIGNMENTS.name: "until deleted; restorable to any second of the last 35 days",
    UPLOADS.name: "{upload_retention_days} days; restorable to any second of the last 35 days",
    REVIEWERS.name: "until deleted; restorable to any second of the last 35 days",
    REQUESTS.name: "one day at most; not restorable",
    CONTROLS.name: "until deleted; restorable to any second of the last 35 days",
}


def buckets(config: StageConfig) -> tuple[BucketEntry, ...]:
    """Return all buckets of a stage, with the stage's retention."""
    return (
        BucketEntry(
            logical_id="Intake",
            content="photos as drivers uploaded them, every version",
            keys=f"{INTAKE_PREFIX}<driver>/<upload>.<extension>",
            expires_after_days=config.photo_retention_days,
        ),
        BucketEntry(
            logical_id="Capture",
            content="requests and answers of the endpoint (SageMaker Data Capture), JSON lines",
            keys="data-capture/<endpoint>/AllTraffic/<yyyy>/<mm>/<dd>/<hh>/….jsonl",
            expires_after_days=config.capture_retention_days,
        ),
        BucketEntry(
            logical_id="Labels",
            content="decisions of people as ground truth, one JSON line each, never changed; "
            f"under `{REFUSED_PREFIX}`, without expiry, what training refuses",
            keys=f"{LABELS_PREFIX}<yyyy>/<mm>/<dd>/<hh>/<photo_id>-<decision_seq>.jsonl",
            expires_after_days=config.label_retention_days,
        ),
        BucketEntry(
            logical_id="Reports",
            content="daily reports, their history, baselines, queue figures, sweeper checkpoint",
            keys=f"reports/… (these for {config.thumbnail_retention_days} days), history/…, "
            "baselines/…, queues/…, sweeper/…",
            expires_after_days=config.report_retention_days,
        ),
        BucketEntry(
            logical_id="AccessLogs",
            content="S3 server access logs of the other buckets",
            keys="<bucket>/…",
            expires_after_days=config.access_log_retention_days,
        ),
    )


def document(config: StageConfig) -> str:
    """Return the complete document as Markdown."""
    return "\n".join(
        (
            "# Data model",
            "",
            f"Rendered from `{TableSchema.__module__}` by `python -m infra.data_model`;",
            f"do not edit. Retention is that of the stage `{config.stage}` (`infra/config.py`).",
            "Types are DynamoDB's: S string, N number, BOOL boolean, M map, L list.",
            "",
            "## Tables",
            "",
            *_overview(config),
            *(line for table in TABLES for line in _table(table)),
            "",
            "## Buckets",
            "",
            *_rows(
                ("Bucket", "Content", "Keys", "Kept"),
                (
                    (bucket.logical_id, bucket.content, f"`{bucket.keys}`", _kept(bucket))
                    for bucket in buckets(config)
                ),
            ),
            "",
            "## Queues",
            "",
            f"SQS keeps every message for {QUEUE_RETENTION_DAYS} days.",
            "",
            *_rows(
                ("Queue", "Content", "Consumer"),
                ((queue.logical_id, queue.content, queue.consumer) for queue in QUEUES),
            ),
            "",
        )
    )


def _overview(config: StageConfig) -> Iterator[str]:
    yield from _rows(
        ("Table", "Item", "Key", "Kept"),
        (
            (
                f"[{table.name}](#{table.name.lower()})",
                _first_sentence(table),
                ", ".join(f"`{key}`" for key in table.keys),
                _KEPT_BY[table.name].format(
                    upload_retention_days=config.upload_retention_days,
                    ledger_retention_days=config.ledger_retention_days,
                ),
            )
            for table in TABLES
        ),
    )


def _table(table: TableSchema) -> Iterator[str]:
    yield from ("", f"### {table.name}", "", " ".join(_summary(table).split()), "")
    yield from _rows(
        ("Attribute", "Type", "Written by", "Meaning"),
        ((f"`{name}`", name.dynamodb_type, name.writer, name.meaning) for name in table.attributes),
    )
    if table.time_to_live:
        yield from ("", f"DynamoDB deletes an item some time after `{table.time_to_live}`.")
    if table.indexes:
        yield ""
        yield from _rows(
            ("Index", "Partition key", "Sort key", "Holds", "Answers"),
            (
                (
                    f"`{index.name}`",
                    f"`{index.partition_key}`",
                    f"`{index.sort_key}`",
                    _projection(index),
                    index.purpose,
                )
                for index in table.indexes
            ),
        )


def _summary(table: TableSchema) -> str:
    return table.attributes.__doc__ or ""


def _first_sentence(table: TableSchema) -> str:
    return _summary(table).partition(".")[0].partition(":")[0].strip()


def _projection(index: Index) -> str:
    if index.projected is None:
        return "the whole item"
    return "keys, " + ", ".join(f"`{name}`" for name in index.projected)


def _kept(bucket: BucketEntry) -> str:
    days = bucket.expires_after_days
    return "until deleted" if days is None else f"{days} days"


def _rows(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


if __name__ == "__main__":
    DOCUMENT.write_text(document(STAGES[STAGE]), encoding="utf-8")
