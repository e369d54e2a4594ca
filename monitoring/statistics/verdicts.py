"""From a test to a verdict: significant, large enough to matter, and here to stay.

One test in a hundred cries on a quiet day, and a report has a dozen of them. So a single WATCH
asks for eyes, not for hands; ACT wants one chance in a thousand, or the same WATCH again.
"""

from collections.abc import Sequence
from enum import IntEnum

from monitoring.statistics.results import P_ACT, P_WATCH, TestResult

PERSISTENCE = 3
"""Windows among which two WATCHes in the same direction make an ACT."""


class Verdict(IntEnum):
    """Ordered by how much a person has to do; the value is also the metric's."""

    OK = 0
    NOT_ENOUGH_DATA = 1
    WATCH = 2
    ACT = 3

    @property
    def label(self) -> str:
        """As people read it."""
        return self.name.replace("_", " ")


def judged(
    result: TestResult, *, floor: float, before: Sequence[int | None], may_persist: bool = True
) -> Verdict:
    """`before`: the direction in which the same check was WATCH in earlier windows, newest last.

    None stands for a window in which it was quiet. Overlapping windows may not persist: they
    are one surprise seen several times.
    """
    if result.p >= P_WATCH or result.effect < floor:
        return Verdict.OK
    if result.p < P_ACT:
        return Verdict.ACT
    again = result.direction in before[-(PERSISTENCE - 1) :]
    return Verdict.ACT if may_persist and again else Verdict.WATCH
