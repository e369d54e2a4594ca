"""What to do with a prediction: assign it, or ask a person. Used by Filter alone."""

import hashlib
import hmac
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from handlers.domain.decision.prediction import Prediction
from handlers.domain.errors import InvalidPolicy, UntrustworthyPrediction

STOPPED = 1.0
"""The threshold that nothing passes, not even a probability of exactly 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPolicy:
    """What a model's manifest says of it: its classes and the threshold calibrated for it."""

    classes: frozenset[str]
    threshold: float  # 0..1


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The models that may answer, and the order range of each vehicle they know."""

    models: Mapping[str, ModelPolicy]  # by model version
    order_ranges: Mapping[str, str]  # vehicle → nearby | distant

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Raises: InvalidPolicy."""
        try:
            wire = json.loads(text)
            models = {
                str(version): ModelPolicy(
                    classes=frozenset(map(str, model["classes"])),
                    threshold=_share(model["threshold"]),
                )
                for version, model in wire["models"].items()
            }
            ranges = {str(vehicle): str(name) for vehicle, name in wire["order_ranges"].items()}
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InvalidPolicy(f"the policy parameter is malformed: {error!r}") from error
        return cls(models=models, order_ranges=ranges)

    def model_of(self, prediction: Prediction) -> ModelPolicy:
        """Raises: UntrustworthyPrediction, for a model or classes that nobody deployed."""
        model = self.models.get(prediction.model_version)
        if model is None:
            raise UntrustworthyPrediction(f"unknown model version {prediction.model_version!r}")
        if model.classes != prediction.probabilities.keys():
            raise UntrustworthyPrediction(
                f"model {prediction.model_version!r} answers {sorted(prediction.probabilities)}, "
                f"its manifest says {sorted(model.classes)}"
            )
        return model


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """The threshold in force, and where it comes from."""

    value: float
    source: str  # calibrated | override | invalid_override

    @classmethod
    def in_force(cls, model: ModelPolicy, override: str) -> Self:
        """The model's own threshold, unless the override parameter (JSON text) sets another.

        An override that cannot be read stops automatic assignment: whoever wrote it wanted
        something changed, and a slip in an emergency stop must not keep the machine running.
        """
        try:
            wire = json.loads(override)
            if wire.get("threshold") is None:
                return cls(value=model.threshold, source="calibrated")
            value = _share(wire["threshold"])
            allowed = wire.get("allow_below_calibrated", False)
        except (AttributeError, TypeError, ValueError):
            return cls(value=STOPPED, source="invalid_override")
        if value < model.threshold and allowed is not True:
            return cls(value=STOPPED, source="invalid_override")
        return cls(value=value, source="override")


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign:
    """Confident enough to decide without a person."""

    vehicle: str
    confidence: float
    order_range: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskReviewer:
    """A person must look; the reason is shown on the reviewers' page."""

    reason: str  # no_driver | poor_quality | no_vehicle | low_confidence
    vehicle: str  # the model's best guess among the vehicles
    confidence: float


def decide(
    prediction: Prediction,
    *,
    threshold: Threshold,
    order_ranges: Mapping[str, str],
    has_driver: bool,
    defects: tuple[str, ...],
) -> Assign | AskReviewer:
    """Apply the policy. Classes without an order range are no vehicles of ours."""
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


def is_audited(photo_id: str, *, salt: str, share: float) -> bool:
    """Whether a confident photo is reviewed as well: random to drivers, stable over replays."""
    digest = hmac.new(salt.encode(), photo_id.encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:8]) < share * 2**64


def _share(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"expected a number, got {value!r}")
    if not math.isfinite(value) or not 0 <= value <= 1:
        raise ValueError(f"expected a number from 0 to 1, got {value}")
    return float(value)
