"""Serialize: turns the photo in S3 into a wire image with quality figures, or into a refusal.

The workflow calls it after Claim. A refusal is a return value, so it is never retried.
"""

import base64
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit

from handlers.aws.clients import client
from handlers.aws.photo_store import PhotoStore
from handlers.domain.decision.prediction import PhotoRef
from handlers.domain.errors import PhotoMissing
from handlers.domain.photo.wire_image import Prepared, Refusal, prepare, too_large_in_bytes

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


@tracer.capture_lambda_handler(capture_response=False)  # photo bytes stay out of traces
@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], _context: "LambdaContext") -> dict[str, Any]:
    """Serialize one photo: `{photo, execution}` → `{outcome: "prepared" | "refused", ...}`."""
    photo = PhotoRef.from_wire(event["photo"])
    logger.append_keys(photo_id=photo.photo_id, execution_id=event["execution"])
    response = _read_and_prepare(photo)
    logger.info("photo_serialized", outcome=response["outcome"], reason=response["reason"])
    metrics.add_metric(_METRICS[response["outcome"]], MetricUnit.Count, 1)
    return response


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


_METRICS = {"prepared": "PhotosPrepared", "refused": "PhotosRefused"}
