"""Results of tests in words that need no statistics; the numbers are shown beside them."""

from monitoring.rendering.format import percent
from monitoring.report.checks.catalogue import POINTS, SD, format_effect
from monitoring.statistics.severity import P_WATCH, PERSISTENCE, TestResult


def rule_of(result: TestResult, floor: float, *, unit: str, may_persist: bool) -> str:
    """Describe the rule by which the result was graded."""
    again = f", or WATCH in the same direction on 2 of {PERSISTENCE} days"
    return (
        f"{result.test}: WATCH at p < 0.01 from {format_effect(floor, unit)} on; ACT at p < 0.001"
        f"{again if may_persist else ''}"
    )


def sentence_of(finding: str, result: TestResult, floor: float, *, unit: str) -> str:
    """State the finding, how often chance alone causes it, and whether it matters."""
    small = result.p < P_WATCH and result.effect < floor
    matters = f", and too little to matter: under {format_effect(floor, unit)}" if small else ""
    return f"{finding}; chance does that {_chance(result.p)}{matters}."


def shares_finding(name: str, ours: float, theirs: float) -> str:
    """Compare a share with the baseline's."""
    shift = _shift(ours - theirs, POINTS)
    return f"{name} {percent(ours)}, baseline {percent(theirs)} ({shift})"


def means_finding(ours: str, theirs: str, shift: float) -> str:
    """Compare typical values; `shift` is in the baseline's standard deviations."""
    return f"On average {ours}, baseline {theirs} ({_shift(shift, SD)})"


def gap_finding(gap: float) -> str:
    """Describe the largest distance (0..1) between two distributions of confidence."""
    return f"The share of photos below some confidence differs by {100 * gap:.1f} points"


def distance_finding(ours: float, theirs: float, distance: float) -> str:
    """Compare mean confidences; `distance` is how far a photo's has moved either way, in sd."""
    moved = f"a photo's has moved by {format_effect(distance, SD)} on average"
    return f"Mean confidence {ours:.3f}, baseline {theirs:.3f}; {moved}"


def _shift(shift: float, unit: str) -> str:
    if shift == 0:
        return "the same"
    return f"{format_effect(abs(shift), unit)} {'more' if shift > 0 else 'less'}"


def _chance(p: float) -> str:
    if p >= 0.1:
        return f"on {percent(p, 0)} of quiet days"
    if p < 1e-6:
        return "on less than one quiet day in a million"
    return f"on one quiet day in {float(f'{1 / p:.2g}'):,.0f}"  # two digits: 30,000, not 30,001
