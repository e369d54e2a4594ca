"""Motorcycles and scooters of many kinds, in metres, seen from a side."""

from collections.abc import Callable

from infra.demo.samples.canvas import Canvas, Colour, shade
from infra.demo.samples.motorcycle_parts import (
    BLACK,
    Stance,
    bars,
    engine,
    exhaust,
    fork,
    lamp,
    running_gear,
    tail,
    tank,
    top_box,
    wheel,
)
from infra.demo.samples.view import arc

_ROADSTER = Stance(
    rear=(-0.70, 0.31), front=(0.72, 0.31), tyre=0.11, neck=(0.47, 0.94), grips=(0.38, 1.06)
)
_SPORT = Stance(
    rear=(-0.68, 0.31), front=(0.70, 0.31), tyre=0.11, neck=(0.48, 0.90), grips=(0.44, 0.92)
)
_CRUISER = Stance(
    rear=(-0.78, 0.33), front=(0.92, 0.34), tyre=0.13, neck=(0.50, 0.88), grips=(0.22, 1.08)
)
_SCOOTER = Stance(
    rear=(-0.58, 0.23), front=(0.68, 0.23), tyre=0.09, neck=(0.52, 0.62), grips=(0.40, 1.06)
)
_TOURER = Stance(
    rear=(-0.72, 0.33), front=(0.80, 0.35), tyre=0.10, neck=(0.50, 1.02), grips=(0.40, 1.18)
)


def draw_motorcycle(canvas: Canvas, kind: str, colour: Colour, accent: Colour) -> None:
    """Draw a motorcycle of a kind; `accent` is the colour of box and seat."""
    KINDS[kind](canvas, colour, accent)


def _roadster(canvas: Canvas, colour: Colour, accent: Colour) -> None:
    stance = _ROADSTER
    running_gear(canvas, stance)
    engine(canvas, (0.08, 0.46))
    exhaust(canvas, ((0.30, 0.52), (0.38, 0.30), (0.05, 0.22), (-0.35, 0.30)), (-0.85, 0.46))
    tail(canvas, colour, accent, height=0.80)
    tank(canvas, colour, (0.10, 0.90))
    lamp(canvas, (0.60, 0.90), 0.10)
    bars(canvas, stance.grips)


def _sport(canvas: Canvas, colour: Colour, accent: Colour) -> None:
    stance = _SPORT
    running_gear(canvas, stance)
    engine(canvas, (0.08, 0.44))
    exhaust(canvas, ((0.20, 0.30), (0.0, 0.22), (-0.30, 0.28)), (-0.78, 0.42))
    back = (
        (-0.02, 0.80),
        (-0.45, 0.86),
        (-0.78, 0.99),
        (-0.84, 0.93),
        (-0.55, 0.72),
        (-0.10, 0.56),
    )
    canvas.panel(back, colour, thick=0.22)
    seat = (
        (-0.08, 0.86),
        (-0.20, 0.80),
        (-0.44, 0.86),
        (-0.48, 0.90),
        (-0.32, 0.86),
        (-0.12, 0.90),
    )
    canvas.panel(seat, BLACK, thick=0.22)
    tank(canvas, colour, (0.12, 0.89))
    fairing = (
        (0.72, 0.88), (0.62, 1.02), (0.46, 0.97), (0.28, 0.78), (-0.05, 0.60), (-0.22, 0.36),
        (0.05, 0.24), (0.36, 0.28), (0.52, 0.52), (0.64, 0.72),
    )  # fmt: skip
    canvas.panel(fairing, colour, thick=0.36)
    vent = ((0.16, 0.62), (0.40, 0.66), (0.34, 0.44), (0.10, 0.40))
    canvas.panel(vent, shade(accent, 0.5), z=0.185)
    canvas.panel(vent, shade(accent, 0.5), z=-0.185)
    screen = ((0.60, 1.02), (0.44, 1.16), (0.38, 1.12), (0.48, 0.98))
    canvas.panel(screen, (70, 78, 86), thick=0.2)
    lamp(canvas, (0.68, 0.88), 0.06)
    bars(canvas, stance.grips)


def _cruiser(canvas: Canvas, colour: Colour, accent: Colour) -> None:
    stance = _CRUISER
    running_gear(canvas, stance)
    engine(canvas, (0.06, 0.44), cylinders=2)
    for low in (0.0, 0.09):
        pipe = ((0.16, 0.50), (0.22, 0.30 - low), (-0.10, 0.22 + low / 2))
        exhaust(canvas, pipe, (-0.95, 0.26 + low))
    fender = arc(stance.rear, 0.39, 20, 170)
    canvas.panel([*fender, *arc(stance.rear, 0.30, 165, 25)], colour, thick=0.16, smooth=False)
    seat = ((-0.02, 0.74), (-0.20, 0.68), (-0.42, 0.72), (-0.50, 0.84), (-0.85, 0.80),
            (-0.80, 0.72), (-0.30, 0.60), (-0.05, 0.62))  # fmt: skip
    canvas.panel(seat, shade(accent, 0.45), thick=0.26)
    tank(canvas, colour, (0.18, 0.84))
    lamp(canvas, (0.64, 0.90), 0.10)
    bars(canvas, stance.grips, wide=0.42)


def _scooter(canvas: Canvas, colour: Colour, accent: Colour) -> None:
    stance = _SCOOTER
    for hub in (stance.rear, stance.front):
        wheel(canvas, hub, 0.23, stance.tyre)
    exhaust(canvas, ((-0.10, 0.24), (-0.25, 0.20)), (-0.72, 0.28))
    fork(canvas, (0.56, 0.52), stance.front)
    body = (
        (-0.08, 0.30), (-0.02, 0.42), (-0.06, 0.74), (-0.40, 0.78), (-0.78, 0.74), (-0.92, 0.62),
        (-0.84, 0.50), (-0.62, 0.46), (-0.40, 0.34),
    )  # fmt: skip
    floor = ((-0.20, 0.28), (0.36, 0.26), (0.46, 0.34), (0.36, 0.36), (-0.10, 0.38))
    shield = ((0.34, 0.26), (0.46, 0.28), (0.60, 0.52), (0.54, 0.88), (0.46, 0.98), (0.40, 0.94))
    canvas.panel(floor, shade(colour, 0.8), thick=0.36)
    canvas.panel(body, colour, thick=0.32)
    canvas.panel(shield, colour, thick=0.40)
    mudguard = [*arc(stance.front, 0.29, 15, 150), *arc(stance.front, 0.24, 150, 15)]
    canvas.panel(mudguard, colour, thick=0.13, smooth=False)
    seat = ((0.00, 0.76), (-0.10, 0.83), (-0.42, 0.82), (-0.76, 0.87), (-0.82, 0.80), (-0.40, 0.75))
    canvas.panel(seat, shade(accent, 0.45), thick=0.26)
    head = ((0.36, 0.98), (0.40, 1.08), (0.50, 1.07), (0.55, 0.98), (0.46, 0.93))
    canvas.panel(head, colour, thick=0.22)
    lamp(canvas, (0.53, 1.01), 0.065)
    canvas.disc((-0.90, 0.66), 0.045, (190, 30, 26), thick=0.1)
    bars(canvas, stance.grips)


def _tourer(canvas: Canvas, colour: Colour, accent: Colour) -> None:
    stance = _TOURER
    running_gear(canvas, stance)
    engine(canvas, (0.08, 0.48))
    exhaust(canvas, ((0.26, 0.50), (0.20, 0.30), (-0.20, 0.30)), (-0.80, 0.62))
    tail(canvas, colour, accent, height=0.88)
    tank(canvas, colour, (0.14, 0.98))
    beak = ((0.50, 1.02), (0.70, 0.98), (0.96, 0.84), (0.70, 0.84), (0.48, 0.78))
    canvas.panel(beak, colour, thick=0.18)
    canvas.panel(
        ((0.52, 1.08), (0.36, 1.34), (0.42, 1.36), (0.62, 1.06)), (96, 106, 112), thick=0.3
    )
    for z in (-0.27, 0.27):
        case = ((-0.42, 0.52), (-0.88, 0.52), (-0.90, 0.86), (-0.44, 0.86))
        canvas.panel(case, shade(accent, 0.8), thick=0.16, z=z, smooth=False)
    lamp(canvas, (0.68, 0.96), 0.075)
    bars(canvas, stance.grips, wide=0.4)


def _delivery_scooter(canvas: Canvas, colour: Colour, accent: Colour) -> None:
    _scooter(canvas, colour, accent)
    top_box(canvas, (-0.62, 0.88), accent)


def _delivery_roadster(canvas: Canvas, colour: Colour, accent: Colour) -> None:
    _roadster(canvas, colour, accent)
    top_box(canvas, (-0.66, 0.88), accent)


KINDS: dict[str, Callable[[Canvas, Colour, Colour], None]] = {
    "naked": _roadster,
    "scooter": _scooter,
    "sport": _sport,
    "cruiser": _cruiser,
    "touring": _tourer,
    "delivery-scooter": _delivery_scooter,
    "delivery": _delivery_roadster,
}
