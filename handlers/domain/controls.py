"""The controls: what operators have set for a stage, outside its deployment.

An item that is absent means the normal state. An item that cannot be read, because an attribute has
another type or a name that no control has, is listed in `Controls.unreadable`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from handlers.domain.errors import BreakerOpen, InvalidRecord
from handlers.domain.ledger.schema import ControlAttribute

INTAKE, THRESHOLD, BREAKER = "intake", "threshold", "breaker"
"""Names of the controls; `breaker` is set by the system itself."""

INTAKE_PAUSED, BREAKER_OPEN = "IntakePaused", BreakerOpen.__name__
"""Why photos are parked before their endpoint is called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeControl:
    """Whether photos wait instead of being decided; the defaults are the normal state."""

    paused: bool = False
    since: str = ""  # time of the last change; empty: never changed
    by: str = ""
    reason: str = ""

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:  # Any: as stored
        """Read the stored item. Raises: InvalidRecord."""
        paused = item.get(ControlAttribute.PAUSED)
        if not isinstance(paused, bool):
            raise InvalidRecord(f"the control {INTAKE} is paused: {paused!r}")
        return cls(paused=paused, **_change(item, INTAKE, ControlAttribute.PAUSED))

    def to_item(self) -> dict[str, object]:
        """Return the item to store."""
        return {
            ControlAttribute.NAME: INTAKE,
            ControlAttribute.PAUSED: self.paused,
            ControlAttribute.SINCE: self.since,
            ControlAttribute.BY: self.by,
            ControlAttribute.REASON: self.reason,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdControl:
    """What the override parameter has to contain; the defaults are the normal state."""

    override: str = ""  # text of the parameter; empty: there is to be no override
    since: str = ""  # time of the last change; empty: never changed
    by: str = ""
    reason: str = ""

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:  # Any: as stored
        """Read the stored item. Raises: InvalidRecord."""
        override = item.get(ControlAttribute.OVERRIDE)
        if not isinstance(override, str):
            raise InvalidRecord(f"the control {THRESHOLD} has the override {override!r}")
        return cls(override=override, **_change(item, THRESHOLD, ControlAttribute.OVERRIDE))

    def to_item(self) -> dict[str, object]:
        """Return the item to store."""
        return {
            ControlAttribute.NAME: THRESHOLD,
            ControlAttribute.OVERRIDE: self.override,
            ControlAttribute.SINCE: self.since,
            ControlAttribute.BY: self.by,
            ControlAttribute.REASON: self.reason,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerControl:
    """Whether the endpoint counts as down, so that photos are parked instead of calling it."""

    is_open: bool = False
    since: str = ""  # time of the last change; empty: never changed
    reason: str = ""  # the endpoint's error

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:  # Any: as stored
        """Read the stored item. Raises: InvalidRecord."""
        is_open = item.get(ControlAttribute.OPEN)
        if not isinstance(is_open, bool):
            raise InvalidRecord(f"the control {BREAKER} is open: {is_open!r}")
        change = _change(item, BREAKER, ControlAttribute.OPEN)
        return cls(is_open=is_open, since=change["since"], reason=change["reason"])

    def to_item(self) -> dict[str, object]:
        """Return the item to store."""
        return {
            ControlAttribute.NAME: BREAKER,
            ControlAttribute.OPEN: self.is_open,
            ControlAttribute.SINCE: self.since,
            ControlAttribute.REASON: self.reason,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Controls:
    """All controls as they were at one moment.

    Each unreadable item is replaced by what harms least: intake is not paused, since a pause that
    no command shows would delay photos without end; the breaker is not open, for the same reason;
    `threshold` becomes None, which stops automatic assignment.
    """

    intake: IntakeControl = field(default_factory=IntakeControl)
    threshold: ThresholdControl | None = field(default_factory=ThresholdControl)
    breaker: BreakerControl = field(default_factory=BreakerControl)
    unreadable: tuple[str, ...] = ()  # names of controls, for the caller to count and show

    @classmethod
    def from_items(cls, items: Mapping[str, Mapping[str, Any]]) -> Self:  # Any: as stored
        """Read the stored items, by name."""
        intake = IntakeControl()
        threshold: ThresholdControl | None = ThresholdControl()
        unreadable = []
        try:
            if INTAKE in items:
                intake = IntakeControl.from_item(items[INTAKE])
        except InvalidRecord:
            unreadable.append(INTAKE)
        try:
            if THRESHOLD in items:
                threshold = ThresholdControl.from_item(items[THRESHOLD])
        except InvalidRecord:
            threshold = None
            unreadable.append(THRESHOLD)
        breaker = BreakerControl()
        try:
            if BREAKER in items:
                breaker = BreakerControl.from_item(items[BREAKER])
        except InvalidRecord:
            unreadable.append(BREAKER)
        return cls(
            intake=intake, threshold=threshold, breaker=breaker, unreadable=tuple(unreadable)
        )

    def hold_reason(self, *, is_probe: bool) -> str:
        """Return why a photo is to wait, or an empty text; a probe passes an open breaker."""
        if self.intake.paused:
            return INTAKE_PAUSED
        return BREAKER_OPEN if self.breaker.is_open and not is_probe else ""


def _change(item: Mapping[str, Any], name: str, *own: ControlAttribute) -> dict[str, str]:
    """Return since, by and reason. Raises: InvalidRecord, also for an unknown attribute."""
    attributes = (ControlAttribute.SINCE, ControlAttribute.BY, ControlAttribute.REASON)
    unknown = item.keys() - {ControlAttribute.NAME, *own, *attributes}
    if unknown:
        raise InvalidRecord(f"the control {name} has unknown attributes: {sorted(unknown)}")
    texts = {str(attribute): item.get(attribute, "") for attribute in attributes}
    if not all(isinstance(text, str) for text in texts.values()):
        raise InvalidRecord(f"the control {name} has attributes other than texts: {texts!r}")
    return texts
