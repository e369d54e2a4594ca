"""Serialize: turns the photo in S3 into a wire image with quality figures, or into a refusal.

The workflow calls it after Claim. A refusal is a return value, so it is never retried; so is the
answer that the photo has to wait.
"""

import base64
import os
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit

from handlers.aws.clients import client
from handlers.aws.controls_table import CachedControls, ControlsTable
from handlers.aws.photo_store import PhotoStore
from handlers.aws.uploads_table import UsedPermissions
from handlers.domain.decision.prediction import PhotoRef
from handlers.domain.errors import PhotoMissing
from handlers.domain.ledger.uploads import DUPLICATE_UPLOAD
from handlers.domain.photo.wire_image import Prepared, Refusal, prepare, too_large_in_bytes
from handlers.settings import SerializeSettings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger(service="serialize")
metrics = Metrics(service="serialize")
tracer = Tracer(service="serialize")

DELETED = Refusal(
    reason="deleted",
    message="The photo was deleted or replaced before we could look at it. Please send it again.",
)


@cache
def _store() -> PhotoStore:
    return PhotoStore(client("s3", read_timeout_s=10))


@cache
def _controls() -> CachedControls:
    settings = SerializeSettings.from_env(os.environ)
    table = ControlsTable(client("dynamodb", read_timeout_s=3), table=settings.controls_table)
    return CachedControls(table.read)


@cache
def _permissions() -> UsedPermissions:
    settings = SerializeSettings.from_env(os.environ)
    return UsedPermissions(client("dynamodb", read_timeout_s=3), table=settings.uploads_table)


_DUPLICATE = Refusal(
    reason=DUPLICATE_UPLOAD,
    message="This permission was used for another photo. Please ask for a new one.",
)


@tracer.capture_lambda_handler(capture_response=False)  # photo bytes stay out of traces
@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], _context: "LambdaContext") -> dict[str, Any]:
    """Serialize one photo: `{photo, probe, execution}` → `{outcome, ...}`.

    The outcome is `prepared`, `refused`, or `parked` while the stage is paused or its breaker open:
    then the photo is not read. Only a probe passes an open breaker. `kept_until` is in every
    response.
    """
    photo = PhotoRef.from_wire(event["photo"])
    logger.append_keys(photo_id=photo.photo_id, execution_id=event["execution"])
    hold_reason = _controls().current().hold_reason(is_probe=event["probe"])
    if hold_reason:
        response = _parked(hold_reason)
    else:
        response = _refused_duplicate(photo) or _read_and_prepare(photo)
    response["kept_until"] = _kept_until()
    logger.info("photo_serialized", outcome=response["outcome"], reason=response["reason"])
    metrics.add_metric(_METRICS[response["outcome"]], MetricUnit.Count, 1)
    return response


def _kept_until() -> str:
    """Return the time to live of the photo's row: the workflow cannot compute with times."""
    days = SerializeSettings.from_env(os.environ).ledger_retention_days
    return str(int((datetime.now(UTC) + timedelta(days=days)).timestamp()))


def _parked(reason: str) -> dict[str, Any]:
    return {
        "outcome": "parked",
        "reason": reason,
        "message": "",
        "wire_image": "",
        "quality": {},
        "order_id": "",
    }


def _refused_duplicate(photo: PhotoRef) -> dict[str, Any] | None:
    """Return the refusal if another object version used this photo's upload permission."""
    if not photo.upload_id or _permissions().use(
        photo.upload_id, key=photo.key, photo_id=photo.photo_id
    ):
        return None
    return _response(_DUPLICATE, order_id="")


def _read_and_prepare(photo: PhotoRef) -> dict[str, Any]:
    try:
        stored = _store().read(photo)
    except PhotoMissing:
        return _response(DELETED, order_id="")
    if stored.data is None:
        return _response(too_large_in_bytes(stored.size_bytes), order_id=stored.order_id)
    return _response(prepare(stored.data), order_id=stored.order_id)


def _response(result: Prepared | Refusal, *, order_id: str) -> dict[str, Any]:
    if isinstance(result, Refusal):
        return {
            "outcome": "refused",
            "reason": result.reason,
            "message": result.message,
            "wire_image": "",
            "quality": {},
            "order_id": order_id,
        }
    return {
        "outcome": "prepared",
        "reason": "",
        "message": "",
        "wire_image": base64.b64encode(result.wire_image).decode(),
        "quality": result.quality.to_wire(),
        "order_id": order_id,
    }


_METRICS = {
    "prepared": "PhotosPrepared",
    "refused": "PhotosRefused",
    "parked": "PhotosHeldBack",
}
