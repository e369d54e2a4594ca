"""Filter: the confidence policy decides whether a photo is assigned or shown to a person."""

import os
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.parameters import SecretsProvider, SSMProvider

from handlers.aws.attribute_values import attribute_map
from handlers.aws.clients import config
from handlers.aws.parameters import PolicyParameters
from handlers.domain.decision.policy import Policy
from handlers.domain.decision.prediction import PhotoRef, Prediction
from handlers.domain.decision.route import AuditSampling, route
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
def _parameters() -> PolicyParameters:
    limits = config(read_timeout_s=READ_TIMEOUT_S)
    return PolicyParameters(
        ssm=SSMProvider(boto_config=limits), secrets=SecretsProvider(boto_config=limits)
    )


@tracer.capture_lambda_handler
@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], _context: "LambdaContext") -> dict[str, Any]:
    """`{"photo", "execution", "quality", "prediction"}` → the decision, as the workflow reads it.

    `classification` and `quality` come back as DynamoDB attribute values: their keys are the
    model's business, and a state machine can only write names that it knows.
    """
    photo = PhotoRef.from_wire(event["photo"])
    logger.append_keys(photo_id=photo.photo_id, execution_id=event["execution"])
    settings, parameters = _settings(), _parameters()
    decision = route(
        photo,
        Prediction.from_wire(event["prediction"]),
        Quality.from_wire(event["quality"]),
        policy=Policy.from_json(parameters.parameter(settings.policy_parameter)),
        override=parameters.parameter(settings.policy_override_parameter),
        audit=AuditSampling(
            share=settings.audit_share, salt=parameters.secret(settings.audit_salt_secret)
        ),
        valid_hours=settings.assignment_valid_hours,
    )
    source = decision.classification["threshold_source"]
    logger.info(
        "photo_routed",
        outcome=decision.outcome,
        review_reason=decision.review_reason,
        vehicle=decision.vehicle,
        confidence=decision.confidence,
        threshold_source=source,
    )
    metrics.add_metric(_METRICS[decision.outcome], MetricUnit.Count, 1)
    is_invalid = source == "invalid_override"
    if is_invalid:
        logger.error("policy_override_invalid", parameter=settings.policy_override_parameter)
    # Counted where it is 0, too: its alarm stays as it is until a photo says otherwise.
    metrics.add_metric("PolicyOverrideInvalid", MetricUnit.Count, int(is_invalid))
    return {
        "outcome": decision.outcome,
        "review": decision.review,
        "review_reason": decision.review_reason,
        "vehicle": decision.vehicle,
        "order_range": decision.order_range,
        "confidence": repr(decision.confidence),
        "model_version": decision.classification["model_version"],
        "valid_until": decision.valid_until,
        "classification": attribute_map(decision.classification),
        "quality": attribute_map(decision.quality),
    }


_METRICS = {
    "assign": "PhotosAssigned",
    "assign_and_audit": "PhotosAssigned",
    "review": "PhotosSentToReview",
}
