"""What was found in bucket, ledger, assignments, queues and executions at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass

from handlers.domain.ledger.object_versions import ObjectVersion
from handlers.domain.ledger.rows import AssignmentRow, LedgerRow

__all__ = ["MALFORMED_ROW", "Inventory", "ObjectVersion", "Unreadable"]

MALFORMED_ROW = "malformed_row"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """What was found and is nothing that the pipeline writes."""

    rule: str  # MALFORMED_ROW | malformed_assignment | malformed_message | malformed_label
    detail: str
    photo_id: str = ""  # where it says so


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """A survey; None stands for a queue or bucket that was not read."""

    as_of: str  # ISO 8601, UTC
    objects: tuple[ObjectVersion, ...]
    ledger: tuple[LedgerRow, ...]
    assignments: tuple[AssignmentRow, ...]
    review_messages: tuple[str, ...] | None  # photo ids
    failure_messages: tuple[str, ...] | None
    executions: Mapping[str, str]  # ARN → RUNNING; others need not be there
    labels: tuple[tuple[str, int], ...] | None = None  # photo id and decision_seq
    unreadable: tuple[Unreadable, ...] = ()
