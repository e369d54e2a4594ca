"""Charts as inline SVG, coloured by the page's style sheet so that they follow light and dark.

400 units wide, about the width of a phone, so that letters keep their size there.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from monitoring.rendering.markup import element

WIDTH = 400.0
LEFT, RIGHT, TOP, BOTTOM = 50.0, 6.0, 8.0, 20.0
_ROW = 38.0
_INSET = 12.0
_TICKS = 5
_XY_HEIGHT, _XY_BOTTOM = 280.0, 44.0

Levels = tuple[float, ...]  # low, middle, high
Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A share with its interval, beside the baseline's; None: not known."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    baseline: float | None = None
    caption: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Median and tails of one figure, now and in the baseline."""

    name: str
    now: Levels
    before: Levels | None
    caption: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """A figure of one window, coloured by the window's verdict; None leaves a gap."""

    value: float | None
    tone: str
    day: str
    title: str


def stacked_bars(
    names: Sequence[str], layers: Sequence[tuple[str, Sequence[int]]], *, title: str
) -> Markup:
    """Draw bars of counts, one a name; layers from the ground up."""
    height = 170.0
    totals = [sum(column) for column in zip(*(counts for _, counts in layers), strict=True)]
    top = max([*totals, 1])
    parts = _scale(height, top, lambda value: f"{value:,.0f}")
    step = (WIDTH - LEFT - RIGHT) / max(len(names), 1)
    every = max(1, -(-len(names) // 8))
    for place, name in enumerate(names):
        ground = height - BOTTOM
        for kind, counts in layers:
            tall = counts[place] / top * (height - TOP - BOTTOM)
            if tall:
                tip = f"{name}: {counts[place]} {kind.replace('_', ' ')}"
                x = LEFT + place * step + step * 0.1
                parts.append(_rect(x, ground - tall, step * 0.8, tall, kind=kind, tip=tip))
            ground -= tall
        if place % every == 0:
            parts.append(_label(LEFT + (place + 0.5) * step, height - 6, name, anchor="middle"))
    return _svg(height, title, parts)


def histogram(
    shares: Sequence[float], baseline: Sequence[float | None], edges: Sequence[float], *, title: str
) -> Markup:
    """Draw bars of today, and the baseline as a line along its steps; edges from 0 to 1."""
    height = 180.0
    top = max([*shares, *(share or 0 for share in baseline), 0.01])
    parts = _scale(height, top, lambda value: f"{100 * value:.0f} %")
    step = (WIDTH - LEFT - RIGHT) / len(shares)
    path: list[Point] = []
    for place, share in enumerate(shares):
        x, tall = LEFT + place * step, share / top * (height - TOP - BOTTOM)
        tip = f"{edges[place]:.2f} to {edges[place + 1]:.2f}: {100 * share:.1f} %"
        parts.append(_rect(x + 0.8, height - BOTTOM - tall, step - 1.6, tall, kind="ours", tip=tip))
        level = height - BOTTOM - (baseline[place] or 0) / top * (height - TOP - BOTTOM)
        path += [(x, level), (x + step, level)]
    if any(share is not None for share in baseline):
        parts.append(_polyline(path, "baseline"))
    for edge in (0.0, 0.25, 0.5, 0.75, 1.0):
        anchor = {0.0: "start", 1.0: "end"}.get(edge, "middle")
        x = LEFT + edge * (WIDTH - LEFT - RIGHT)
        parts.append(_label(x, height - 6, f"{edge:g}", anchor=anchor))
    return _svg(height, title, parts)


def intervals(marks: Sequence[Mark], *, title: str, low: float = 0.0, high: float = 1.0) -> Markup:
    """Draw one row a share: point, interval, and a tick for the baseline."""
    start, end = _INSET, WIDTH - _INSET
    height = _ROW * len(marks) + 18

    def x(value: float) -> float:
        return start + (min(max(value, low), high) - low) / (high - low) * (end - start)

    parts = []
    for place, mark in enumerate(marks):
        y = place * _ROW + 27
        parts += [
            _label(start, y - 12, mark.name, kind="strong"),
            _label(end, y - 12, mark.caption, anchor="end", kind="soft"),
            _line(start, y, end, y, "grid"),
        ]
        if mark.low is not None and mark.high is not None:
            width = x(mark.high) - x(mark.low)
            parts.append(_rect(x(mark.low), y - 4, max(width, 1), 8, kind="range ours"))
        if mark.baseline is not None:
            parts.append(_line(x(mark.baseline), y - 8, x(mark.baseline), y + 8, "tick"))
        if mark.value is not None:
            parts.append(_circle(x(mark.value), y, 4.5, "ours"))
    for value in (low, (low + high) / 2, high):
        anchor = {low: "start", high: "end"}.get(value, "middle")
        parts.append(_label(x(value), height - 3, f"{100 * value:.4g} %", anchor=anchor))
    return _svg(height, title, parts)


def spread_bars(spreads: Sequence[Spread], *, title: str) -> Markup:
    """Draw a filled bar for now and a hollow one for the baseline, each row on its own scale."""
    parts = []
    for place, spread in enumerate(spreads):
        y = place * _ROW + 26
        parts += [
            _label(_INSET, y - 11, spread.name, kind="strong"),
            _label(WIDTH - _INSET, y - 11, spread.caption, anchor="end", kind="soft"),
            *_spread_row(spread, y),
        ]
    return _svg(_ROW * len(spreads) + 4, title, parts)


def _spread_row(spread: Spread, y: float) -> list[Markup]:
    known = [*spread.now, *(spread.before or ())]
    low, high = min(known), max(known)
    scale = (WIDTH - 2 * _INSET) / ((high - low) or 1.0)
    start, middle, end = (_INSET + (value - low) * scale for value in spread.now)
    parts = [
        _rect(start, y - 5, max(end - start, 1), 10, kind="ours range"),
        _circle(middle, y, 4.5, "ours"),
    ]
    if spread.before is not None:
        start, middle, end = (_INSET + (value - low) * scale for value in spread.before)
        parts += [
            _rect(start, y - 7, max(end - start, 1), 14, kind="before"),
            _line(middle, y - 9, middle, y + 9, "tick"),
        ]
    return parts


def trend(
    dots: Sequence[Dot],
    *,
    title: str,
    in_words: Callable[[float], str],
    within: tuple[float, float] = (-math.inf, math.inf),
    least: float = 0.005,
) -> Markup:
    """Draw a figure over the windows.

    `within`: the figure's possible range; `least`: the smallest margin of the scale.
    """
    height = 110.0
    known = [dot.value for dot in dots if dot.value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    margin = max((high - low) * 0.15, least)
    low, high = max(within[0], low - margin), min(within[1], high + margin)
    width = WIDTH - LEFT - RIGHT - 8

    def at(place: int, value: float) -> Point:
        x = LEFT + 4 + (place / (len(dots) - 1) if len(dots) > 1 else 0.5) * width
        return x, TOP + (high - value) / ((high - low) or 1) * (height - TOP - BOTTOM)

    points = [(at(i, dot.value), dot) for i, dot in enumerate(dots) if dot.value is not None]
    parts = [
        *_scale(height, high, in_words, low=low),
        _polyline([point for point, _ in points], "trend"),
        *(_circle(*point, 3, dot.tone, tip=dot.title) for point, dot in points),
        _label(LEFT, height - 5, dots[0].day),
        _label(WIDTH - RIGHT, height - 5, dots[-1].day, anchor="end"),
    ]
    return _svg(height, title, parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """An axis of shares (0..1), labelled in percent."""

    name: str
    low: float
    high: float
    digits: int = 0  # of the percentages at its ticks

    def ticks(self) -> list[float]:
        """Return both ends and evenly spaced values between."""
        return [self.low + (self.high - self.low) * step / _TICKS for step in range(_TICKS + 1)]

    def place(self, value: float) -> float:
        """Return the position of a value, 0 to 1; values outside are on the edge."""
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))


@dataclass(slots=True, kw_only=True)
class XYChart:
    """Shares against shares: add lines and points, then call `svg()`."""

    title: str
    x: Axis
    y: Axis
    _parts: list[Markup] = field(default_factory=list)

    def line(self, points: Sequence[Point], kind: str = "curve") -> None:
        """Add a line from point to point."""
        self._parts.append(_polyline(list(map(self._place, points)), kind))

    def dot(self, point: Point, tip: str, kind: str = "ours", radius: float = 4) -> None:
        """Add a point with a tooltip."""
        self._parts.append(_circle(*self._place(point), radius, kind, tip=tip))

    def whisker(self, x: float, low: float, high: float) -> None:
        """Add an interval."""
        (left, bottom), (_, top) = self._place((x, low)), self._place((x, high))
        self._parts.append(_line(left, bottom, left, top, "whisker"))

    def note(self, point: Point, words: str) -> None:
        """Add words above a point and a line to it, on the side where there is room."""
        x, y = self._place(point)
        top = max(TOP + 14.0, y - 90)
        anchor = "end" if x > (WIDTH + LEFT) / 2 else "start"
        self._parts += [
            _line(x, y, x, top, "pointer"),
            _label(x, top - 4, words, anchor=anchor),
        ]

    def svg(self) -> Markup:
        """Return the chart with its axes."""
        return _svg(_XY_HEIGHT, self.title, [*self._axes(), *self._parts])

    def _place(self, point: Point) -> Point:
        width, height = WIDTH - LEFT - _INSET, _XY_HEIGHT - TOP - _XY_BOTTOM
        x, y = point
        return (
            LEFT + width * self.x.place(x),
            _XY_HEIGHT - _XY_BOTTOM - height * self.y.place(y),
        )

    def _axes(self) -> list[Markup]:
        parts = []
        for value in self.x.ticks():
            x, y = self._place((value, self.y.low))
            text = f"{100 * value:.{self.x.digits}f}"
            parts.append(_label(x, y + 16, text, anchor="middle", kind="soft"))
        for value in self.y.ticks():
            x, y = self._place((self.x.low, value))
            text = f"{100 * value:.{self.y.digits}f}"
            parts.append(_line(x, y, WIDTH - _INSET, y, "grid"))
            parts.append(_label(x - 6, y + 4, text, anchor="end", kind="soft"))
        middle = (_XY_HEIGHT - _XY_BOTTOM + TOP) / 2
        parts.append(
            _label(
                (WIDTH + LEFT) / 2,
                _XY_HEIGHT - 8,
                f"{self.x.name}, %",
                anchor="middle",
                kind="soft",
            )
        )
        parts.append(
            element(
                "text",
                f"{self.y.name}, %",
                x=14.0,
                y=middle,
                text_anchor="middle",
                transform=f"rotate(-90 14 {middle:.1f})",
                class_="soft",
            )
        )
        return parts


def _svg(height: float, title: str, parts: Sequence[Markup]) -> Markup:
    """Return the picture; `title` describes it to screen readers."""
    return element("svg", *parts, viewBox=f"0 0 {WIDTH:g} {height:g}", role="img", aria_label=title)


def _scale(
    height: float, top: float, in_words: Callable[[float], str], *, low: float = 0.0
) -> list[Markup]:
    """Return three horizontal lines with their values."""
    parts = []
    for part in (0.0, 0.5, 1.0):
        y = height - BOTTOM - part * (height - TOP - BOTTOM)
        value = low + part * (top - low)
        parts.append(_line(LEFT, y, WIDTH - RIGHT, y, "grid"))
        parts.append(_label(LEFT - 4, y + 3.5, in_words(value), anchor="end", kind="soft"))
    return parts


def _rect(x: float, y: float, width: float, height: float, *, kind: str, tip: str = "") -> Markup:
    return element(
        "rect",
        *_tip(tip),
        x=x,
        y=y,
        width=max(width, 0.0),
        height=max(height, 0.0),
        class_=kind,
    )


def _circle(x: float, y: float, radius: float, kind: str, *, tip: str = "") -> Markup:
    return element("circle", *_tip(tip), cx=x, cy=y, r=f"{radius:g}", class_=kind)


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=kind)


def _polyline(points: Sequence[Point], kind: str) -> Markup:
    return element("polyline", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in points), class_=kind)


def _label(x: float, y: float, text: str, *, anchor: str = "start", kind: str = "") -> Markup:
    return element("text", text, x=x, y=y, text_anchor=anchor, class_=kind or None)


def _tip(text: str) -> list[Markup]:
    return [element("title", text)] if text else []
