"""What lies in the intake bucket, as a listing shows it."""

from dataclasses import dataclass

from handlers.domain.ledger.identity import photo_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectVersion:
    """One upload under the intake prefix."""

    bucket: str
    key: str
    version_id: str  # empty in a bucket without versions
    etag: str
    uploaded_at: str  # ISO 8601, UTC
    size_bytes: int = 0

    @property
    def photo_id(self) -> str:
        """The id that the state machine gives it."""
        return photo_id(
            bucket=self.bucket, key=self.key, version_id=self.version_id or None, etag=self.etag
        )
