"""How many parked photos the drain starts in one step, and when it opens or closes the breaker.

Pure: the drain and the model of bursts run the same code. The window, the number of undecided
photos that may be in flight, follows the measured rate of decisions: five steps' worth of them. A
faster rate widens it within a few steps; photos that are parked again halve it.
"""

from dataclasses import dataclass
from math import ceil, log2

from handlers.aws.controls_table import CONTROLS_MAX_AGE_S
from handlers.domain.controls import BREAKER_OPEN, INTAKE_PAUSED
from handlers.domain.errors import EndpointUnavailable

STEP_S = 3.0
MIN_WINDOW, MAX_WINDOW = 60, 500
STEPS_IN_FLIGHT = 5  # what is in flight is decided within so many steps
MIN_STARTS = 2  # in a step, however many live photos are in flight: parked ones go on, too
MIN_EVIDENCE = 3  # photos that met a dead endpoint, and none was decided
# A function may read for so long that the breaker, which has just been closed, is open.
_STEPS_AFTER_CLOSING = ceil(CONTROLS_MAX_AGE_S / STEP_S)
CAPACITY_REASONS = frozenset(
    {INTAKE_PAUSED, BREAKER_OPEN, "EndpointBusy", "Lambda.TooManyRequestsException"}
)
"""Reasons of parking that say nothing about the photo, however often it is parked."""
# The window limits the starts of refused photos, and the breaker those of photos whose endpoint is
# down. What is left may last until an operator acts, such as a missing permission.
_LIMITED_ELSEWHERE = CAPACITY_REASONS | {EndpointUnavailable.__name__}
MAX_WAIT_S = 300.0
_MAX_DOUBLINGS = ceil(log2(MAX_WAIT_S / STEP_S))


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What the drain sees before a step. Its own photos are those that it has started."""

    is_paused: bool
    is_breaker_open: bool
    in_flight: int  # undecided photos that are not parked: live ones and its own
    decided: int  # of its own, since the step before
    parked_again: int
    endpoint_down: int  # of those, because the endpoint did not answer
    probing: bool  # a probe is undecided
    probe_decided: bool  # since the step before


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainStep:
    """What to do in one step."""

    starts: int = 0
    probe: bool = False  # start one photo past the open breaker
    open_breaker: bool = False
    close_breaker: bool = False


def wait_s(reason: str, parkings: int) -> float:
    """Return how long a photo stays parked at least, after so many parkings of all reasons.

    The wait doubles with each parking, from one step up to `MAX_WAIT_S`; a refusal of capacity and
    a dead endpoint have none.
    """
    if reason in _LIMITED_ELSEWHERE:
        return 0.0
    doublings = min(max(0, parkings - 1), _MAX_DOUBLINGS)
    return min(MAX_WAIT_S, STEP_S * 2.0**doublings)


class DrainPolicy:
    """The state of one round of the drain."""

    def __init__(self) -> None:
        self.window = MIN_WINDOW
        self._steps_to_wait = 0

    def plan(self, seen: Observation) -> DrainStep:
        """Return the next step."""
        if seen.is_paused:
            return DrainStep()
        if seen.is_breaker_open:
            if not seen.probe_decided:
                return DrainStep(probe=not seen.probing)
            self.window = MIN_WINDOW
            self._steps_to_wait = _STEPS_AFTER_CLOSING
            return DrainStep(close_breaker=True)
        if seen.endpoint_down >= MIN_EVIDENCE and seen.decided == 0:
            return DrainStep(open_breaker=True)
        if self._steps_to_wait > 0:
            self._steps_to_wait -= 1
            return DrainStep()
        self._adapt(seen)
        return DrainStep(starts=max(MIN_STARTS, self.window - seen.in_flight))

    def _adapt(self, seen: Observation) -> None:
        if seen.parked_again > seen.decided:
            self.window = max(MIN_WINDOW, self.window // 2)
        elif seen.decided:
            self.window = min(MAX_WINDOW, max(MIN_WINDOW, STEPS_IN_FLIGHT * seen.decided))
