"""Every store of the stage that can hold personal data, and how it is emptied of one driver.

This is the one list: the erasure counts by its names, the certificate names what is left by it, and
a test fails if the template has a bucket, table, queue, log group, state machine or user pool that
is not in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

HISTORY_DAYS = 90  # Step Functions keeps the histories of ended executions so long
BACKUP_DAYS = 35  # of DynamoDB's continuous backups
TRACE_DAYS = 30  # of X-Ray
STREAM_DAYS = 1  # of DynamoDB's streams
MESSAGE_DAYS = 14  # of SQS


class Means(StrEnum):
    """How a store loses the records of one driver."""

    ERASED = "erased"  # by `scones forget`, record by record
    EXPIRES = "expires"  # by its retention alone
    EMPTY = "empty"  # it never holds a record of a driver


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """One resource of the template, by its type and its logical id, or the beginning of that."""

    kind: str  # CloudFormation type; empty: a service keeps it without a resource of the stage
    name: str
    means: Means
    content: str
    # Days until what cannot be deleted singly is gone; None where nothing is left.
    retention_days: int | None = None

    @property
    def left(self) -> str:
        """What of the content cannot be deleted singly."""
        return {_TABLE: "in backups: ", _QUEUE: "held by a receiver: "}.get(
            self.kind, ""
        ) + self.content


_BUCKET, _TABLE, _QUEUE = "AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::SQS::Queue"
_LOGS, _POOL = "AWS::Logs::LogGroup", "AWS::Cognito::UserPool"


def _erased(kind: str, name: str, content: str, *, backup_days: int | None = None) -> Store:
    return Store(
        kind=kind, name=name, means=Means.ERASED, content=content, retention_days=backup_days
    )


def _empty(kind: str, name: str, content: str) -> Store:
    return Store(kind=kind, name=name, means=Means.EMPTY, content=content)


def _expires(kind: str, name: str, content: str, days: int) -> Store:
    return Store(kind=kind, name=name, means=Means.EXPIRES, content=content, retention_days=days)


def stores(*, log_days: int, access_log_days: int) -> tuple[Store, ...]:
    """Return all stores of a stage with these retentions, in the order of the certificate."""
    return (
        _erased(_POOL, "DriversPool", "the driver's account"),
        _empty(_POOL, "ReviewersPool", "accounts of reviewers and leads"),
        _erased(_BUCKET, "Intake", "photos, every version"),
        _erased(_BUCKET, "Labels", "labels, and the list of contents that training refuses"),
        _erased(_BUCKET, "Capture", "requests and answers of the endpoint"),
        _erased(_BUCKET, "Reports", "reports with keys and thumbnails; the sweeper's checkpoint"),
        _erased(_TABLE, "Photos", "rows of photos", backup_days=BACKUP_DAYS),
        _erased(_TABLE, "Assignments", "what dispatch reads", backup_days=BACKUP_DAYS),
        _erased(_TABLE, "Uploads", "upload permissions", backup_days=BACKUP_DAYS),
        _erased(_TABLE, "Reviewers", "known items, disagreements", backup_days=BACKUP_DAYS),
        _erased(_TABLE, "Requests", "stored responses"),
        _empty(_TABLE, "Controls", "what operators have set"),
        # Messages that a receiver holds are not seen: they expire, or are dropped when received.
        _erased(_QUEUE, "Review", "review messages", backup_days=MESSAGE_DAYS),
        _erased(_QUEUE, "ReviewDeadLetters", "unreadable messages", backup_days=MESSAGE_DAYS),
        _erased(_QUEUE, "Failures", "failed photos", backup_days=MESSAGE_DAYS),
        _erased(_QUEUE, "IntakeDeadLetters", "events of photos", backup_days=MESSAGE_DAYS),
        _empty(_QUEUE, "ChangesDeadLetters", "positions in the stream, and ids of photos"),
        _empty(_QUEUE, "ScheduleDeadLetters", "calls of scheduled functions"),
        _expires("AWS::StepFunctions::StateMachine", "Workflow", "histories", HISTORY_DAYS),
        _empty("AWS::StepFunctions::StateMachine", "", "switches of the endpoint"),
        _expires(_BUCKET, "AccessLogs", "requests to the buckets, with keys", access_log_days),
        _expires(_LOGS, "", "logs of functions, executions and gateway: photo ids", log_days),
        _expires("", "Traces", "X-Ray: no key, no driver id", TRACE_DAYS),
        _expires("", "Stream", "DynamoDB's stream of the table Photos", STREAM_DAYS),
    )


def store_of(kind: str, logical_id: str, listed: tuple[Store, ...]) -> Store | None:
    """Return the listed store that a resource of the template is; None if it is not listed.

    A whole logical id is preferred to its beginning: CDK appends a hash to what is not pinned.
    """
    exact = [store for store in listed if (store.kind, store.name) == (kind, logical_id)]
    similar = [store for store in listed if store.kind == kind and _is_part(store, logical_id)]
    return next(iter(exact + similar), None)


def _is_part(store: Store, logical_id: str) -> bool:
    is_group = store.kind in {_LOGS, "AWS::StepFunctions::StateMachine"}
    return is_group and logical_id.startswith(store.name)
