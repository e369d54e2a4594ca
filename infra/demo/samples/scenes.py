"""The background and ground of a picture, and its light."""

import random
from collections.abc import Callable

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from infra.demo.samples.canvas import Colour, shade
from infra.demo.samples.view import View

WALL_AWAY = 1.1  # metres behind the subject
_FAR = 60.0
_WALLS: tuple[Colour, ...] = ((205, 200, 190), (188, 196, 200), (214, 205, 178), (196, 180, 168))
_GROUNDS: tuple[Colour, ...] = ((140, 138, 134), (120, 122, 124), (160, 154, 144))


class Backdrop:
    """The picture of a scene, with its camera and its random numbers."""

    def __init__(self, view: View, chance: random.Random) -> None:
        """Start with a picture of the view's size, filled with sky."""
        self.view = view.frontal()
        self.chance = chance
        self.image = Image.new("RGB", view.size, (198, 214, 230))
        self.draw = ImageDraw.Draw(self.image)

    def box(self, left: float, low: float, right: float, high: float, colour: Colour) -> None:
        """Draw a rectangle on the wall; all edges in metres."""
        start = self.view.project((left, high, -WALL_AWAY))
        end = self.view.project((right, low, -WALL_AWAY))
        self.draw.rectangle((*start, *end), fill=colour)

    def ground(self, colour: Colour, away: float) -> None:
        """Draw the floor from the lower edge up to `away` metres behind the subject."""
        row = self.view.project((0.0, 0.0, -away))[1]
        width, height = self.image.size
        if row < height:
            floor = Image.new("RGB", (1, 2), shade(colour, 0.92))
            floor.putpixel((0, 1), shade(colour, 1.1))
            size = (width, height - int(row))
            self.image.paste(floor.resize(size, Image.Resampling.BILINEAR), (0, int(row)))

    def stripe(self, near: float, far: float, left: float, right: float, colour: Colour) -> None:
        """Draw a rectangle on the floor; all edges in metres."""
        corners = ((left, far), (right, far), (right, near), (left, near))
        self.draw.polygon([self.view.project((x, 0.0, z)) for x, z in corners], fill=colour)

    def blob(self, x: float, y: float, away: float, radius: float, colour: Colour) -> None:
        """Draw a disc, of foliage for example, `away` metres behind the subject."""
        column, row = self.view.project((x, y, -away))
        half = radius * self.view.scale((x, y, -away))
        self.draw.ellipse((column - half, row - half, column + half, row + half), fill=colour)


def _plaster(back: Backdrop) -> None:
    wall = back.chance.choice(_WALLS)
    back.box(-30, 0, 30, 30, wall)
    back.box(-30, 0, 30, 0.14, shade(wall, 0.8))
    back.ground(back.chance.choice(_GROUNDS), WALL_AWAY)


def _brick(back: Backdrop) -> None:
    brick = back.chance.choice(((150, 92, 72), (170, 128, 104), (128, 84, 70)))
    back.box(-30, 0, 30, 30, (178, 170, 160))
    for row in range(34):
        for column in range(-14, 15):
            left = column * 0.26 + (row % 2) * 0.13
            tone = shade(brick, back.chance.uniform(0.88, 1.08))
            back.box(left, row * 0.09, left + 0.245, row * 0.09 + 0.078, tone)
    back.ground(back.chance.choice(_GROUNDS), WALL_AWAY)


def _shop(back: Backdrop) -> None:
    paint = back.chance.choice(((52, 84, 72), (120, 50, 44), (48, 60, 92), (190, 170, 130)))
    back.box(-30, 0, 30, 30, shade(paint, 1.25))
    for left in (-4.2, -1.7, 0.8, 3.3):
        back.box(left, 0.55, left + 2.2, 2.35, shade(paint, 0.7))
        back.box(left + 0.08, 0.63, left + 2.12, 2.27, (112, 128, 134))
        for _ in range(4):
            x = left + back.chance.uniform(0.2, 1.7)
            tone = back.chance.choice(((150, 140, 120), (96, 108, 112), (136, 120, 118)))
            back.box(x, 0.63, x + 0.25, 0.63 + back.chance.uniform(0.2, 0.7), tone)
    back.box(-30, 2.45, 30, 2.95, paint)
    back.ground(back.chance.choice(_GROUNDS), WALL_AWAY)
    _slabs(back, 0.6)


def _shutter(back: Backdrop) -> None:
    metal = back.chance.choice(((150, 156, 160), (120, 132, 146), (170, 166, 150)))
    back.box(-30, 0, 30, 30, shade(metal, 0.82))
    for row in range(45):
        back.box(-6.0, row * 0.1, 6.0, row * 0.1 + 0.085, metal)
    back.ground(back.chance.choice(_GROUNDS), WALL_AWAY)


def _street(back: Backdrop) -> None:
    left = -40.0
    while left < 40:
        width, high = back.chance.uniform(5, 9), back.chance.uniform(6, 11)
        house = back.chance.choice(_WALLS)
        _house(back, left, width, high, shade(house, 0.92))
        left += width
    back.ground((112, 113, 116), 16.0)
    back.stripe(-9.0, -16.0, -60, 60, (150, 148, 144))
    for x in range(-24, 24, 4):
        back.stripe(-4.9, -5.1, x, x + 2, (205, 205, 200))
    back.stripe(1.8, -1.6, -60, 60, (158, 154, 148))
    back.stripe(-1.6, -1.75, -60, 60, (186, 184, 178))


def _house(back: Backdrop, left: float, width: float, high: float, colour: Colour) -> None:
    view = back.view
    corner, opposite = view.project((left, high, -16.0)), view.project((left + width, 0.0, -16.0))
    back.draw.rectangle((*corner, *opposite), fill=colour)
    for floor in (1.2, 4.0, 6.8):
        for share in (0.2, 0.6):
            if floor + 1.5 < high:
                x = left + width * share
                start = view.project((x, floor + 1.5, -16.0))
                end = view.project((x + 1.1, floor, -16.0))
                back.draw.rectangle((*start, *end), fill=(104, 116, 126))


def _park(back: Backdrop) -> None:
    back.ground((104, 132, 74), _FAR)
    for _ in range(90):
        x, y = back.chance.uniform(-26, 26), back.chance.uniform(0.4, 3.6)
        tone = shade((72, 104, 58), back.chance.uniform(0.75, 1.12))
        back.blob(x, y, back.chance.uniform(18, 24), back.chance.uniform(0.9, 2.0), tone)
    back.stripe(1.6, -1.4, -60, 60, (178, 164, 138))


def _slabs(back: Backdrop, side: float) -> None:
    for number in range(-12, 13):
        line = [back.view.project((number * side, 0.0, z)) for z in (-WALL_AWAY, 2.0)]
        back.draw.line(line, fill=(116, 114, 110), width=2)
    for number in range(-1, 4):
        rows = [back.view.project((x, 0.0, number * side)) for x in (-30, 30)]
        back.draw.line(rows, fill=(116, 114, 110), width=2)


SCENES: dict[str, Callable[[Backdrop], None]] = {
    "plaster": _plaster,
    "brick": _brick,
    "shop": _shop,
    "shutter": _shutter,
    "street": _street,
    "park": _park,
}


def draw_scene(name: str, view: View, chance: random.Random) -> Image.Image:
    """Return a scene without a subject, with uneven walls and ground."""
    back = Backdrop(view, chance)
    SCENES[name](back)
    return grain(back.image, chance, cell=60, strength=0.05)


def grain(image: Image.Image, chance: random.Random, *, cell: int, strength: float) -> Image.Image:
    """Return the image with uneven brightness in spots of about `cell` pixels; `strength` 0..1."""
    size = (image.width // cell + 2, image.height // cell + 2)
    noise = Image.frombytes("L", size, chance.randbytes(size[0] * size[1]))
    noise = noise.point([round(128 + (level - 128) * strength) for level in range(256)])
    noise = noise.resize(image.size, Image.Resampling.BICUBIC)
    return ImageChops.add(image, Image.merge("RGB", (noise,) * 3), 1.0, -128)


def photographed(image: Image.Image, chance: random.Random) -> Image.Image:
    """Return the image as a phone takes it, with random exposure and warmth.

    Paint, rubber and walls are not of one tone, a lens softens edges, and a sensor is noisy.
    """
    exposure, warmth = chance.uniform(0.78, 1.12), chance.uniform(-0.07, 0.07)
    table: list[int] = []
    for tint in (1 + warmth, 1.0, 1 - warmth):
        table += [min(255, round(level * exposure * tint)) for level in range(256)]
    uneven = grain(image.point(table), chance, cell=image.width // 130, strength=0.12)
    soft = uneven.filter(ImageFilter.GaussianBlur(image.width / 320))
    return grain(soft, chance, cell=1, strength=0.12)
