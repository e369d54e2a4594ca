"""Classify: sends the wire image to the endpoint and returns checked probabilities."""

import base64
import os
import time
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit

from handlers.aws.capture_writer import CapturesUnavailable, CaptureWriter
from handlers.aws.clients import client
from handlers.aws.controls_table import CachedControls, ControlsTable
from handlers.aws.endpoint import Endpoint
from handlers.domain.breaker import FailureStreak
from handlers.domain.capture_record import EndpointCall
from handlers.domain.decision.prediction import Prediction
from handlers.domain.errors import BreakerOpen, EndpointUnavailable, LedgerUnavailable
from handlers.domain.timestamps import stamp
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
    # A second try would outlive the function, and the workflow tries again anyway.
    runtime = client("sagemaker-runtime", read_timeout_s=READ_TIMEOUT_S, tries=1)
    return Endpoint(runtime, name=settings.endpoint_name)


@cache
def _controls_table() -> ControlsTable:
    settings = ClassifySettings.from_env(os.environ)
    return ControlsTable(client("dynamodb", read_timeout_s=1), table=settings.controls_table)


@cache
def _controls() -> CachedControls:
    return CachedControls(_controls_table().read)


_streak = FailureStreak()  # of this container


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
    """Classify a photo: `{photo_id, probe, execution, wire_image}` → its prediction.

    The prediction is `{probabilities, model_version}`. Only a probe calls the endpoint while the
    breaker is open.
    """
    photo_id = event["photo_id"]
    logger.append_keys(photo_id=photo_id, execution_id=event["execution"])
    wire_image = base64.b64decode(event["wire_image"], validate=True)
    if _controls().current().breaker.is_open and not event["probe"]:
        raise BreakerOpen("the endpoint is known to be down")
    prediction = _classify(wire_image, photo_id)
    _capture(EndpointCall(inference_id=photo_id, request=wire_image, answer=prediction.to_wire()))
    logger.info(
        "photo_classified",
        probabilities=dict(prediction.probabilities),
        model_version=prediction.model_version,
    )
    metrics.add_metric("PhotosClassified", MetricUnit.Count, 1)
    return prediction.to_wire()


def _classify(wire_image: bytes, photo_id: str) -> Prediction:
    try:
        prediction = _endpoint().classify(wire_image, inference_id=photo_id)
    except EndpointUnavailable as error:
        if _streak.fail(photo_id, at_s=time.monotonic()):
            _open_breaker(str(error))
        raise
    _streak.end()
    return prediction


def _open_breaker(reason: str) -> None:
    """Open the breaker for all containers; if that fails, the next failure tries it again."""
    try:
        opened = _controls_table().open_breaker(now=stamp(datetime.now(UTC)), reason=reason)
    except LedgerUnavailable:
        logger.exception("breaker_not_opened")
        return
    if opened:
        logger.warning("breaker_opened", reason=reason)


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
