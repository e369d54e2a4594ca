"""Messages about a photo: the state machine sends them, and repairs send them again.

The state machine builds the same bodies in Amazon States Language; a contract test compares the
two.
"""

import re
from typing import Any, Protocol

from handlers.domain.json_text import parse_json
from handlers.domain.ledger.identity import Sender

Json = dict[str, Any]
_PHOTO_ID = re.compile(r"[0-9a-f]{64}")


class PhotoRow(Protocol):
    """The fields of a ledger row that messages need; `LedgerRow` and `ReviewRow` have them."""

    @property
    def photo_id(self) -> str: ...
    @property
    def bucket(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def version_id(self) -> str: ...
    @property
    def etag(self) -> str: ...
    @property
    def size_bytes(self) -> int: ...
    @property
    def uploaded_at(self) -> str: ...
    @property
    def photo_order(self) -> str: ...


def photo_named_in(body: str) -> str:
    """Return the id of the photo that a message is about; empty if it names none."""
    try:
        photo_id = parse_json(body)["photo_id"]
    except (KeyError, TypeError, ValueError):
        return ""
    return photo_id if isinstance(photo_id, str) and _PHOTO_ID.fullmatch(photo_id) else ""


def photo_record(row: PhotoRow) -> Json:
    """Return `$.photo` of the workflow; driver and upload are absent if the key names none."""
    photo: Json = {
        "photo_id": row.photo_id,
        "bucket": row.bucket,
        "key": row.key,
        "version_id": row.version_id,
        "etag": row.etag,
        "size_bytes": row.size_bytes,
        "uploaded_at": row.uploaded_at,
        "photo_order": row.photo_order,
    }
    if sender := Sender.from_key(row.key):
        photo |= {"driver_id": sender.driver_id, "upload_id": sender.upload_id}
    return photo


def review_message(row: PhotoRow, *, reason: str, received_at: str) -> Json:
    """Return the message that offers an open review; `reason` is its stable code."""
    return {
        "photo_id": row.photo_id,
        "photo": photo_record(row),
        "reason": reason,
        "received_at": received_at,
    }


def failure_message(
    row: PhotoRow, *, attempt: int, execution_arn: str, error: str, cause: str
) -> Json:
    """Return the message about a failed photo, for operators and `scones redrive`."""
    return {
        "photo_id": row.photo_id,
        "photo": photo_record(row),
        "attempt": attempt,
        "execution_arn": execution_arn,
        "error": {"Error": error, "Cause": cause},
    }
