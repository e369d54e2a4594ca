"""Frames and forks of bicycles."""

from collections.abc import Callable

from infra.demo.samples.bicycle_kinds import Bicycle, along
from infra.demo.samples.canvas import Canvas, Colour
from infra.demo.samples.view import curve

STEEL: Colour = (172, 176, 180)
DARK: Colour = (38, 38, 42)


def rear_end(canvas: Canvas, bike: Bicycle, colour: Colour) -> None:
    """Draw the stays that hold the rear wheel."""
    axle = (bike.rear, bike.wheel)
    for z in (-0.05, 0.05):
        canvas.tube(((*bike.bracket, 0.0), (*axle, z)), bike.tube * 0.6, colour)
        canvas.tube(((*bike.seat, 0.0), (*axle, z)), bike.tube * 0.5, colour)


def _diamond(canvas: Canvas, bike: Bicycle, colour: Colour) -> None:
    for start, end in (
        (bike.bracket, bike.seat),
        (bike.bracket, bike.head_low),
        (bike.seat, along(bike.head_low, bike.head, 0.75)),
        (bike.head_low, bike.head),
    ):
        canvas.tube((start, end), bike.tube, colour)


def _low_frame(canvas: Canvas, bike: Bicycle, colour: Colour) -> None:
    foot = along(bike.bracket, bike.seat, 0.35)
    for start, end, dip in ((bike.head_low, bike.bracket, 0.0), (bike.head, foot, 0.05)):
        middle = along(start, end, 0.55)
        canvas.tube(curve((start, (middle[0] - 0.05, middle[1] - 0.09 - dip), end)), 0.042, colour)
    canvas.tube((bike.bracket, bike.seat), bike.tube, colour)
    canvas.tube((bike.head_low, bike.head), bike.tube * 1.1, colour)


def _single_tube(canvas: Canvas, bike: Bicycle, colour: Colour) -> None:
    canvas.tube((bike.bracket, bike.seat), bike.tube, colour)
    canvas.tube(((-0.10, 0.42), bike.head_low), bike.tube * 1.3, colour)
    canvas.tube((along(bike.head_low, bike.head, 0.2), bike.head), bike.tube * 0.7, STEEL)
    canvas.tube((bike.head_low, along(bike.head_low, bike.head, 0.2)), bike.tube, colour)


def _long_frame(canvas: Canvas, bike: Bicycle, colour: Colour) -> None:
    _diamond(canvas, bike, colour)
    spine = (bike.head_low, (0.02, 0.26), (0.62, 0.26), (0.72, 0.62))
    canvas.tube(spine, 0.05, colour)
    for z in (-0.06, 0.06):
        canvas.tube(((0.72, 0.62, 0.0), (0.80, 0.54, z), (bike.front, 0.26, z)), 0.03, colour)


_FRAMES: dict[str, Callable[[Canvas, Bicycle, Colour], None]] = {
    "diamond": _diamond,
    "low": _low_frame,
    "single": _single_tube,
    "long": _long_frame,
}


def frame(canvas: Canvas, bike: Bicycle, colour: Colour) -> None:
    """Draw the main tubes of the kind's frame."""
    _FRAMES[bike.frame](canvas, bike, colour)


def fork(canvas: Canvas, bike: Bicycle, colour: Colour) -> None:
    """Draw the fork, with or without suspension."""
    axle = (bike.front, bike.front_wheel)
    crown = bike.head_low
    for z in (-0.06, 0.06):
        bend = along(crown, axle, 0.65)
        blade = curve(((*crown, z / 2), (bend[0] - 0.012, bend[1], z), (*axle, z)))
        if bike.suspension:
            canvas.tube(((*crown, z), (*bend, z)), 0.034, STEEL)
            canvas.tube(((*along(crown, axle, 0.4), z), (*axle, z)), 0.052, DARK)
        else:
            canvas.tube(blade, bike.tube * 0.7, colour)
