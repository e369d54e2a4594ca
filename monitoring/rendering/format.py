"""Numbers and texts as the reports show them."""

DASH = "–"


def percent(value: float | None, digits: int = 1) -> str:
    """Format a share (0..1) as a percentage; a dash for None."""
    return DASH if value is None else f"{100 * value:.{digits}f} %"


def interval(low: float | None, high: float | None, digits: int = 1) -> str:
    """Format the bounds of a share, e.g. `97.4 to 99.3 %`; empty for a bound of None."""
    if low is None or high is None:
        return ""
    return f"{100 * low:.{digits}f} to {100 * high:.{digits}f} %"


def number(value: float | None, digits: int = 3) -> str:
    """Format with significant digits: whole above a thousand, in millions above a million."""
    if value is None:
        return DASH
    if abs(value) >= 1_000_000:
        return f"{value / 1e6:.3g} M"
    if abs(value) >= 1_000:
        return f"{value:,.0f}"
    return f"{value:.{digits}g}".replace("-", "−")


def count(value: int) -> str:
    """Format a count with thousands separators."""
    return f"{value:,}"


def duration(seconds: float | None) -> str:
    """Format seconds in s, min, h or days; a dash for None."""
    if seconds is None:
        return DASH
    for limit, size, name in ((100, 1, "s"), (6_000, 60, "min"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{seconds / size:.3g} {name}"
    return f"{seconds / 86_400:.3g} days"


def printable(text: str) -> str:
    r"""Replace control and direction characters by escapes (`\r`, `\u202e`).

    Keys and reasons come from uploads: no character in them may hide text, reverse it or break a
    line.
    """
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode()
        for char in text
    )
