"""Patches the event that the emulated S3 sends to EventBridge: version id, fields of AWS."""

from __future__ import annotations

import json
import secrets
from contextvars import ContextVar
from importlib import import_module
from typing import TYPE_CHECKING

from infra.local.emulator.patches.replace import Record, Untyped, replace

if TYPE_CHECKING:
    from collections.abc import Callable

_FIRE = (
    "bucket_name key event_name size etag deletion_type restore_event_data version_id sequencer "
    "object_extra record_extra"
)
_version: ContextVar[str | None] = ContextVar("version", default=None)


def install() -> None:
    """Carry the version id from the write to the event, past the function that drops it.

    Raises:
        EmulatorChanged: a function is not as expected.
    """
    objects = import_module("ministack.services.s3")
    buses = import_module("ministack.services.eventbridge")
    replace(objects, "_fire_s3_event", _FIRE, _remember_version)
    replace(buses, "_dispatch_event", "event view", _complete_event)


def _remember_version(original: Callable[..., None]) -> Callable[..., None]:
    def fire(*args: Untyped, version_id: str | None = None, **options: Untyped) -> None:
        token = _version.set(version_id)
        try:
            original(*args, version_id=version_id, **options)
        finally:
            _version.reset(token)

    return fire


def _complete_event(original: Callable[..., None]) -> Callable[..., None]:
    def dispatch(event: Record, view: Untyped = None) -> None:
        if event.get("Source") == "aws.s3" and view is None:
            event = aws_event(event, version=_version.get())
        original(event, view)

    return dispatch


def aws_event(event: Record, *, version: str | None) -> Record:
    """Return the event as AWS sends it: `version-id`, S3's form of request id, whole seconds.

    Fields that AWS does not send are removed; `version` is absent in a bucket without versions.
    """
    detail = json.loads(event["Detail"])
    detail.pop("event-version", None)
    detail["request-id"] = secrets.token_hex(8).upper()
    if version:
        sequencer = detail["object"].pop("sequencer")
        detail["object"] |= {"version-id": version, "sequencer": sequencer}
    return {**event, "Detail": json.dumps(detail), "Time": event["Time"][:19] + "Z"}
