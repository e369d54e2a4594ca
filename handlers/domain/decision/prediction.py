"""Records that pass between the workflow's states; each checks its wire form when it is read."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from handlers.domain.errors import InvalidRecord, UntrustworthyPrediction

SUM_TOLERANCE = 1e-3
"""How far from 1 the sum of the probabilities may be: they are rounded on the wire."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoRef:
    """One object version under the intake prefix, as the workflow identifies it."""

    photo_id: str  # 64 hex characters, see `ledger/identity.py`
    bucket: str
    key: str
    version_id: str | None
    etag: str
    size_bytes: int
    uploaded_at: str  # ISO 8601, UTC
    driver_id: str | None
    upload_id: str | None

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> Self:  # Any: JSON, checked here
        """Check and convert `$.photo` of the workflow.

        Raises: InvalidRecord.
        """
        try:
            return cls(
                photo_id=_text(wire["photo_id"]),
                bucket=_text(wire["bucket"]),
                key=_text(wire["key"]),
                version_id=_optional_text(wire.get("version_id")),
                etag=_text(wire["etag"]),
                size_bytes=int(wire["size_bytes"]),
                uploaded_at=_text(wire["uploaded_at"]),
                driver_id=_optional_text(wire.get("driver_id")),
                upload_id=_optional_text(wire.get("upload_id")),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidRecord(f"the photo's record is malformed: {error!r}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """The endpoint's answer: calibrated probabilities by class name."""

    probabilities: Mapping[str, float]  # by class; finite, 0..1, sum 1
    model_version: str

    @classmethod
    def from_wire(cls, wire: object) -> Self:
        """Check and convert the endpoint's answer.

        Raises: UntrustworthyPrediction, if it is not a probability distribution.
        """
        if not isinstance(wire, Mapping):
            raise UntrustworthyPrediction(f"expected a JSON object, got {type(wire).__name__}")
        version, raw = wire.get("model_version"), wire.get("probabilities")
        if not isinstance(version, str) or not version:
            raise UntrustworthyPrediction("the endpoint's answer has no model version")
        if not isinstance(raw, Mapping) or not raw:
            raise UntrustworthyPrediction("the endpoint's answer has no probabilities")
        probabilities = {str(name): _probability(name, value) for name, value in raw.items()}
        total = math.fsum(probabilities.values())
        if abs(total - 1) > SUM_TOLERANCE:
            raise UntrustworthyPrediction(f"probabilities sum to {total:.4f}, not to 1")
        return cls(probabilities=probabilities, model_version=version)

    def to_wire(self) -> dict[str, object]:
        """Return the record in the form that the endpoint answers with."""
        return {"probabilities": dict(self.probabilities), "model_version": self.model_version}


def _probability(name: object, value: object) -> float:
    # bool is an int in Python, and NaN is a number in JSON as Python reads it.
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UntrustworthyPrediction(f"the probability of {name!r} is not a number")
    if not math.isfinite(value) or not 0 <= value <= 1:
        raise UntrustworthyPrediction(f"the probability of {name!r} is {value}, not within 0..1")
    return float(value)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError(f"expected text, got {value!r}")
    return value


def _optional_text(value: object) -> str | None:
    return None if value is None or value == "" else _text(value)
