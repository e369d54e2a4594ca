"""What was found in bucket, ledger, assignments, queues and executions at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass

from handlers.domain.identity import photo_id
from handlers.domain.ledger import AssignmentRow, LedgerRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectVersion:
    """One upload under the intake prefix."""

    bucket: str
    key: str
    version_id: str  # empty in a bucket without versions
    etag: str
    uploaded_at: str  # ISO 8601, UTC

    @property
    def photo_id(self) -> str:
        """The id that the state machine gives it."""
        return photo_id(
            bucket=self.bucket, key=self.key, version_id=self.version_id or None, etag=self.etag
        )


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
