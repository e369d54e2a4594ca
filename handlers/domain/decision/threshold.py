"""The threshold in force: the model's own one, or the one that operators have set."""

import json
from dataclasses import dataclass
from typing import Self

STOPPED = 1.0
"""The threshold that no probability passes, not even one of exactly 1."""

CALIBRATED, SET, INVALID, LOST, UNREADABLE = THRESHOLD_SOURCES = (
    "calibrated",
    "override",
    "invalid_override",
    "lost_override",
    "unreadable_control",
)
"""Values of `threshold_source`; the last three stop automatic assignment by a fault."""

_VALUE, _BELOW_CALIBRATED = "threshold", "allow_below_calibrated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """What operators have set, in both places that hold it.

    A parameter alone could vanish without a trace, by hand or by a deployment.
    """

    parameter: str | None = None  # text of the override parameter; None: there is no parameter
    recorded: str | None = ""  # the same text in the controls; empty: normal; None: unreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """The threshold in force, and where it comes from."""

    value: float  # 0..1
    source: str  # one of THRESHOLD_SOURCES

    @classmethod
    def in_force(cls, calibrated: float, override: Override) -> Self:
        """Return the model's calibrated threshold, unless operators have set another one.

        Whatever is not exactly understood stops automatic assignment: its author wanted a change,
        and a typing error in an emergency stop must not keep the system running. So does an
        override that was set and is gone. Where parameter and record differ, as between the two
        writes of a change, the higher threshold is in force.
        """
        if override.recorded is None:
            return cls(value=STOPPED, source=UNREADABLE)
        present = cls._requested(calibrated, override.parameter)
        recorded = cls._requested(calibrated, override.recorded or None)
        if recorded.source == CALIBRATED:
            return present
        if present.source == CALIBRATED:
            return cls(value=STOPPED, source=LOST)
        return max(present, recorded, key=lambda threshold: threshold.value)

    @classmethod
    def _requested(cls, calibrated: float, text: str | None) -> Self:
        """Return what one text asks for; None and the empty object ask for nothing."""
        try:
            wire = {} if text is None else json.loads(text, object_pairs_hook=_unique)
            if wire == {}:
                return cls(value=calibrated, source=CALIBRATED)
            value = share(wire[_VALUE])
            may_be_lower = wire.get(_BELOW_CALIBRATED, False)
            is_known = wire.keys() <= {_VALUE, _BELOW_CALIBRATED}
        except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
            return cls(value=STOPPED, source=INVALID)
        is_valid = is_known and isinstance(may_be_lower, bool)
        if not is_valid or (value < calibrated and not may_be_lower):
            return cls(value=STOPPED, source=INVALID)
        return cls(value=value, source=SET)


def override_text(value: float, *, below_calibrated: bool = False) -> str:
    """Return the text of the override parameter for a threshold. Raises: ValueError."""
    wire = {_VALUE: share(value)} | ({_BELOW_CALIBRATED: True} if below_calibrated else {})
    return json.dumps(wire)


def share(value: object) -> float:
    """Return a number from 0 to 1. Raises: TypeError, ValueError."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"expected a number, got {value!r}")
    if not 0 <= value <= 1:  # refuses NaN, too
        raise ValueError(f"expected a number from 0 to 1, got {value}")
    return float(value)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise ValueError("a name occurs more than once")
    return names
