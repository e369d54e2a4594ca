"""What a test says: enough to print, to judge and to check by hand."""

from dataclasses import dataclass

P_WATCH = 0.01
P_ACT = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class TestResult:
    """One statistic against its critical values; the effect is what people care for."""

    __test__ = False  # no test case of pytest's

    test: str
    n: int
    baseline_n: int
    statistic: float
    critical_watch: float  # the statistic's size at P_WATCH
    critical_act: float  # … and at P_ACT
    p: float
    effect: float  # in the unit of the floor; never negative
    direction: int  # 1: more than the baseline, -1: less, 0: neither
