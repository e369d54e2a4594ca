"""Small charts as SVG that take their colours from the page, so that they follow light and dark."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

from training.report.page import Html

_WIDTH, _HEIGHT = 400, 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 14, 12, 44
_TICKS = 5

Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """An axis."""

    name: str
    low: float
    high: float
    digits: int = 0  # of the percentages at its ticks

    def ticks(self) -> list[float]:
        """Both ends, and evenly between."""
        return [self.low + (self.high - self.low) * step / _TICKS for step in range(_TICKS + 1)]

    def share(self, value: float) -> float:
        """Where a value lies, 0 to 1; what lies outside is put on the edge."""
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))


@dataclass(slots=True, kw_only=True)
class Chart:
    """Shares against shares; draw on it, then `svg()`."""

    title: str  # for who cannot see it
    x: Range
    y: Range
    _drawn: list[str] = field(default_factory=list)

    def line(self, points: Sequence[Point], kind: str = "line a") -> None:
        """Straight from point to point."""
        steps = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(self._place, points))
        self._drawn.append(f'<polyline class="{kind}" points="{steps}"/>')

    def dot(self, point: Point, label: str, kind: str = "a", radius: float = 4) -> None:
        """A point that says what it is when it is pointed at."""
        x, y = self._place(point)
        self._drawn.append(
            f'<circle class="dot {kind}" cx="{x:.1f}" cy="{y:.1f}" r="{radius}">'
            f"<title>{escape(label)}</title></circle>"
        )

    def whisker(self, x: float, low: float, high: float, kind: str = "a") -> None:
        """An interval."""
        (left, bottom), (_, top) = self._place((x, low)), self._place((x, high))
        self._drawn.append(
            f'<line class="whisker {kind}" x1="{left:.1f}" x2="{left:.1f}" '
            f'y1="{bottom:.1f}" y2="{top:.1f}"/>'
        )

    def note(self, point: Point, words: str) -> None:
        """Words above a point, with a line to it, on the side where there is room."""
        x, y = self._place(point)
        top = max(_TOP + 14.0, y - 90)
        anchor = "end" if x > (_WIDTH + _LEFT) / 2 else "start"
        self._drawn.append(
            f'<line class="whisker b" x1="{x:.1f}" x2="{x:.1f}" y1="{y:.1f}" y2="{top:.1f}"/>'
            f'<text x="{x:.1f}" y="{top - 4:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
        )

    def svg(self) -> Html:
        """The chart with its axes."""
        return Html(
            f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(self.title)}">'
            + self._axes()
            + "".join(self._drawn)
            + "</svg>"
        )

    def _place(self, point: Point) -> Point:
        across, up = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
        x, y = point
        return _LEFT + across * self.x.share(x), _HEIGHT - _BOTTOM - up * self.y.share(y)

    def _axes(self) -> str:
        parts = []
        for value in self.x.ticks():
            x, y = self._place((value, self.y.low))
            said = f"{100 * value:.{self.x.digits}f}"
            parts.append(f'<text x="{x:.1f}" y="{y + 16:.1f}" text-anchor="middle">{said}</text>')
        for value in self.y.ticks():
            x, y = self._place((self.x.low, value))
            said = f"{100 * value:.{self.y.digits}f}"
            right = _WIDTH - _RIGHT
            parts.append(
                f'<line class="axis" x1="{x:.1f}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>'
            )
            parts.append(f'<text x="{x - 6:.1f}" y="{y + 4:.1f}" text-anchor="end">{said}</text>')
        middle = (_HEIGHT - _BOTTOM + _TOP) / 2
        parts.append(
            f'<text x="{(_WIDTH + _LEFT) / 2}" y="{_HEIGHT - 8}" text-anchor="middle">'
            f"{escape(self.x.name)}, %</text>"
            f'<text x="14" y="{middle}" text-anchor="middle" transform="rotate(-90 14 {middle})">'
            f"{escape(self.y.name)}, %</text>"
        )
        return "".join(parts)
