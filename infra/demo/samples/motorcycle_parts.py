"""The parts that most motorcycles share."""

import math
from dataclasses import dataclass

from infra.demo.samples.canvas import Canvas, Colour, shade
from infra.demo.samples.view import Point, arc, curve

RUBBER: Colour = (24, 24, 26)
BLACK: Colour = (32, 32, 36)
GREY: Colour = (74, 76, 80)
METAL: Colour = (128, 130, 134)
CHROME: Colour = (182, 186, 190)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stance:
    """The positions of wheels, fork and handlebar, in metres."""

    rear: Point
    front: Point
    tyre: float
    neck: Point  # where the fork leaves the body
    grips: Point


def wheel(canvas: Canvas, hub: Point, radius: float, tyre: float) -> None:
    """Draw wide tyre, cast spokes, brake disc and dark hub."""
    rim = radius - tyre
    for number in range(5):
        angle = 2 * math.pi * number / 5 + 0.3
        end = (hub[0] + rim * math.cos(angle), hub[1] + rim * math.sin(angle))
        canvas.tube((hub, end), 0.035, GREY)
    canvas.ring(hub, rim + 0.015, 0.03, METAL, thick=tyre)
    canvas.ring(hub, radius, tyre, RUBBER, thick=tyre * 1.2)
    canvas.ring(hub, rim * 0.72, rim * 0.22, (140, 142, 146))
    canvas.disc(hub, 0.055, BLACK, thick=0.16)


def fork(canvas: Canvas, neck: Point, hub: Point) -> None:
    """Draw two telescopic legs beside the front wheel."""
    for z in (-0.1, 0.1):
        middle = ((neck[0] + hub[0]) / 2, (neck[1] + hub[1]) / 2)
        canvas.tube(((*neck, z), (*middle, z)), 0.042, CHROME)
        canvas.tube(((*middle, z), (*hub, z)), 0.06, GREY)


def engine(canvas: Canvas, middle: Point, *, cylinders: int = 1) -> None:
    """Draw crankcase and finned cylinders; two form a V."""
    x, y = middle
    case = (
        (-0.26, 0.02),
        (-0.20, -0.20),
        (0.16, -0.22),
        (0.24, -0.06),
        (0.14, 0.08),
        (-0.16, 0.12),
    )
    leans = (-0.35, 0.4) if cylinders == 2 else (0.35,)
    for lean in leans:
        for fin in range(7):
            up = 0.06 + fin * 0.04
            across, rise = x + up * math.sin(lean) * 1.1, y + up * math.cos(lean)
            half = 0.10
            left = (across - half * math.cos(lean), rise + half * math.sin(lean))
            right = (across + half * math.cos(lean), rise - half * math.sin(lean))
            canvas.tube((left, right), 0.034, METAL if fin % 2 else GREY)
    canvas.panel([(x + dx, y + dy) for dx, dy in case], GREY, thick=0.3)
    for z in (-0.16, 0.16):
        canvas.disc((x + 0.02, y - 0.06, z), 0.10, METAL)
        canvas.disc((x + 0.02, y - 0.06, z), 0.06, GREY)
        canvas.tube(((x - 0.22, y - 0.16, z), (x - 0.10, y - 0.16, z)), 0.03, BLACK)


def exhaust(canvas: Canvas, pipe: tuple[Point, ...], end: Point) -> None:
    """Draw a pipe from the engine and a silencer up to `end`, on the right."""
    z = 0.2
    canvas.tube(curve([(*point, z) for point in pipe]), 0.045, CHROME)
    canvas.tube(((*pipe[-1], z), (*end, z)), 0.10, METAL)
    canvas.disc((*end, z + 0.001), 0.03, BLACK)


def lamp(canvas: Canvas, middle: Point, radius: float) -> None:
    """Draw the head lamp."""
    canvas.disc(middle, radius * 1.1, BLACK, thick=radius * 2)
    canvas.disc((middle[0] + 0.02, middle[1]), radius * 0.85, (238, 234, 210), thick=radius * 2.2)


def bars(canvas: Canvas, grips: Point, *, wide: float = 0.34) -> None:
    """Draw handlebar, grips and mirrors; `wide` metres to either side."""
    x, y = grips
    for hand in (-1, 1):
        root = (x + 0.08, y - 0.10, hand * 0.08)
        bar = curve((root, (x + 0.05, y, hand * 0.16), (x - 0.06, y, hand * wide)))
        canvas.tube(bar, 0.03, BLACK)
        canvas.tube(bar[-5:], 0.046, RUBBER)
        mirror = (x + 0.06, y + 0.17, hand * wide * 0.8)
        canvas.tube(((x + 0.03, y, hand * wide * 0.6), mirror), 0.014, BLACK)
        outline = arc(mirror[:2], 0.055, 0, 345, 15)
        canvas.panel(outline, BLACK, z=mirror[2], smooth=False)


def top_box(canvas: Canvas, low: Point, colour: Colour) -> None:
    """Draw the box for deliveries, behind the seat."""
    x, y = low
    canvas.tube(((x - 0.25, y - 0.03), (x + 0.2, y - 0.03)), 0.06, BLACK)
    corners = ((-0.28, 0.0), (0.22, 0.0), (0.22, 0.44), (-0.28, 0.44))
    canvas.panel([(x + dx, y + dy) for dx, dy in corners], colour, thick=0.46, smooth=False)
    for z in (-0.232, 0.232):
        lid = ((x - 0.28, y + 0.36, z), (x + 0.22, y + 0.36, z))
        canvas.tube(lid, 0.02, shade(colour, 0.6))
        sign = ((-0.18, 0.10), (0.12, 0.10), (0.12, 0.26), (-0.18, 0.26))
        canvas.panel([(x + dx, y + dy) for dx, dy in sign], shade(colour, 1.6), z=z, smooth=False)


def running_gear(canvas: Canvas, stance: Stance) -> None:
    """Draw wheels, swing arm, fork and front fender."""
    for hub in (stance.rear, stance.front):
        wheel(canvas, hub, hub[1], stance.tyre)
    for z in (-0.09, 0.09):
        canvas.tube(((-0.12, 0.42, z), (*stance.rear, z)), 0.06, GREY)
    canvas.tube(((stance.rear[0] + 0.2, 0.42), (-0.15, 0.74)), 0.05, CHROME)
    x, y = stance.neck
    canvas.tube(curve(((x, y), (0.0, 0.72), (-0.25, 0.50), (-0.12, 0.32))), 0.06, BLACK)
    canvas.tube(((x, y), (0.34, 0.55), (0.28, 0.26)), 0.05, BLACK)
    fork(canvas, stance.neck, stance.front)
    outer, inner = stance.front[1] + 0.045, stance.front[1] + 0.005
    mudguard = [*arc(stance.front, outer, 40, 150), *arc(stance.front, inner, 150, 40)]
    canvas.panel(mudguard, GREY, thick=0.12, smooth=False)


def tank(canvas: Canvas, colour: Colour, middle: Point) -> None:
    """Draw the fuel tank."""
    x, y = middle
    outline = (
        (-0.24, -0.10), (-0.20, 0.02), (-0.02, 0.13), (0.20, 0.12), (0.31, 0.02), (0.27, -0.09),
        (0.02, -0.13),
    )  # fmt: skip
    canvas.panel([(x + dx, y + dy) for dx, dy in outline], colour, thick=0.28)
    canvas.tube(((x - 0.1, y + 0.09), (x + 0.16, y + 0.09)), 0.02, shade(colour, 1.5))


def tail(canvas: Canvas, colour: Colour, accent: Colour, *, height: float) -> None:
    """Draw seat, side panel, number plate and rear lamp."""
    seat = ((-0.10, 0.02), (-0.30, -0.01), (-0.52, 0.03), (-0.78, 0.10), (-0.82, 0.04),
            (-0.5, -0.08), (-0.14, -0.07))  # fmt: skip
    panel = (
        (-0.12, -0.07),
        (-0.50, -0.08),
        (-0.82, 0.03),
        (-0.86, -0.02),
        (-0.5, -0.19),
        (-0.2, -0.2),
    )
    canvas.panel([(x, height + y) for x, y in panel], colour, thick=0.22)
    canvas.panel([(x, height + y) for x, y in seat], shade(accent, 0.3), thick=0.26)
    canvas.tube(((-0.80, height), (-0.98, height - 0.28)), 0.04, BLACK)
    canvas.disc((-0.86, height), 0.04, (190, 30, 26), thick=0.12)
