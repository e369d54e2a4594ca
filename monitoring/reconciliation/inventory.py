"""What bucket, ledger, assignments, queues and executions hold at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass

from handlers.domain.ledger.identity import ObjectVersion
from handlers.domain.ledger.rows import AssignmentRow, LedgerRow

__all__ = ["MALFORMED_ASSIGNMENT", "MALFORMED_ROW", "Inventory", "ObjectVersion", "Unreadable"]

MALFORMED_ROW = "malformed_row"
MALFORMED_ASSIGNMENT = "malformed_assignment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A row, message or label that the pipeline cannot have written."""

    rule: str  # MALFORMED_ROW | MALFORMED_ASSIGNMENT | malformed_message | malformed_label
    detail: str
    photo_id: str = ""  # empty where it cannot be read


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """Everything that reconciliation has read; None: a queue or bucket was not read."""

    as_of: str  # ISO 8601, UTC
    objects: tuple[ObjectVersion, ...]
    ledger: tuple[LedgerRow, ...]
    assignments: tuple[AssignmentRow, ...]
    review_messages: tuple[str, ...] | None  # photo ids
    failure_messages: tuple[str, ...] | None
    executions: Mapping[str, str]  # ARN → status; finished ones may be absent
    labels: tuple[tuple[str, int], ...] | None = None  # photo id and decision_seq
    unreadable: tuple[Unreadable, ...] = ()
    erased: frozenset[str] = frozenset()  # ids of photos that are tombstones
