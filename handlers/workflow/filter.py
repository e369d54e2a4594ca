"""Filter: the confidence policy decides whether a photo is assigned or shown to a person."""

import os
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.parameters import SecretsProvider, SSMProvider

from handlers.aws.clients import client, config
from handlers.aws.controls_table import ControlsTable
from handlers.aws.dynamodb import attribute_map
from handlers.aws.override_source import OverrideSource
from handlers.aws.parameters import PolicySource
from handlers.domain.decision.policy import AuditSampling, Policy, route_photo
from handlers.domain.decision.prediction import PhotoRef, Prediction
from handlers.domain.decision.threshold import INVALID, LOST, UNREADABLE
from handlers.domain.photo.quality import Quality
from handlers.settings import FilterSettings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger(service="filter")
metrics = Metrics(service="filter")
tracer = Tracer(service="filter")

READ_TIMEOUT_S = 3


@cache
def _settings() -> FilterSettings:
    return FilterSettings.from_env(os.environ)


@cache
def _parameters() -> PolicySource:
    limits = config(read_timeout_s=READ_TIMEOUT_S)
    return PolicySource(
        ssm=SSMProvider(boto_config=limits), secrets=SecretsProvider(boto_config=limits)
    )


@cache
def _overrides() -> OverrideSource:
    settings = _settings()
    return OverrideSource(
        client("ssm", read_timeout_s=READ_TIMEOUT_S),
        parameter=settings.policy_override_parameter,
        controls=ControlsTable(
            client("dynamodb", read_timeout_s=READ_TIMEOUT_S), table=settings.controls_table
        ),
    )


@tracer.capture_lambda_handler
@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], _context: "LambdaContext") -> dict[str, Any]:
    """Route one photo: `{photo, execution, quality, prediction}` → the outcome and its facts.

    `classification` and `quality` are returned as DynamoDB attribute values, because a state
    machine can only write maps whose keys its definition contains, and these depend on the model.
    """
    photo = PhotoRef.from_wire(event["photo"])
    logger.append_keys(photo_id=photo.photo_id, execution_id=event["execution"])
    settings, parameters = _settings(), _parameters()
    routed = route_photo(
        photo,
        Prediction.from_wire(event["prediction"]),
        Quality.from_wire(event["quality"]),
        policy=Policy.from_json(parameters.parameter(settings.policy_parameter)),
        override=_overrides().cached(),
        audit=AuditSampling(
            share=settings.audit_share, salt=parameters.secret(settings.audit_salt_secret)
        ),
        valid_hours=settings.assignment_valid_hours,
    )
    source = routed.classification["threshold_source"]
    logger.info(
        "photo_routed",
        outcome=routed.outcome,
        review_reason=routed.review_reason,
        vehicle=routed.vehicle,
        confidence=routed.confidence,
        threshold_source=source,
    )
    metrics.add_metric(_METRICS[routed.outcome], MetricUnit.Count, 1)
    is_lost, is_invalid = source == LOST, source in {INVALID, UNREADABLE}
    if is_lost or is_invalid:
        logger.error(
            "automatic_assignment_stopped",
            threshold_source=source,
            parameter=settings.policy_override_parameter,
        )
    # Published as 0 as well: the alarms keep their state while there are no data.
    metrics.add_metric("PolicyOverrideInvalid", MetricUnit.Count, int(is_invalid))
    metrics.add_metric("PolicyOverrideLost", MetricUnit.Count, int(is_lost))
    return {
        "outcome": routed.outcome,
        "review": routed.review,
        "review_reason": routed.review_reason,
        "vehicle": routed.vehicle,
        "order_range": routed.order_range,
        "confidence": repr(routed.confidence),
        "model_version": routed.classification["model_version"],
        "valid_until": routed.valid_until,
        "classification": attribute_map(routed.classification),
        "quality": attribute_map(routed.quality),
    }


_METRICS = {
    "assign": "PhotosAssigned",
    "assign_and_audit": "PhotosAssigned",
    "review": "PhotosSentToReview",
}
