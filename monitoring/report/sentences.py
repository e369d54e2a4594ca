"""What a test found, in words."""

from monitoring.statistics.results import P_WATCH, TestResult

DIRECTIONS = {-1: "less than", 0: "apart from", 1: "more than"}


def rule_of(result: TestResult, floor: float, *, unit: str) -> str:
    """The rule by which it was judged."""
    return (
        f"{result.test}: WATCH at p < 0.01 and an effect of at least {amount(floor, unit)}; ACT "
        f"at p < 0.001, or WATCH in the same direction on 2 of the last 3 days"
    )


def sentence_of(result: TestResult, floor: float, *, unit: str, detail: str) -> str:
    """Effect, chance and detail."""
    way = DIRECTIONS[0 if detail else result.direction]  # a mix goes every way
    found = (
        f"{amount(result.effect, unit)} {way} the baseline; chance does that {_chance(result.p)}"
    )
    small = result.p < P_WATCH and result.effect < floor
    matters = f" (too little to matter: under {amount(floor, unit)})" if small else ""
    return f"{detail}. {found}{matters}." if detail else f"{found}{matters}."


def amount(value: float, unit: str) -> str:
    """A share in points, anything else with its unit."""
    return f"{100 * value:.1f} points" if unit == "points" else f"{value:.2f} {unit}".strip()


def _chance(p: float) -> str:
    if p >= 0.1:
        return f"on {p:.0%} of quiet days"
    if p < 1e-6:
        return "on less than one quiet day in a million"
    return f"on one quiet day in {float(f'{1 / p:.2g}'):,.0f}"  # nobody needs 30,001
