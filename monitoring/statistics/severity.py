"""From a test's result to a severity: significant, large enough to matter, and persistent.

One test in a hundred is significant on a day without any change, and a report makes a dozen of
them. A single WATCH therefore asks a person to look; ACT requires p < 0.001, or the same WATCH
again within a few windows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

P_WATCH = 0.01
P_ACT = 0.001

PERSISTENCE = 3
"""Windows among which two WATCHes in the same direction make an ACT."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestResult:
    """One statistic beside its critical values, and the size of the effect."""

    __test__ = False  # pytest must not collect it

    test: str
    n: int
    baseline_n: int
    statistic: float
    critical_watch: float  # the statistic's size at P_WATCH
    critical_act: float  # … and at P_ACT
    p: float
    effect: float  # in the unit of the floor; never negative
    direction: int  # 1: more than the baseline, -1: less, 0: undirected


class Severity(IntEnum):
    """Ordered by how much a person has to do."""

    OK = 0
    NOT_ENOUGH_DATA = 1
    WATCH = 2
    ACT = 3

    @property
    def label(self) -> str:
        """The name as the report shows it, e.g. `NOT ENOUGH DATA`."""
        return self.name.replace("_", " ")


def grade(
    result: TestResult, *, floor: float, earlier: Sequence[int | None], may_persist: bool = True
) -> Severity:
    """Return OK, WATCH or ACT.

    Args:
        result: the test's result.
        floor: the smallest effect that matters, in the effect's unit.
        earlier: per earlier window, newest last, the direction in which the same check was WATCH
            or ACT; None where it was OK.
        may_persist: False for windows that overlap, where one change is seen several times.
    """
    if result.p >= P_WATCH or result.effect < floor:
        return Severity.OK
    if result.p < P_ACT:
        return Severity.ACT
    again = result.direction in earlier[-(PERSISTENCE - 1) :]
    return Severity.ACT if may_persist and again else Severity.WATCH
