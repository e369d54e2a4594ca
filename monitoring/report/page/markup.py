"""The pieces of markup that the chapters are made of: what goes in as text comes out escaped."""

from collections.abc import Iterable, Sequence
from html import escape

from monitoring.report import units
from monitoring.report.visible import spelled_out

DASH = "–"


def text(value: object) -> str:
    """Escaped; control and direction characters are spelled out, so that nothing can hide."""
    return escape(spelled_out(str(value)))


def tag(name: str, *inside: str, **attributes: object) -> str:
    """An element; `class_` stands for class, and what is inside is markup already."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{given}>{''.join(inside)}</{name}>"


def chapter(identity: str, title: str, *inside: str, note: str = "") -> str:
    """A section with its heading."""
    said = tag("p", text(note), class_="note") if note else ""
    return tag("section", tag("h2", text(title)), said, *inside, id=identity) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, numbers_from: int = 1) -> str:
    """Cells of the body are markup; numbers stand right."""

    def cells(row: Sequence[str], name: str) -> str:
        return "".join(
            tag(name, cell, class_="number" if place >= numbers_from else None)
            for place, cell in enumerate(row)
        )

    body = "".join(f"<tr>{cells(row, 'td')}</tr>\n" for row in rows)
    named = cells([text(each) for each in head], "th")
    top = f"<thead><tr>{named}</tr></thead>" if any(head) else ""
    return tag("div", tag("table", top, f"<tbody>\n{body}</tbody>"), class_="wide", tabindex="0")


def percent(value: float | None, digits: int = 1) -> str:
    """A share, or a dash."""
    return DASH if value is None else units.percent(value, digits)


def between(low: float | None, high: float | None, digits: int = 1) -> str:
    """An interval of shares."""
    if low is None or high is None:
        return ""
    return f"{100 * low:.{digits}f} to {100 * high:.{digits}f} %"


def number(value: float | None, digits: int = 3) -> str:
    """As many digits as say something."""
    if value is None:
        return DASH
    if abs(value) >= 1_000_000:
        return f"{value / 1e6:.3g} M"
    if abs(value) >= 1_000:
        return f"{value:,.0f}"
    return f"{value:.{digits}g}".replace("-", "−")


def duration(seconds: float | None) -> str:
    """In the unit that people would use."""
    if seconds is None:
        return DASH
    for limit, size, name in ((100, 1, "s"), (6_000, 60, "min"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{seconds / size:.3g} {name}"
    return f"{seconds / 86_400:.3g} days"
