"""From a prediction to an outcome: assign the photo, assign it and audit it, or ask a person.

Filter runs `route_photo`; it combines the policy, the threshold in force and `decide`, the rule
itself, for one photo.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from handlers.domain.decision.prediction import PhotoRef, Prediction
from handlers.domain.decision.threshold import STOPPED, Override, Threshold, share
from handlers.domain.errors import InvalidPolicy, UntrustworthyPrediction
from handlers.domain.json_text import parse_json
from handlers.domain.photo.quality import Quality


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPolicy:
    """The part of a model's manifest that decisions need: classes and calibrated threshold."""

    classes: frozenset[str]
    threshold: float  # 0..1


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The models in service, and the order range of each vehicle."""

    models: Mapping[str, ModelPolicy]  # by model version
    order_ranges: Mapping[str, str]  # vehicle → nearby | distant

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Parse the text of the policy parameter.

        Raises: InvalidPolicy.
        """
        try:
            wire = parse_json(text)
            models = {
                str(version): ModelPolicy(
                    classes=frozenset(map(str, model["classes"])),
                    threshold=share(model["threshold"]),
                )
                for version, model in wire["models"].items()
            }
            ranges = {str(vehicle): str(name) for vehicle, name in wire["order_ranges"].items()}
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InvalidPolicy(f"the policy parameter is malformed: {error!r}") from error
        return cls(models=models, order_ranges=ranges)

    def model_of(self, prediction: Prediction) -> ModelPolicy:
        """Return the policy of the model that made the prediction.

        Raises: UntrustworthyPrediction, if the model or its classes are not those deployed.
        """
        model = self.models.get(prediction.model_version)
        if model is None:
            raise UntrustworthyPrediction(f"unknown model version {prediction.model_version!r}")
        if model.classes != prediction.probabilities.keys():
            raise UntrustworthyPrediction(
                f"model {prediction.model_version!r} returned probabilities of "
                f"{sorted(prediction.probabilities)}, its manifest has the classes "
                f"{sorted(model.classes)}"
            )
        return model


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign:
    """The model is confident enough: assign without a person."""

    vehicle: str
    confidence: float  # 0..1
    order_range: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskReviewer:
    """A person must look; the review page shows the reason."""

    reason: str  # no_driver | poor_quality | no_vehicle | low_confidence
    vehicle: str  # the most probable of the vehicles
    confidence: float  # its probability, 0..1


def decide(
    prediction: Prediction,
    *,
    threshold: Threshold,
    order_ranges: Mapping[str, str],
    has_driver: bool,
    defects: tuple[str, ...],
) -> Assign | AskReviewer:
    """Apply the policy to one photo.

    Classes without an order range, such as `other`, are not vehicles: if one of them is the most
    probable class, the photo is not assigned at any threshold.
    """
    probabilities = prediction.probabilities
    vehicle = max(order_ranges, key=lambda name: probabilities.get(name, 0.0))
    confidence = probabilities.get(vehicle, 0.0)
    reason = ""
    if not has_driver:
        reason = "no_driver"
    elif defects:
        reason = "poor_quality"
    elif max(probabilities.values()) > confidence:
        reason = "no_vehicle"
    elif confidence < threshold.value or threshold.value >= STOPPED:
        reason = "low_confidence"
    if reason:
        return AskReviewer(reason=reason, vehicle=vehicle, confidence=confidence)
    return Assign(vehicle=vehicle, confidence=confidence, order_range=order_ranges[vehicle])


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSampling:
    """The share of confident photos that a person reviews as well, and the secret salt."""

    share: float  # 0..1
    salt: str  # without it, which photos are audited cannot be predicted


def is_audited(photo_id: str, *, salt: str, share: float) -> bool:
    """Whether a confident photo is reviewed as well: random to drivers, the same in a replay."""
    digest = hmac.new(salt.encode(), photo_id.encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:8]) < share * 2**64


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutedPhoto:
    """What Filter returns to the workflow: the outcome, and the facts behind it.

    Texts that do not apply are empty, not absent: a state machine cannot read an absent field.
    """

    outcome: str  # assign | assign_and_audit | review
    review: str  # none | open
    review_reason: str
    vehicle: str
    order_range: str
    confidence: float  # 0..1
    valid_until: str  # ISO 8601, UTC, whole seconds
    classification: dict[str, Any]  # the facts for the ledger: JSON values
    quality: dict[str, Any]  # the figures and defects for the ledger: JSON values


def route_photo(
    photo: PhotoRef,
    prediction: Prediction,
    quality: Quality,
    *,
    policy: Policy,
    override: Override,
    audit: AuditSampling,
    valid_hours: float,
) -> RoutedPhoto:
    """Decide about one photo and collect the facts behind the decision.

    `valid_hours` is the life of an assignment, counted from the upload.

    Raises: UntrustworthyPrediction, if the policy does not know the model.
    """
    model = policy.model_of(prediction)
    threshold = Threshold.in_force(model.threshold, override)
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
    return RoutedPhoto(
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
    """Return the end of an assignment whose photo was uploaded at `moment`, in whole seconds."""
    later = datetime.fromisoformat(moment) + timedelta(hours=hours)
    return later.strftime("%Y-%m-%dT%H:%M:%SZ")
