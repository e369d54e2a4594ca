"""Bicycles, put together and seen from a side."""

from infra.demo.samples.bicycle_frames import fork, frame, rear_end
from infra.demo.samples.bicycle_kinds import KINDS
from infra.demo.samples.bicycle_parts import (
    bars,
    basket,
    battery,
    box,
    drive,
    rack,
    saddle,
    wheel,
)
from infra.demo.samples.canvas import Canvas, Colour, shade
from infra.demo.samples.view import arc


def draw_bicycle(canvas: Canvas, kind: str, colour: Colour, accent: Colour) -> None:
    """Draw a bicycle of a kind; `accent` is the colour of box and basket."""
    bike = KINDS[kind]
    for x, radius in ((bike.rear, bike.wheel), (bike.front, bike.front_wheel)):
        wheel(canvas, (x, radius), radius, bike)
        if bike.fenders:
            ends = (25, 185) if x < 0 else (15, 165)
            canvas.tube(arc((x, radius), radius + 0.025, *ends), 0.03, shade(colour, 0.9))
    rear_end(canvas, bike, colour)
    frame(canvas, bike, colour)
    if bike.box:
        box(canvas, accent)
    else:
        fork(canvas, bike, colour)
    if bike.rack:
        rack(canvas, bike)
    if bike.battery:
        battery(canvas, bike)
    saddle(canvas, bike)
    bars(canvas, bike)
    if bike.basket:
        basket(canvas, bike, accent)
    drive(canvas, bike)
