"""Change and show what operators set for a stage: pause of intake, and threshold.

No deployment changes either. Each change records who made it, when and why.
"""

from __future__ import annotations

import contextlib
import getpass
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handlers.aws.controls_table import ControlsTable
from handlers.aws.override_source import OverrideSource
from handlers.domain.controls import Controls, IntakeControl, ThresholdControl
from handlers.domain.decision.policy import Policy
from handlers.domain.decision.threshold import SET, STOPPED, Override, Threshold, override_text
from handlers.domain.timestamps import stamp
from infra.operations.errors import ThresholdRefused

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from infra.operations.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdInForce:
    """What operators have set, and the threshold that it puts in force for each model."""

    override: Override
    control: ThresholdControl | None  # None: the record cannot be read
    calibrated: Mapping[str, float]  # by model version

    @property
    def in_force(self) -> dict[str, Threshold]:
        """The threshold that Filter applies, by model version."""
        return {
            version: Threshold.in_force(calibrated, self.override)
            for version, calibrated in self.calibrated.items()
        }


def controls_of(target: Target) -> ControlsTable:
    """Return the table of the controls. Raises: OutdatedStack."""
    return ControlsTable(target.session.client("dynamodb"), table=target.output("ControlsTable"))


def operator_of(target: Target) -> str:
    """Return who makes a change: the ARN of the credentials; on this laptop, the user's name."""
    if target.is_deployed:
        return str(target.session.client("sts").get_caller_identity()["Arn"])
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name
        return "unknown"


def pause_or_resume(target: Target, *, paused: bool, reason: str, now: datetime) -> Controls:
    """Set whether photos wait; what was in force already stays as it was, with its time.

    Raises: OutdatedStack, LedgerUnavailable, ClientError.
    """
    table = controls_of(target)
    before = table.read()
    if before.intake.paused == paused and not before.unreadable:
        return before
    table.write(
        IntakeControl(paused=paused, since=stamp(now), by=operator_of(target), reason=reason)
    )
    return table.read()


def threshold_in_force(target: Target) -> ThresholdInForce:
    """Read what is in force now, not what a warm function may still have for a minute.

    Raises: InvalidPolicy, OutdatedStack, PolicyUnavailable, LedgerUnavailable, ClientError.
    """
    ssm, parameter = target.session.client("ssm"), target.output("PolicyOverrideParameter")
    table = controls_of(target)
    return ThresholdInForce(
        override=OverrideSource(ssm, parameter=parameter, controls=table).read(),
        control=table.read().threshold,
        calibrated=_calibrated(target),
    )


def set_threshold(
    target: Target, value: float, *, below_calibrated: bool, reason: str, now: datetime
) -> None:
    """Put a threshold (0..1) in force for all models, after checking it with the code of Filter.

    Raises: ThresholdRefused, InvalidPolicy, OutdatedStack, LedgerUnavailable, ClientError.
    """
    text = override_text(value, below_calibrated=below_calibrated)
    _check(text, _calibrated(target))
    _set(target, text, reason=reason, now=now)


def stop_assignment(target: Target, *, reason: str, now: datetime) -> None:
    """Send every photo to a reviewer. It reads no policy: a malformed one must not prevent it.

    Raises: OutdatedStack, LedgerUnavailable, ClientError.
    """
    _set(target, override_text(STOPPED), reason=reason, now=now)


def end_override(target: Target, *, reason: str, now: datetime) -> None:
    """Delete the override parameter, then change its record: the calibrated threshold is in force.

    After an interruption between the two, automatic assignment is stopped.

    Raises: OutdatedStack, LedgerUnavailable, ClientError.
    """
    ssm, name = target.session.client("ssm"), target.output("PolicyOverrideParameter")
    control = _control(target, "", reason=reason, now=now)
    with contextlib.suppress(ssm.exceptions.ParameterNotFound):  # never set, or deleted by hand
        ssm.delete_parameter(Name=name)
    controls_of(target).write(control)


def _set(target: Target, text: str, *, reason: str, now: datetime) -> None:
    """Set record and parameter, in this order.

    After an interruption between the two, the higher of the old and the new threshold is in force,
    or automatic assignment is stopped.
    """
    ssm, name = target.session.client("ssm"), target.output("PolicyOverrideParameter")
    controls_of(target).write(_control(target, text, reason=reason, now=now))
    ssm.put_parameter(Name=name, Value=text, Type="String", Overwrite=True)


def _control(target: Target, text: str, *, reason: str, now: datetime) -> ThresholdControl:
    return ThresholdControl(override=text, since=stamp(now), by=operator_of(target), reason=reason)


def _calibrated(target: Target) -> dict[str, float]:
    parameter = target.session.client("ssm").get_parameter(Name=target.output("PolicyParameter"))
    policy = Policy.from_json(parameter["Parameter"]["Value"])
    return {version: model.threshold for version, model in policy.models.items()}


def _check(text: str, calibrated: Mapping[str, float]) -> None:
    """Refuse what Filter would not apply to one of the models. Raises: ThresholdRefused."""
    override = Override(parameter=text, recorded=text)
    for version, threshold in calibrated.items():
        if Threshold.in_force(threshold, override).source != SET:
            raise ThresholdRefused(
                f"model {version} is calibrated to {threshold}: a lower threshold assigns photos "
                "of which the model is less sure. Add --below-calibrated if that is intended."
            )
