"""Reads from an execution's history which states it entered, when, and for how long."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

PHASES = ("claim", "serialize", "classify", "filter", "record")
_PHASE_OF = {
    "Claim": "claim",
    "ClaimOfDriver": "claim",
    "Serialize": "serialize",
    "Classify": "classify",
    "Filter": "filter",
}
_LAST_PHASE = "record"  # every other task records the outcome
_ERROR_DETAILS = (
    "taskFailedEventDetails",
    "taskTimedOutEventDetails",
    "lambdaFunctionFailedEventDetails",
    "lambdaFunctionTimedOutEventDetails",
    "executionFailedEventDetails",
    "executionTimedOutEventDetails",
    "executionAbortedEventDetails",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One state that was entered."""

    name: str
    kind: str  # Task, Choice, Pass, …
    entered: datetime
    left: datetime | None = None
    errors: tuple[str, ...] = ()  # of failed attempts, in order

    @property
    def seconds(self) -> float | None:
        """Seconds in the state; None while the execution is in it."""
        return round((self.left - self.entered).total_seconds(), 3) if self.left else None

    def to_wire(self) -> dict[str, object]:
        """Return the step as the page's JSON."""
        return {
            "name": self.name,
            "kind": self.kind,
            "entered_at": self.entered.isoformat(),
            "seconds": self.seconds,
            "errors": self.errors,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The steps of an execution so far."""

    steps: Sequence[Step] = ()
    has_ended: bool = False

    def phases(self) -> list[dict[str, object]]:
        """Return the seconds in each of `PHASES` that was entered; only tasks count."""
        steps_of: dict[str, list[Step]] = {}
        for step in self.steps:
            if step.kind == "Task":
                steps_of.setdefault(_PHASE_OF.get(step.name, _LAST_PHASE), []).append(step)
        return [
            {
                "name": name,
                "seconds": round(sum(step.seconds or 0.0 for step in steps_of[name]), 3),
                # Set only for the phase that the execution is in.
                "since": None
                if steps_of[name][-1].left
                else steps_of[name][-1].entered.isoformat(),
            }
            for name in PHASES
            if name in steps_of
        ]

    @property
    def seconds(self) -> float | None:
        """Seconds from the first state to the end of the last; None while it runs."""
        if not self.has_ended or not self.steps:
            return None
        last = self.steps[-1]
        return round(((last.left or last.entered) - self.steps[0].entered).total_seconds(), 3)


def read_run(events: Iterable[Mapping[str, Any]]) -> Run:  # Any: events of GetExecutionHistory
    """Read a history in order; the machine has neither Parallel nor Map, so states never overlap.

    Not every history has an exit event for a state whose error was caught: the next state ends it.
    """
    steps: list[Step] = []
    has_ended = False
    for event in events:
        kind, at = event["type"], event["timestamp"]
        if kind.endswith("StateEntered"):
            _close(steps, at)
            name = event["stateEnteredEventDetails"]["name"]
            steps.append(Step(name=name, kind=kind.removesuffix("StateEntered"), entered=at))
        elif kind.endswith("StateExited"):
            _close(steps, at)
        elif kind.startswith("Execution") and kind != "ExecutionStarted":
            _close(steps, at)
            has_ended = True
        error = next((event[key].get("error") for key in _ERROR_DETAILS if key in event), None)
        if error and steps:
            steps[-1] = replace(steps[-1], errors=(*steps[-1].errors, error))
    return Run(steps=tuple(steps), has_ended=has_ended)


def _close(steps: list[Step], at: datetime) -> None:
    if steps and steps[-1].left is None:
        steps[-1] = replace(steps[-1], left=at)
