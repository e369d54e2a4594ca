"""Measures and equipment of the kinds of bicycles, in metres."""

from dataclasses import dataclass

from infra.demo.samples.view import Point


@dataclass(frozen=True, slots=True, kw_only=True)
class Bicycle:
    """Measures and equipment of one kind."""

    bars: str  # swept, drop, flat
    wheel: float = 0.345
    front_wheel: float = 0.345
    tyre: float = 0.035
    rear: float = -0.52
    front: float = 0.54
    bracket: Point = (-0.08, 0.29)
    seat: Point = (-0.25, 0.80)  # where seat tube and top tube meet
    head_low: Point = (0.31, 0.72)
    head: Point = (0.275, 0.87)
    saddle: Point = (-0.295, 0.97)
    tube: float = 0.038
    spokes: int = 18
    fenders: bool = False
    rack: bool = False
    basket: bool = False
    suspension: bool = False
    battery: bool = False
    frame: str = "diamond"  # diamond, low, single, long
    box: bool = False


KINDS = {
    "city": Bicycle(bars="swept", tyre=0.042, fenders=True, rack=True),
    "racing": Bicycle(
        bars="drop",
        wheel=0.338,
        front_wheel=0.338,
        tyre=0.026,
        rear=-0.5,
        front=0.5,
        tube=0.034,
        head=(0.29, 0.83),
        saddle=(-0.30, 1.0),
    ),
    "mountain": Bicycle(
        bars="flat",
        wheel=0.365,
        front_wheel=0.365,
        tyre=0.062,
        front=0.62,
        bracket=(-0.09, 0.33),
        suspension=True,
        seat=(-0.23, 0.70),
        head_low=(0.33, 0.78),
        head=(0.295, 0.90),
        tube=0.05,
        spokes=16,
    ),
    "step-through": Bicycle(
        bars="swept",
        tyre=0.042,
        fenders=True,
        rack=True,
        basket=True,
        frame="low",
        seat=(-0.22, 0.72),
    ),
    "e-bike": Bicycle(
        bars="flat",
        tyre=0.05,
        fenders=True,
        rack=True,
        battery=True,
        tube=0.048,
        seat=(-0.24, 0.74),
    ),
    "folding": Bicycle(
        bars="flat",
        wheel=0.225,
        tyre=0.04,
        rear=-0.46,
        front=0.52,
        bracket=(-0.06, 0.29),
        seat=(-0.13, 0.52),
        head_low=(0.38, 0.44),
        head=(0.30, 0.95),
        tube=0.052,
        spokes=14,
        front_wheel=0.225,
        fenders=True,
        frame="single",
    ),
    "cargo": Bicycle(
        bars="swept",
        tyre=0.048,
        rear=-0.92,
        bracket=(-0.48, 0.29),
        seat=(-0.65, 0.76),
        saddle=(-0.70, 0.96),
        head_low=(-0.10, 0.62),
        head=(-0.14, 0.92),
        front=1.0,
        front_wheel=0.26,
        fenders=True,
        frame="long",
        box=True,
    ),
}


def along(start: Point, end: Point, part: float) -> tuple[float, float]:
    """Return the point between start (`part` 0) and end (`part` 1)."""
    return (
        start[0] + (end[0] - start[0]) * part,
        start[1] + (end[1] - start[1]) * part,
    )
