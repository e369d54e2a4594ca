"""`scones threshold`, `pause` and `resume`: what operators set, and no deployment undoes."""

import dataclasses
import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from handlers.domain.decision.threshold import CALIBRATED, INVALID, LOST, SET, UNREADABLE
from infra.cli import rendering
from infra.cli.errors import NOT_CONSERVED, exit_on_error
from infra.cli.options import AsJson, Stack
from infra.cli.target import target
from infra.operations.controls import (
    end_override,
    pause_or_resume,
    set_threshold,
    stop_assignment,
    threshold_in_force,
)
from infra.operations.plain_text import plain_text

if TYPE_CHECKING:
    from infra.operations.controls import ThresholdInForce

_MEANING = {
    CALIBRATED: "the model's own threshold",
    SET: "set by operators",
    INVALID: "STOPPED: the override parameter or its record is not valid",
    LOST: "STOPPED: an override was set, and its parameter is gone or empty",
    UNREADABLE: "STOPPED: the record of what was set cannot be read",
}


class ThresholdAction(StrEnum):
    """What to do with the threshold."""

    SHOW = "show"
    SET = "set"
    STOP = "stop"
    NORMAL = "normal"


Reason = Annotated[str, typer.Option(help="Why; recorded and shown with the change.")]


def threshold(
    action: Annotated[
        ThresholdAction,
        typer.Argument(
            help="show what is in force; set a threshold; stop automatic assignment; normal: "
            "each model's own threshold."
        ),
    ] = ThresholdAction.SHOW,
    value: Annotated[
        float | None,
        typer.Argument(help="With set: lowest confidence that is assigned.", min=0, max=1),
    ] = None,
    *,
    below_calibrated: Annotated[
        bool,
        typer.Option(
            "--below-calibrated", help="Allow a threshold below the calibrated one of a model."
        ),
    ] = False,
    reason: Reason = "",
    stack: Stack = None,
    as_document: AsJson = False,
) -> None:
    """Show or change the threshold without a deployment; in force within a minute.

    Exit code: 0 done, 1 assignment is stopped by a fault, 2 wrong input, 3 nothing runs.
    """
    _check_arguments(action, value, below_calibrated=below_calibrated)
    with exit_on_error(interrupted="`scones threshold show` shows what is in force."):
        system, now = target(stack), datetime.now(UTC)
        if action is ThresholdAction.SET and value is not None:
            set_threshold(system, value, below_calibrated=below_calibrated, reason=reason, now=now)
        elif action is ThresholdAction.STOP:
            stop_assignment(system, reason=reason, now=now)
        elif action is ThresholdAction.NORMAL:
            end_override(system, reason=reason, now=now)
        if action is not ThresholdAction.SHOW:
            typer.echo("changed; in force within a minute", err=True)
        state = threshold_in_force(system)
    typer.echo(json.dumps(_document(state), indent=2) if as_document else _text(state))
    sources = {threshold.source for threshold in state.in_force.values()}
    if sources - {CALIBRATED, SET}:
        raise typer.Exit(NOT_CONSERVED)


def pause(*, reason: Reason = "", stack: Stack = None, as_document: AsJson = False) -> None:
    """Let new photos wait: they are received and none is decided until `scones resume`.

    Exit code: 0 paused, 2 no such stack, 3 nothing runs.
    """
    _set_intake(paused=True, reason=reason, stack=stack, as_document=as_document)


def resume(*, reason: Reason = "", stack: Stack = None, as_document: AsJson = False) -> None:
    """Decide photos again: first those that wait, in the order in which they arrived.

    Exit code: 0 resumed, 2 no such stack, 3 nothing runs.
    """
    _set_intake(paused=False, reason=reason, stack=stack, as_document=as_document)


def _set_intake(*, paused: bool, reason: str, stack: str | None, as_document: bool) -> None:
    with exit_on_error(interrupted="`scones status` shows whether intake is paused."):
        controls = pause_or_resume(
            target(stack), paused=paused, reason=reason, now=datetime.now(UTC)
        )
    document = dataclasses.asdict(controls.intake)
    typer.echo(json.dumps(document, indent=2) if as_document else rendering.intake(document))


def _check_arguments(
    action: ThresholdAction, value: float | None, *, below_calibrated: bool
) -> None:
    if (action is ThresholdAction.SET) != (value is not None):
        raise typer.BadParameter("a value goes with set, and only with it: set 0.97")
    if below_calibrated and action is not ThresholdAction.SET:
        raise typer.BadParameter("--below-calibrated goes with set")


def _document(state: "ThresholdInForce") -> dict[str, Any]:  # Any: JSON
    control = state.control
    return {
        "models": {
            version: {
                "calibrated": state.calibrated[version],
                "threshold": threshold.value,
                "threshold_source": threshold.source,
            }
            for version, threshold in state.in_force.items()
        },
        "parameter": state.override.parameter,
        "recorded": dataclasses.asdict(control) if control is not None else None,
    }


def _text(state: "ThresholdInForce") -> str:
    lines = [
        f"model {version}: {threshold.value}, {_MEANING[threshold.source]}"
        + ("" if threshold.source == CALIBRATED else f" (calibrated: {state.calibrated[version]})")
        for version, threshold in state.in_force.items()
    ]
    parameter = state.override.parameter
    lines.append(f"parameter: {'absent' if parameter is None else plain_text(parameter)}")
    recorded = _document(state)["recorded"]
    return "\n".join([*lines, f"recorded: {rendering.recorded_threshold(recorded)}"])
