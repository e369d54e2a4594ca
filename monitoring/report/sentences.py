"""What a test found, in words that need no statistics; the numbers behind it stand beside them."""

from monitoring.report.units import amount, percent
from monitoring.statistics.severity import P_WATCH, PERSISTENCE, TestResult


def rule_of(result: TestResult, floor: float, *, unit: str, may_persist: bool) -> str:
    """The rule by which it was judged."""
    again = f", or WATCH in the same direction on 2 of {PERSISTENCE} days"
    return (
        f"{result.test}: WATCH at p < 0.01 from {amount(floor, unit)} on; ACT at p < 0.001"
        f"{again if may_persist else ''}"
    )


def sentence_of(finding: str, result: TestResult, floor: float, *, unit: str) -> str:
    """What was found, how often chance does that, and whether it is large enough to matter."""
    small = result.p < P_WATCH and result.effect < floor
    matters = f", and too little to matter: under {amount(floor, unit)}" if small else ""
    return f"{finding}; chance does that {_chance(result.p)}{matters}."


def shares_finding(name: str, ours: float, theirs: float) -> str:
    """A share beside the baseline's."""
    return f"{name} {percent(ours)}, baseline {percent(theirs)} ({_way(ours - theirs, 'points')})"


def means_finding(ours: str, theirs: str, shift: float) -> str:
    """A typical value beside the baseline's; `shift` in the baseline's standard deviations."""
    return f"On average {ours}, baseline {theirs} ({_way(shift, 'sd')})"


def gap_finding(gap: float) -> str:
    """The largest distance of two distributions of confidence."""
    return f"At some confidence, {100 * gap:.1f} points more or fewer photos lie below it than did"


def way_finding(ours: float, theirs: float, way: float) -> str:
    """Means of the confidence, and how far a photo's has moved, up or down, in sd."""
    moved = f"a photo's has moved by {amount(way, 'sd')} on average"
    return f"Mean confidence {ours:.3f}, baseline {theirs:.3f}; {moved}"


def _way(shift: float, unit: str) -> str:
    if shift == 0:
        return "the same"
    return f"{amount(abs(shift), unit)} {'more' if shift > 0 else 'less'}"


def _chance(p: float) -> str:
    if p >= 0.1:
        return f"on {percent(p, 0)} of quiet days"
    if p < 1e-6:
        return "on less than one quiet day in a million"
    return f"on one quiet day in {float(f'{1 / p:.2g}'):,.0f}"  # nobody needs 30,001
