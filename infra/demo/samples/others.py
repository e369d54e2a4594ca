"""Non-vehicles that drivers photograph by mistake: cars, people, trees, an empty street."""

import math
from collections.abc import Callable, Sequence

from infra.demo.samples.canvas import Canvas, Colour, shade
from infra.demo.samples.view import Point, curve

_RUBBER: Colour = (28, 28, 30)
_GLASS: Colour = (62, 76, 88)
_SKIN: tuple[Colour, ...] = ((224, 180, 150), (150, 104, 76), (96, 66, 50))
_STEEL: Colour = (168, 172, 178)


def draw_other(canvas: Canvas, kind: str, colour: Colour, accent: Colour) -> None:
    """Draw a subject of a kind that is neither a bicycle nor a motorcycle."""
    KINDS[kind](canvas, colour, accent)


def _car(canvas: Canvas, colour: Colour, _accent: Colour) -> None:
    body = (
        (-2.05, 0.30), (-2.10, 0.72), (-1.98, 0.92), (-1.55, 1.00), (-1.05, 1.44), (0.25, 1.46),
        (0.95, 0.98), (1.75, 0.86), (2.05, 0.66), (2.08, 0.30),
    )  # fmt: skip
    panes = (
        ((-1.42, 1.00), (-1.00, 1.36), (-0.45, 1.38), (-0.45, 0.98)),
        ((-0.37, 0.98), (-0.37, 1.38), (0.22, 1.38), (0.74, 0.97)),
    )
    front = ((0.25, 1.44), (0.95, 1.0))
    _box_on_wheels(canvas, body, panes, front, colour)


def _van(canvas: Canvas, colour: Colour, accent: Colour) -> None:
    body = (
        (-2.45, 0.34), (-2.50, 2.15), (-2.40, 2.28), (1.05, 2.28), (1.40, 2.10), (1.85, 1.28),
        (2.40, 1.10), (2.50, 0.70), (2.48, 0.34),
    )  # fmt: skip
    panes = (((0.70, 1.25), (0.70, 1.95), (1.28, 1.95), (1.66, 1.25)),)
    front = ((1.40, 2.08), (1.85, 1.30))
    _box_on_wheels(canvas, body, panes, front, colour)
    sign = ((-2.2, 1.1), (-2.2, 1.7), (0.3, 1.7), (0.3, 1.1))
    for z in (-0.89, 0.89):
        canvas.panel(sign, accent, z=z, smooth=False)


def _box_on_wheels(
    canvas: Canvas,
    body: Sequence[Point],
    panes: Sequence[Sequence[Point]],
    front: Sequence[Point],
    colour: Colour,
) -> None:
    canvas.panel(body, colour, thick=1.74, smooth=False)
    (top_x, top_y), (low_x, low_y) = front
    screen = ((top_x, top_y, 0.7), (top_x, top_y, -0.7), (low_x, low_y, -0.8), (low_x, low_y, 0.8))
    canvas.sheet(screen, _GLASS)
    reach = body[-1][0]
    for z in (-0.88, 0.88):
        for pane in panes:
            canvas.panel(pane, _GLASS, z=z, smooth=False)
        for x in (-1.30, 1.32):
            canvas.disc((x, 0.36, z), 0.36, shade(colour, 0.35))
            canvas.disc((x, 0.32, z), 0.32, _RUBBER)
            canvas.disc((x, 0.32, z), 0.20, _STEEL)
            canvas.disc((x, 0.32, z), 0.07, _RUBBER)
        canvas.tube(((-0.32, 0.84, z), (-0.14, 0.84, z)), 0.04, shade(colour, 0.5))
        canvas.disc((reach - 0.14, 0.68, z), 0.09, (240, 236, 214))
        canvas.disc((-reach + 0.10, 0.72, z), 0.08, (180, 28, 24))


def _person(canvas: Canvas, colour: Colour, accent: Colour) -> None:
    skin = _SKIN[sum(colour) % len(_SKIN)]
    trousers = shade(accent, 0.5)
    for foot, z in ((-0.16, -0.08), (0.18, 0.08)):
        leg = ((0.0, 0.90, z), (foot * 0.6 + 0.05, 0.48, z), (foot, 0.08, z))
        canvas.tube(curve(leg), 0.16, trousers, shiny=False)
        canvas.tube(((foot - 0.04, 0.04, z), (foot + 0.16, 0.04, z)), 0.09, _RUBBER)
    torso = ((-0.17, 0.86), (-0.20, 1.20), (-0.15, 1.46), (0.0, 1.50), (0.16, 1.44), (0.18, 1.15),
             (0.16, 0.86), (0.0, 0.83))  # fmt: skip
    canvas.panel(torso, colour, thick=0.2)
    for hand, z in ((0.24, -0.16), (-0.20, 0.16)):
        arm = ((-0.02, 1.40, z), (hand * 0.5 - 0.04, 1.14, z), (hand, 0.90, z))
        canvas.tube(curve(arm), 0.10, shade(colour, 0.9), shiny=False)
        canvas.disc((hand, 0.86, z), 0.05, skin)
    canvas.tube(((0.0, 1.48), (0.02, 1.58)), 0.10, skin)
    canvas.disc((0.02, 1.67), 0.125, skin)
    hair = ((-0.12, 1.66), (-0.11, 1.78), (0.02, 1.83), (0.14, 1.77), (0.13, 1.72), (0.0, 1.74))
    canvas.panel(hair, (58, 42, 34))


def _trolley(canvas: Canvas, _colour: Colour, accent: Colour) -> None:
    for z in (-0.25, 0.25):
        for x in (-0.32, 0.40):
            canvas.disc((x, 0.07, z), 0.07, _RUBBER)
        canvas.tube(((0.44, 0.14, z), (-0.32, 0.14, z), (-0.42, 0.50, z)), 0.03, _STEEL)
        canvas.tube(((-0.42, 0.48, z), (0.46, 0.56, z)), 0.02, _STEEL)
        canvas.tube(((-0.55, 0.98, z), (0.52, 0.92, z)), 0.026, _STEEL)
        for step in range(15):
            part = step / 14
            low, high = -0.42 + 0.88 * part, -0.52 + 1.04 * part
            canvas.tube(
                ((low, 0.48 + 0.08 * part, z), (high, 0.97 - 0.05 * part, z)), 0.009, _STEEL
            )
        for part in (0.25, 0.5, 0.75):
            ends = ((-0.42 - 0.1 * part, 0.48 + 0.49 * part, z), (0.46, 0.56 + 0.36 * part, z))
            canvas.tube(ends, 0.009, _STEEL)
    canvas.tube(((-0.60, 1.04, -0.27), (-0.60, 1.04, 0.27)), 0.05, accent)
    for z in (-0.25, 0.25):
        canvas.tube(((-0.52, 0.96, z), (-0.60, 1.04, z)), 0.03, accent)


def _tree(canvas: Canvas, colour: Colour, _accent: Colour) -> None:
    bark: Colour = (98, 76, 58)
    canvas.panel(
        ((-0.22, 0.0), (-0.13, 1.2), (-0.12, 2.2), (0.12, 2.2), (0.14, 1.1), (0.24, 0.0)), bark
    )
    canvas.tube(((0.0, 1.6), (0.55, 2.3)), 0.10, bark, shiny=False)
    canvas.tube(((0.0, 1.7), (-0.5, 2.4)), 0.10, bark, shiny=False)
    for number in range(26):
        # The spiral of a sunflower is even without random numbers.
        turn, reach = number * 2.4, 0.24 * number**0.5
        x, y = reach * math.cos(turn) * 1.1, 2.75 + reach * math.sin(turn) * 0.8
        tone = shade((70, 112, 56), 0.8 + (number * 7 + sum(colour)) % 5 * 0.08)
        canvas.disc((x, y), 0.42, tone)


def _nothing(_canvas: Canvas, _colour: Colour, _accent: Colour) -> None:
    """Draw nothing: the picture shows the street alone."""


KINDS: dict[str, Callable[[Canvas, Colour, Colour], None]] = {
    "car": _car,
    "person": _person,
    "empty-street": _nothing,
    "trolley": _trolley,
    "van": _van,
    "tree": _tree,
}
