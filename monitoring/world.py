"""What was found in bucket, ledger, assignments, queues and executions at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass

from handlers.domain.ledger import AssignmentRow, LedgerRow
from handlers.domain.object_versions import ObjectVersion

__all__ = ["ObjectVersion", "World"]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A survey; None stands for a queue or bucket that was not read."""

    as_of: str  # ISO 8601, UTC
    objects: tuple[ObjectVersion, ...]
    ledger: tuple[LedgerRow, ...]
    assignments: tuple[AssignmentRow, ...]
    review_messages: tuple[str, ...] | None  # photo ids
    failure_messages: tuple[str, ...] | None
    executions: Mapping[str, str]  # ARN → RUNNING, SUCCEEDED, FAILED, …
    labels: tuple[tuple[str, int], ...] | None = None  # photo id and decision_seq
