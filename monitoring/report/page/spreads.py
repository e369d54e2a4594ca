"""Middle and tails of several figures, each on its own scale, now and in the baseline."""

from collections.abc import Sequence
from dataclasses import dataclass

from monitoring.report.page.charts import WIDTH, label, line, rect, svg

Levels = tuple[float, ...]  # low, middle, high
_ROW, _START, _END = 38.0, 12.0, WIDTH - 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """One figure."""

    name: str
    now: Levels
    before: Levels | None
    said: str


def spread_bars(spreads: Sequence[Spread], *, said: str) -> str:
    """A filled bar for now, a hollow one for the baseline, and their middles."""
    inside = []
    for place, each in enumerate(spreads):
        y = place * _ROW + 26
        inside += [
            label(_START, y - 11, each.name, kind="strong"),
            label(_END, y - 11, each.said, anchor="end", kind="soft"),
            *_bars(each, y),
        ]
    return svg(_ROW * len(spreads) + 4, said, *inside)


def _bars(spread: Spread, y: float) -> list[str]:
    known = [*spread.now, *(spread.before or ())]
    low, high = min(known), max(known)
    scale = (_END - _START) / ((high - low) or 1.0)

    def x(value: float) -> float:
        return _START + (value - low) * scale

    start, middle, end = map(x, spread.now)
    found = [
        rect(start, y - 5, max(end - start, 1), 10, kind="ours range"),
        f'<circle cx="{middle:.1f}" cy="{y:.1f}" r="4.5" class="ours"/>',
    ]
    if spread.before is not None:
        start, middle, end = map(x, spread.before)
        found += [
            rect(start, y - 7, max(end - start, 1), 14, kind="before"),
            line(middle, y - 9, middle, y + 9, "tick"),
        ]
    return found
