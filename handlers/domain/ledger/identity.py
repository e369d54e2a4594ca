"""Identity of a photo: its id from the object version, its driver and upload from the object key.

The state machine computes the same values (`infra/state_machine`); a contract test compares the
two.
"""

import hashlib
from dataclasses import dataclass

INTAKE_PREFIX = "intake/"
CANARY_DRIVER = "scones-canary"  # the driver of the photos that try a deployment


def photo_id(*, bucket: str, key: str, version_id: str | None, etag: str) -> str:
    """Return the id of one object version: 64 hex characters, a SHA-256.

    In a bucket without versions the ETag takes the place of the version id.
    """
    revision = version_id or etag
    return hashlib.sha256(f"{bucket}\n{revision}\n{key}".encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectVersion:
    """One object version under the intake prefix, as a listing of the bucket shows it."""

    bucket: str
    key: str
    version_id: str  # empty in a bucket without versions
    etag: str
    uploaded_at: str  # ISO 8601, UTC
    size_bytes: int = 0

    @property
    def photo_id(self) -> str:
        """The id that the state machine computes for this version."""
        return photo_id(
            bucket=self.bucket, key=self.key, version_id=self.version_id or None, etag=self.etag
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """The driver and upload that a key `intake/<driver-id>/<upload-id>.<ext>` names."""

    driver_id: str
    upload_id: str

    @classmethod
    def from_key(cls, key: str) -> "Sender | None":
        """Return the sender, or None if the key names no driver: such a photo goes to review.

        Further folders below the driver's are allowed. A segment that starts with a dot names no
        driver or upload, because the state machine cannot split it unambiguously.
        """
        segments = key.split("/")
        if len(segments) < 3 or f"{segments[0]}/" != INTAKE_PREFIX or not segments[1]:
            return None
        if any(segment.startswith(".") for segment in segments) or not segments[-1]:
            return None
        return cls(driver_id=segments[1], upload_id=segments[-1].split(".")[0])
