"""Keys for single photos that people send into a running stage, as the drivers' app would."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from handlers.domain.ledger.identity import INTAKE_PREFIX, Sender
from infra.operations.upload import extension_of

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

_MOST_BYTES = 1_024  # S3's limit of a key


class InvalidDriver(ValueError):
    """A driver id that no key can carry."""


def new_upload_id(now: datetime) -> str:
    """Sorts by time, can be read by people, and is never the same twice."""
    return f"{now:%Y%m%dT%H%M%S}{now.microsecond // 1000:03d}-{secrets.token_hex(4)}"


def key_of(driver_id: str, upload_id: str, file: Path) -> str:
    """`intake/<driver>/<upload>.<ext>`. Raises: InvalidDriver."""
    key = f"{INTAKE_PREFIX}{driver_id}/{upload_id}{extension_of(file)}"
    sender = Sender.from_key(key)
    if sender is None or sender.driver_id != driver_id:
        raise InvalidDriver(f"{driver_id!r} cannot be a driver's id: no slash, no dot in front")
    try:
        length = len(key.encode())
    except UnicodeEncodeError as error:
        raise InvalidDriver(f"{driver_id!r} is not text") from error
    if length > _MOST_BYTES:
        raise InvalidDriver(f"a driver's id of {len(driver_id)} characters is too long")
    return key
