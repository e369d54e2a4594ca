"""What the promotion gate looks at: photos, and models' answers to them, by class names."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What the rest of the system relies on, and a new model must not change unsaid."""

    classes: tuple[str, ...]
    vehicle_classes: tuple[str, ...]
    input: Mapping[str, Any]  # JSON values of the manifest's `input`


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPredictions:
    """One model's answers to the photos, in one order for all models."""

    model_version: str
    contract: Contract
    guesses: NDArray[np.str_]  # the likeliest class
    forced: NDArray[np.str_]  # the likeliest vehicle
    assigned: NDArray[np.bool_]  # without a person, at the model's own threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class GatePhotos:
    """What is known about the photos."""

    labels: NDArray[np.str_]
    sources: NDArray[np.str_]
    digest: str
