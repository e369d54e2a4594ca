"""Classify: sends the wire image to the endpoint and returns checked probabilities."""

import base64
import os
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit

from handlers.aws.capture_writer import CapturesUnavailable, CaptureWriter
from handlers.aws.clients import client
from handlers.aws.endpoint import Endpoint
from handlers.domain.capture_record import EndpointCall
from handlers.settings import ClassifySettings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger(service="classify")
metrics = Metrics(service="classify")
tracer = Tracer(service="classify")

# SageMaker gives a model 60 s; a shorter time-out would discard responses that are paid for.
READ_TIMEOUT_S = 65


@cache
def _endpoint() -> Endpoint:
    settings = ClassifySettings.from_env(os.environ)
    runtime = client("sagemaker-runtime", read_timeout_s=READ_TIMEOUT_S)
    return Endpoint(runtime, name=settings.endpoint_name)


@cache
def _captures() -> CaptureWriter | None:
    settings = ClassifySettings.from_env(os.environ)
    if not settings.capture_bucket:
        return None
    return CaptureWriter(
        client("s3", read_timeout_s=5),
        bucket=settings.capture_bucket,
        prefix=settings.capture_prefix,
        modes=frozenset(settings.capture_modes.split(",")),
    )


@tracer.capture_lambda_handler
@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], _context: "LambdaContext") -> dict[str, Any]:
    """Classify a photo: `{photo_id, execution, wire_image}` → `{probabilities, model_version}`."""
    photo_id = event["photo_id"]
    logger.append_keys(photo_id=photo_id, execution_id=event["execution"])
    wire_image = base64.b64decode(event["wire_image"], validate=True)
    prediction = _endpoint().classify(wire_image, inference_id=photo_id)
    _capture(EndpointCall(inference_id=photo_id, request=wire_image, answer=prediction.to_wire()))
    logger.info(
        "photo_classified",
        probabilities=dict(prediction.probabilities),
        model_version=prediction.model_version,
    )
    metrics.add_metric("PhotosClassified", MetricUnit.Count, 1)
    return prediction.to_wire()


def _capture(call: EndpointCall) -> None:
    """Write the capture record; like SageMaker's own capture, a failure does not stop the photo."""
    captures = _captures()
    if captures is None:
        return
    try:
        captures.write(call, at=datetime.now(UTC))
    except CapturesUnavailable:
        logger.exception("capture_lost")
        metrics.add_metric("CapturesLost", MetricUnit.Count, 1)
