"""The parts that are mounted on a bicycle's frame."""

import math
from collections.abc import Sequence

from infra.demo.samples.bicycle_frames import DARK, STEEL
from infra.demo.samples.bicycle_kinds import Bicycle, along
from infra.demo.samples.canvas import Canvas, Colour, shade
from infra.demo.samples.view import Point, curve

RUBBER: Colour = (26, 26, 28)
LEATHER: Colour = (88, 58, 38)


def wheel(canvas: Canvas, hub: Point, radius: float, bike: Bicycle) -> None:
    """Draw tyre, rim, crossed spokes and a dark hub."""
    for number in range(bike.spokes):
        angle = 2 * math.pi * number / bike.spokes
        tangent = angle + (0.5 if number % 2 else -0.5)  # spokes leave the hub sideways
        start = (hub[0] + 0.025 * math.cos(tangent), hub[1] + 0.025 * math.sin(tangent))
        reach = radius - bike.tyre
        end = (hub[0] + reach * math.cos(angle), hub[1] + reach * math.sin(angle))
        canvas.tube((start, end), 0.004, (120, 122, 126))
    canvas.ring(hub, radius - bike.tyre + 0.004, 0.018, (90, 92, 96))
    canvas.ring(hub, radius, bike.tyre, RUBBER, thick=bike.tyre)
    canvas.disc(hub, 0.03, DARK, thick=0.06)


def rack(canvas: Canvas, bike: Bicycle) -> None:
    """Draw a luggage rack with its lamp."""
    top = 2 * bike.wheel + 0.06
    for z in (-0.06, 0.06):
        canvas.tube(((bike.rear - 0.18, top, z), (bike.rear + 0.24, top, z)), 0.014, DARK)
        canvas.tube(((bike.rear, bike.wheel, z), (bike.rear - 0.08, top, z)), 0.012, DARK)
    canvas.disc((bike.rear - 0.20, top - 0.03), 0.022, (180, 20, 20), thick=0.06)


def battery(canvas: Canvas, bike: Bicycle) -> None:
    """Draw battery and motor of an e-bike."""
    low, high = (along(bike.bracket, bike.head_low, share) for share in (0.2, 0.8))
    canvas.tube((low, high), 0.085, DARK)
    canvas.disc(bike.bracket, 0.085, DARK, thick=0.1)


def saddle(canvas: Canvas, bike: Bicycle) -> None:
    """Draw saddle and post."""
    x, y = bike.saddle
    canvas.tube((bike.seat, (x, y)), 0.027, STEEL)
    leather = RUBBER if bike.bars != "swept" else LEATHER
    outline = ((-0.14, 0.02), (-0.13, 0.065), (-0.04, 0.05), (0.15, 0.045), (0.13, 0.012))
    canvas.panel([(x + dx, y + dy) for dx, dy in outline], leather, thick=0.12)


_BARS: dict[str, Sequence[Point]] = {
    "swept": ((0.03, 0.10, 0.0), (0.04, 0.13, 0.16), (-0.06, 0.14, 0.27), (-0.20, 0.10, 0.29)),
    "drop": (
        (0.08, 0.06, 0.0), (0.08, 0.06, 0.18), (0.17, 0.05, 0.2), (0.18, -0.05, 0.2),
        (0.12, -0.09, 0.2), (0.03, -0.08, 0.2),
    ),
    "flat": ((0.06, 0.07, 0.0), (0.05, 0.09, 0.15), (0.02, 0.09, 0.31)),
}  # fmt: skip


def bars(canvas: Canvas, bike: Bicycle) -> None:
    """Draw handlebar and stem; the lamp only with fenders."""
    x, y = bike.head
    shape = _BARS[bike.bars]
    canvas.tube((bike.head, (x + shape[0][0], y + shape[0][1])), 0.03, STEEL)
    for hand in (-1, 1):
        points = [(x + dx, y + dy, hand * z) for dx, dy, z in shape]
        canvas.tube(curve(points), 0.024, DARK if bike.bars != "swept" else STEEL)
        canvas.tube(points[-2:], 0.034, RUBBER)
    if bike.fenders:
        canvas.disc((x + 0.10, y - 0.06), 0.045, (235, 232, 215), thick=0.08)


def basket(canvas: Canvas, bike: Bicycle, colour: Colour) -> None:
    """Draw a basket before the handlebar."""
    x, y = bike.head[0] + 0.10, bike.head[1] - 0.14
    sides = ((0.0, 0.0), (0.24, 0.0), (0.31, 0.24), (-0.04, 0.24))
    outline = [(x + dx, y + dy) for dx, dy in sides]
    canvas.panel(outline, shade(colour, 0.9), thick=0.34, smooth=False)
    for share in (0.2, 0.4, 0.6, 0.8):
        left, right = (along(outline[a], outline[b], share) for a, b in ((0, 3), (1, 2)))
        canvas.tube(((*left, 0.18), (*right, 0.18)), 0.012, shade(colour, 0.6))


def box(canvas: Canvas, colour: Colour) -> None:
    """Draw the box of the cargo bike."""
    outline = ((-0.02, 0.30), (0.62, 0.30), (0.74, 0.74), (-0.06, 0.74))
    canvas.panel(outline, colour, thick=0.55, smooth=False)
    canvas.tube(((-0.06, 0.74, 0.276), (0.74, 0.74, 0.276)), 0.03, shade(colour, 0.6))


def drive(canvas: Canvas, bike: Bicycle) -> None:
    """Draw chain, chain wheel and cranks, which are on the right."""
    x, y = bike.bracket
    hub = (bike.rear, bike.wheel)
    for edge, cog in ((0.085, 0.035), (-0.085, -0.035)):
        canvas.tube(((x, y + edge, 0.055), (hub[0], hub[1] + cog, 0.055)), 0.012, DARK)
    canvas.ring((x, y, 0.06), 0.095, 0.03, DARK)
    canvas.disc((*hub, 0.06), 0.042, (70, 70, 74))
    for turn, z in ((-0.6, 0.09), (math.pi - 0.6, -0.09)):
        end = (x + 0.17 * math.cos(turn), y + 0.17 * math.sin(turn), z)
        canvas.tube(((x, y, z), end), 0.026, (60, 60, 64))
        canvas.tube(
            ((end[0] - 0.05, end[1], z * 1.3), (end[0] + 0.05, end[1], z * 1.3)), 0.03, DARK
        )
