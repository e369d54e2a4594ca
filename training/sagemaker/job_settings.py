"""The settings of a SageMaker training job: paths and hyperparameters, from its environment.

Hyperparameters arrive as text that a person typed. Each has bounds, and an unknown one is an error,
as a typing error would otherwise train for hours with the default.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

from training.config import TrainConfig

CHECKPOINTS = Path("/opt/ml/checkpoints")  # SageMaker keeps it in S3 while the job runs
FAILURE = Path("/opt/ml/output/failure")
DATA_CHANNEL, VERDICTS_CHANNEL = "data", "verdicts"


class InvalidJob(ValueError):
    """The job's settings are invalid; the message names the setting."""


# Lowest and highest value; whole numbers if the bounds are.
_BOUNDS: Mapping[str, tuple[float, float]] = {
    "seed": (0, 2**31 - 1),
    "epochs": (1, 200),
    "epoch_photos": (1, 1_000_000),
    "batch": (2, 1024),
    "folds": (2, 10),
    "threads": (1, 256),
    "error_budget": (0.00001, 0.2),
    "confidence": (0.5, 0.9999),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HyperParameters:
    """The hyperparameters that a job accepts; None keeps the value of the configuration."""

    seed: int | None = None
    epochs: int | None = None
    epoch_photos: int | None = None
    batch: int | None = None
    folds: int | None = None
    threads: int | None = None
    error_budget: float | None = None
    confidence: float | None = None

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> Self:  # Any: JSON values, checked here
        """Parse names and values, text or numbers. Raises: InvalidJob."""
        # SageMaker adds names of its own.
        ours = {name: value for name, value in wire.items() if not name.startswith("sagemaker_")}
        if unknown := sorted(ours.keys() - _BOUNDS.keys()):
            raise InvalidJob(
                f"there is no hyperparameter {unknown[0]!r}; there are {', '.join(_BOUNDS)}"
            )
        values: dict[str, Any] = {name: _bounded(name, value) for name, value in ours.items()}
        return cls(**values)

    def to_wire(self) -> dict[str, Any]:  # Any: whole numbers and shares
        """Return those that are set, by name."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value is not None}

    def applied_to(self, config: TrainConfig) -> TrainConfig:
        """Return the configuration with the hyperparameters that are set."""
        return replace(config, **self.to_wire())


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSettings:
    """The settings of one job."""

    data_dirs: tuple[Path, ...]  # photos, then collected verdicts
    model_dir: Path  # uploaded as the job's model
    output_dir: Path  # uploaded as the job's output
    checkpoint_dir: Path  # synchronised with S3 while the job runs
    hyperparameters: HyperParameters

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the SM_* variables that SageMaker sets. Raises: InvalidJob."""
        data = Path(_variable(environment, f"SM_CHANNEL_{DATA_CHANNEL.upper()}"))
        verdicts = environment.get(f"SM_CHANNEL_{VERDICTS_CHANNEL.upper()}")
        return cls(
            data_dirs=(data, Path(verdicts)) if verdicts else (data,),
            model_dir=Path(_variable(environment, "SM_MODEL_DIR")),
            output_dir=Path(_variable(environment, "SM_OUTPUT_DATA_DIR")),
            checkpoint_dir=Path(environment.get("SCONES_CHECKPOINT_DIR", CHECKPOINTS)),
            hyperparameters=HyperParameters.from_wire(_json(environment.get("SM_HPS", "{}"))),
        )


def _variable(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name)
    if not value:
        raise InvalidJob(
            f"{name} is not set; SageMaker sets it in a training job, set it to run elsewhere"
        )
    return value


def _json(text: str) -> Mapping[str, Any]:  # Any: checked by the reader
    try:
        wire = json.loads(text)
    except ValueError as error:
        raise InvalidJob(f"SM_HPS is not JSON: {error}") from error
    if not isinstance(wire, dict):
        raise InvalidJob("SM_HPS must be a JSON object")
    return wire


def _bounded(name: str, value: object) -> int | float:
    low, high = _BOUNDS[name]
    is_share = isinstance(low, float)
    rule = f"{name} must be a {'' if is_share else 'whole '}number from {low} to {high}"
    try:
        # SageMaker passes everything as text; a float must not silently lose its fraction.
        number = float(str(value)) if is_share else int(str(value))
    except ValueError as error:
        raise InvalidJob(f"{rule}, not {value!r}") from error
    if not low <= number <= high:
        raise InvalidJob(f"{rule}, not {value!r}")
    return number
