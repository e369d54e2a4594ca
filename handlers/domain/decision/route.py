"""What Filter tells the workflow: the outcome, and the facts that it rests on."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from handlers.domain.decision.policy import AskReviewer, Policy, Threshold, decide, is_audited
from handlers.domain.decision.prediction import PhotoRef, Prediction
from handlers.domain.photo.quality import Quality


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSampling:
    """Which share of the confident photos a person sees as well, and the secret that picks them."""

    share: float
    salt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Every text is empty where it does not apply: the state machine cannot read what is absent."""

    outcome: str  # assign | assign_and_audit | review
    review: str  # none | open
    review_reason: str
    vehicle: str
    order_range: str
    confidence: float
    valid_until: str
    classification: dict[str, Any]  # the facts for the ledger: JSON values
    quality: dict[str, Any]


def route(
    photo: PhotoRef,
    prediction: Prediction,
    quality: Quality,
    *,
    policy: Policy,
    override: str,
    audit: AuditSampling,
    valid_hours: float,
) -> Decision:
    """Raises: UntrustworthyPrediction, for an answer of a model that the policy does not know."""
    model = policy.model_of(prediction)
    threshold = Threshold.in_force(model, override)
    defects = quality.defects()
    choice = decide(
        prediction,
        threshold=threshold,
        order_ranges=policy.order_ranges,
        has_driver=photo.driver_id is not None,
        defects=defects,
    )
    outcome, order_range, review_reason = "assign", "", ""
    if isinstance(choice, AskReviewer):
        outcome, review_reason = "review", choice.reason
    else:
        order_range = choice.order_range
        if is_audited(photo.photo_id, salt=audit.salt, share=audit.share):
            outcome, review_reason = "assign_and_audit", "audit"
    return Decision(
        outcome=outcome,
        review="open" if review_reason else "none",
        review_reason=review_reason,
        vehicle=choice.vehicle,
        order_range=order_range,
        confidence=choice.confidence,
        valid_until=hours_after(photo.uploaded_at, valid_hours),
        classification={
            **prediction.to_wire(),
            "vehicle": choice.vehicle,
            "confidence": choice.confidence,
            "threshold": threshold.value,
            "threshold_source": threshold.source,
        },
        quality={**quality.to_wire(), "defects": list(defects)},
    )


def hours_after(moment: str, hours: float) -> str:
    """Until when an assignment by a photo of that moment is valid."""
    later = datetime.fromisoformat(moment) + timedelta(hours=hours)
    return later.strftime("%Y-%m-%dT%H:%M:%SZ")
