"""Who a photo is: its id from the object version, its driver and upload from the object key.

The state machine computes the same values (`infra/workflow_definition.py`); a contract test holds
the two together.
"""

import hashlib
from dataclasses import dataclass

INTAKE_PREFIX = "intake/"


def photo_id(*, bucket: str, key: str, version_id: str | None, etag: str) -> str:
    """64 hex characters that name one object version; without a version, the etag stands in."""
    revision = version_id or etag
    return hashlib.sha256(f"{bucket}\n{revision}\n{key}".encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """The driver and upload that a key `intake/<driver-id>/<upload-id>.<ext>` names."""

    driver_id: str
    upload_id: str

    @classmethod
    def from_key(cls, key: str) -> "Sender | None":
        """None where the key names no driver: such a photo goes to review.

        Further folders below the driver's are allowed. A segment that starts with a dot names
        nobody: state machines on AWS cannot split it without doubt.
        """
        segments = key.split("/")
        if len(segments) < 3 or f"{segments[0]}/" != INTAKE_PREFIX or not segments[1]:
            return None
        if any(segment.startswith(".") for segment in segments) or not segments[-1]:
            return None
        return cls(driver_id=segments[1], upload_id=segments[-1].split(".")[0])
