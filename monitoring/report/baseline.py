"""A baseline: figures of one model with which the report compares a day.

A model's evaluation writes one beside the manifest. `observed_baseline.py` makes one from a quiet
window of operation, in which the photos are the drivers' and not a test set's.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any, Self

import numpy as np

from handlers.domain.errors import PermanentError
from handlers.domain.json_text import parse_json
from monitoring.statistics.two_samples import Reference

SCHEMA = 1
MOST_VALUES = 5_000
OBSERVED = ("window",)  # `mix` of an observed baseline


class InvalidBaseline(PermanentError):
    """The baseline's file is malformed; evaluate the model again."""


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """Figures of one model version on `n` photos."""

    model_version: str
    n: int
    threshold: float
    predicted: Mapping[str, int]  # how often each class was the most probable
    assigned: int  # decided without a person, at that threshold
    review: int
    values: Mapping[str, tuple[float, ...]]  # name → sorted values or quantiles
    formats: Mapping[str, int] = field(default_factory=dict)  # lower case
    ece: float = 0.0  # expected calibration error, 0..1
    ece_n: int = 0  # photos on which it was measured
    data_digest: str = ""
    mix: tuple[str, ...] = ()  # data sources of the evaluation, or OBSERVED
    observed_from: str = ""  # first day of an observed baseline, in the readers' time zone
    observed_to: str = ""  # … and its last day

    @property
    def is_observed(self) -> bool:
        """Whether it is made of drivers' photos; an evaluation's differ in size and kind."""
        return self.mix == OBSERVED

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Parse the form that `to_json` writes. Raises: InvalidBaseline."""
        try:
            wire = parse_json(text)
            if wire["schema"] != SCHEMA:
                raise InvalidBaseline(f"baseline schema {wire['schema']!r} is not {SCHEMA}")
            return cls(
                model_version=str(wire["model_version"]),
                n=int(wire["n"]),
                threshold=float(wire["threshold"]),
                predicted=_counts(wire["predicted"]),
                assigned=int(wire["assigned"]),
                review=int(wire["review"]),
                values={
                    str(name): _sorted(name, column) for name, column in wire["values"].items()
                },
                formats={name.lower(): n for name, n in _counts(wire.get("formats", {})).items()},
                ece=float(wire.get("ece") or 0.0),
                ece_n=int(wire.get("ece_n") or 0),
                data_digest=str(wire.get("data_digest", "")),
                mix=tuple(map(str, wire.get("mix", ()))),
                observed_from=str(wire.get("observed_from", "")),
                observed_to=str(wire.get("observed_to", "")),
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InvalidBaseline(f"the baseline is malformed: {error!r}") from error

    def to_json(self) -> str:
        """Serialize the baseline, with the number of the schema."""
        return json.dumps({"schema": SCHEMA, **asdict(self)}, sort_keys=True, indent=1)

    def reference(self, name: str) -> Reference | None:
        """Return the values of one figure; None where there are fewer than two."""
        values = self.values.get(name, ())
        return _reference(values) if len(values) > 1 else None


@cache
def _reference(values: tuple[float, ...]) -> Reference:
    return Reference.of(values)


def thinned(values: Sequence[float]) -> tuple[float, ...]:
    """Return sorted values of four decimals, at most MOST_VALUES evenly spaced quantiles."""
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    if len(ordered) > MOST_VALUES:
        levels = (np.arange(MOST_VALUES) + 0.5) / MOST_VALUES
        ordered = np.quantile(ordered, levels)
    return tuple(np.round(ordered, 4).tolist())


def _counts(wire: Mapping[str, Any]) -> dict[str, int]:
    return {str(name): int(count) for name, count in wire.items()}


def _sorted(name: str, values: Sequence[float]) -> tuple[float, ...]:
    numbers = tuple(sorted(float(value) for value in values))
    if not all(map(np.isfinite, numbers)):
        raise ValueError(f"{name} holds a value that is not a finite number")
    return numbers
