"""What a SageMaker training job is told: paths and hyperparameters, from its environment.

Hyperparameters come as text that anybody may have typed; each is bounded, and one that does not
exist is an error, as a slip would otherwise train for hours with the default.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

from training.config import START_WEIGHTS, TrainConfig

CHECKPOINTS = Path("/opt/ml/checkpoints")  # SageMaker keeps it in S3 while the job runs
FAILURE = Path("/opt/ml/output/failure")
DATA_CHANNEL, VERDICTS_CHANNEL = "data", "verdicts"


class InvalidJob(ValueError):
    """The job cannot run as it was asked for; the message says what is wrong."""


# From and to; shares where the bounds are.
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
    """What a job may be told; what is None stays as the configuration has it."""

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
        """Raises: InvalidJob."""
        # SageMaker adds names of its own.
        given = {name: value for name, value in wire.items() if not name.startswith("sagemaker_")}
        if unknown := sorted(given.keys() - _BOUNDS.keys()):
            raise InvalidJob(
                f"there is no hyperparameter {unknown[0]!r}; there are {', '.join(_BOUNDS)}"
            )
        values: dict[str, Any] = {name: _bounded(name, value) for name, value in given.items()}
        return cls(**values)

    def to_wire(self) -> dict[str, Any]:  # Any: whole numbers and shares
        """Those that were set."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: value for name, value in values.items() if value is not None}

    def applied_to(self, config: TrainConfig) -> TrainConfig:
        """The configuration with what was set."""
        return replace(config, **self.to_wire())


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSettings:
    """One job."""

    data_dirs: tuple[Path, ...]
    weights: Path | None
    model_dir: Path
    output_dir: Path
    checkpoint_dir: Path
    hyperparameters: HyperParameters

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """From the SM_* variables. Raises: InvalidJob."""
        data = Path(_variable(environment, f"SM_CHANNEL_{DATA_CHANNEL.upper()}"))
        verdicts = environment.get(f"SM_CHANNEL_{VERDICTS_CHANNEL.upper()}")
        weights = data / START_WEIGHTS
        return cls(
            data_dirs=(data, Path(verdicts)) if verdicts else (data,),
            weights=weights if weights.is_file() else None,
            model_dir=Path(_variable(environment, "SM_MODEL_DIR")),
            output_dir=Path(_variable(environment, "SM_OUTPUT_DATA_DIR")),
            checkpoint_dir=Path(environment.get("SCONES_CHECKPOINT_DIR", CHECKPOINTS)),
            hyperparameters=HyperParameters.from_wire(_json(environment.get("SM_HPS", "{}"))),
        )


def _variable(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name)
    if not value:
        raise InvalidJob(
            f"{name} is not set: this runs in a SageMaker training job, or with it set"
        )
    return value


def _json(text: str) -> Mapping[str, Any]:  # Any: checked by the reader
    try:
        wire = json.loads(text)
    except ValueError as error:
        raise InvalidJob(f"SM_HPS is no JSON: {error}") from error
    if not isinstance(wire, dict):
        raise InvalidJob("SM_HPS must be a JSON object")
    return wire


def _bounded(name: str, value: object) -> int | float:
    low, high = _BOUNDS[name]
    is_share = isinstance(low, float)
    wanted = f"{name} must be a {'' if is_share else 'whole '}number from {low} to {high}"
    try:
        # SageMaker hands everything on as text; a float must not silently lose its fraction.
        number = float(str(value)) if is_share else int(str(value))
    except ValueError as error:
        raise InvalidJob(f"{wanted}, not {value!r}") from error
    if not low <= number <= high:
        raise InvalidJob(f"{wanted}, not {value!r}")
    return number
