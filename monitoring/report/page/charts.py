"""Charts as inline SVG. 400 units wide: as wide as a phone, so that letters stay letters there."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from monitoring.report.page.markup import text

WIDTH = 400.0
LEFT, RIGHT, TOP, BOTTOM = 50.0, 6.0, 8.0, 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A share with its interval, beside the baseline's."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    baseline: float | None = None
    said: str = ""


def svg(height: float, label: str, *inside: str) -> str:
    """A picture that says what it shows to those who cannot see it."""
    return (
        f'<svg viewBox="0 0 {WIDTH:g} {height:g}" role="img" aria-label="{text(label)}">'
        f"{''.join(inside)}</svg>"
    )


def rect(x: float, y: float, width: float, height: float, *, kind: str, title: str = "") -> str:
    """A bar."""
    said = f"<title>{text(title)}</title>" if title else ""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" '
        f'height="{max(height, 0):.1f}" class="{kind}">{said}</rect>'
    )


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """A straight line."""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


def label(x: float, y: float, said: str, *, anchor: str = "start", kind: str = "") -> str:
    """A text."""
    named = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{named}>{text(said)}</text>'


def stacked_bars(
    names: Sequence[str], layers: Sequence[tuple[str, Sequence[int]]], *, said: str
) -> str:
    """Bars of counts, one a name; layers from the ground up."""
    height = 170.0
    totals = [sum(each) for each in zip(*(counts for _, counts in layers), strict=True)]
    top = max([*totals, 1])
    inside = [_scale(height, top, lambda value: f"{value:,.0f}")]
    step = (WIDTH - LEFT - RIGHT) / max(len(names), 1)
    every = max(1, -(-len(names) // 8))
    for place, name in enumerate(names):
        ground = height - BOTTOM
        for kind, counts in layers:
            tall = counts[place] / top * (height - TOP - BOTTOM)
            if tall:
                title = f"{name}: {counts[place]} {kind.replace('_', ' ')}"
                x = LEFT + place * step + step * 0.1
                inside.append(rect(x, ground - tall, step * 0.8, tall, kind=kind, title=title))
            ground -= tall
        if place % every == 0:
            middle = LEFT + (place + 0.5) * step
            inside.append(label(middle, height - 6, name, anchor="middle"))
    return svg(height, said, *inside)


def histogram(
    shares: Sequence[float], baseline: Sequence[float | None], edges: Sequence[float], *, said: str
) -> str:
    """Bars of today, and the baseline as a line along its steps."""
    height = 180.0
    top = max([*shares, *(each or 0 for each in baseline), 0.01])
    inside = [_scale(height, top, lambda value: f"{100 * value:.0f} %")]
    step = (WIDTH - LEFT - RIGHT) / len(shares)
    path = []
    for place, share in enumerate(shares):
        x, tall = LEFT + place * step, share / top * (height - TOP - BOTTOM)
        title = f"{edges[place]:.2f} to {edges[place + 1]:.2f}: {100 * share:.1f} %"
        inside.append(
            rect(x + 0.8, height - BOTTOM - tall, step - 1.6, tall, kind="ours", title=title)
        )
        level = height - BOTTOM - (baseline[place] or 0) / top * (height - TOP - BOTTOM)
        path += [f"{x:.1f},{level:.1f}", f"{x + step:.1f},{level:.1f}"]
    if any(each is not None for each in baseline):
        inside.append(f'<polyline points="{" ".join(path)}" class="baseline"/>')
    for edge in (0.0, 0.25, 0.5, 0.75, 1.0):
        x = LEFT + edge * (WIDTH - LEFT - RIGHT)
        anchor = {0.0: "start", 1.0: "end"}.get(edge, "middle")
        inside.append(label(x, height - 6, f"{edge:g}", anchor=anchor))
    return svg(height, said, *inside)


def intervals(marks: Sequence[Mark], *, said: str, low: float = 0.0, high: float = 1.0) -> str:
    """One row a share: point, interval, and a tick for the baseline."""
    row, start, end = 38.0, 12.0, WIDTH - 12
    height = row * len(marks) + 18

    def x(value: float) -> float:
        return start + (min(max(value, low), high) - low) / (high - low) * (end - start)

    inside = []
    for place, mark in enumerate(marks):
        y = place * row + 27
        inside += [
            label(start, y - 12, mark.name, kind="strong"),
            label(end, y - 12, mark.said, anchor="end", kind="soft"),
            line(start, y, end, y, "grid"),
        ]
        if mark.low is not None and mark.high is not None:
            wide = x(mark.high) - x(mark.low)
            inside.append(rect(x(mark.low), y - 4, max(wide, 1), 8, kind="range ours"))
        if mark.baseline is not None:
            inside.append(line(x(mark.baseline), y - 8, x(mark.baseline), y + 8, "tick"))
        if mark.value is not None:
            inside.append(f'<circle cx="{x(mark.value):.1f}" cy="{y:.1f}" r="4.5" class="ours"/>')
    for value in (low, (low + high) / 2, high):
        anchor = {low: "start", high: "end"}.get(value, "middle")
        inside.append(label(x(value), height - 3, f"{100 * value:.4g} %", anchor=anchor))
    return svg(height, said, *inside)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """A figure of one window, coloured by the window's verdict."""

    value: float | None
    tone: str
    day: str
    title: str


def trend(
    dots: Sequence[Dot],
    *,
    said: str,
    in_words: Callable[[float], str],
    within: tuple[float, float] = (-math.inf, math.inf),
    least: float = 0.005,
) -> str:
    """A figure over the windows; gaps stay gaps. `within`: what the figure can be at all."""
    height = 110.0
    known = [dot.value for dot in dots if dot.value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    margin = max((high - low) * 0.15, least)
    low, high = max(within[0], low - margin), min(within[1], high + margin)
    wide = WIDTH - LEFT - RIGHT - 8

    def at(place: int, value: float) -> tuple[float, float]:
        x = LEFT + 4 + (place / (len(dots) - 1) if len(dots) > 1 else 0.5) * wide
        return x, TOP + (high - value) / ((high - low) or 1) * (height - TOP - BOTTOM)

    inside = [_scale(height, high, in_words, low=low)]
    points = [(at(i, dot.value), dot) for i, dot in enumerate(dots) if dot.value is not None]
    drawn = " ".join(f"{x:.1f},{y:.1f}" for (x, y), _ in points)
    inside.append(f'<polyline points="{drawn}" class="trend"/>')
    for (x, y), dot in points:
        inside.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" class="{dot.tone}">'
            f"<title>{text(dot.title)}</title></circle>"
        )
    inside += [
        label(LEFT, height - 5, dots[0].day),
        label(WIDTH - RIGHT, height - 5, dots[-1].day, anchor="end"),
    ]
    return svg(height, said, *inside)


def _scale(height: float, top: float, said: Callable[[float], str], *, low: float = 0.0) -> str:
    """Three lines and what they stand for."""
    found = []
    for part in (0.0, 0.5, 1.0):
        y = height - BOTTOM - part * (height - TOP - BOTTOM)
        value = low + part * (top - low)
        found.append(line(LEFT, y, WIDTH - RIGHT, y, "grid"))
        found.append(label(LEFT - 4, y + 3.5, said(value), anchor="end", kind="soft"))
    return "".join(found)
