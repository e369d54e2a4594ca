"""A handful of pictures that the project draws itself, for a first look without any photos.

Drawings, not photos: what the classifier says of them says nothing about its accuracy.
"""

import math
import random
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

SIZE = (960, 720)
_GROUND = 560
_WHEEL = 130

Draw = ImageDraw.ImageDraw
Point = tuple[float, float]


def draw_samples(folder: Path) -> None:
    """Write bicycles, motorcycles, other scenes, poor pictures and files that are no pictures."""
    scenes: dict[str, Callable[[Draw], None]] = {
        "bicycle-red.jpg": lambda draw: _bicycle(draw, "#b3261e"),
        "bicycle-black.png": lambda draw: _bicycle(draw, "#222222"),
        "bicycle-green.webp": lambda draw: _bicycle(draw, "#1f6f43"),
        "motorcycle-black.jpg": lambda draw: _motorcycle(draw, "#1b1b1b"),
        "motorcycle-blue.jpg": lambda draw: _motorcycle(draw, "#1d4e89"),
        "motorcycle-red.png": lambda draw: _motorcycle(draw, "#a11616"),
        "car.jpg": _car,
        "empty-street.jpg": lambda _draw: None,
    }
    for seed, (name, draw_scene) in enumerate(scenes.items()):
        _picture(draw_scene, seed).save(folder / name, quality=90)
    bicycle = _picture(lambda draw: _bicycle(draw, "#b3261e"), 99)
    bicycle.point(lambda value: value * 0.04).save(folder / "too-dark.jpg")
    bicycle.filter(ImageFilter.GaussianBlur(60)).save(folder / "blurred.jpg")
    whole = (folder / "bicycle-red.jpg").read_bytes()
    (folder / "truncated.jpg").write_bytes(whole[: len(whole) // 3])
    (folder / "text-named.jpg").write_text("I am not a photo.\n", encoding="utf-8")


def _picture(draw_scene: Callable[[Draw], None], seed: int) -> Image.Image:
    image = Image.new("RGB", SIZE, "#cfd8dc")
    draw = ImageDraw.Draw(image)
    chance = random.Random(seed)  # noqa: S311 - a drawing, not a secret
    draw.rectangle((0, _GROUND - 40, *SIZE), fill="#8d8a85")
    for _ in range(4000):  # asphalt and plaster are never flat
        x, y = chance.uniform(0, SIZE[0]), chance.uniform(0, SIZE[1])
        shade = chance.randint(100, 225)
        draw.point((x, y), fill=(shade, shade, shade - 5))
    for x in range(0, SIZE[0], 240):
        draw.rectangle((x + 60, 60, x + 170, 240), fill="#90a4ae", outline="#546e7a", width=6)
    draw_scene(draw)
    return image.filter(ImageFilter.GaussianBlur(0.7))


def _circle(draw: Draw, centre: Point, radius: float, **style: object) -> None:
    x, y = centre
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), **style)  # type: ignore[arg-type]


def _bicycle(draw: Draw, colour: str) -> None:
    rear, front = (280.0, _GROUND - 10.0), (680.0, _GROUND - 10.0)
    pedals, seat, head = (450.0, _GROUND - 10.0), (390.0, 350.0), (620.0, 350.0)
    for hub in (rear, front):
        _circle(draw, hub, _WHEEL, outline="#111111", width=9)
        for spoke in range(16):
            angle = spoke * math.pi / 8
            end = (hub[0] + 122 * math.cos(angle), hub[1] + 122 * math.sin(angle))
            draw.line((hub, end), fill="#777777", width=2)
        _circle(draw, hub, 12, fill="#222222")
    for start, end in ((rear, pedals), (rear, seat), (pedals, seat), (pedals, head), (seat, head)):
        draw.line((start, end), fill=colour, width=14)
    draw.line((head, front), fill=colour, width=12)
    draw.line((head, (610, 300), (665, 285)), fill="#222222", width=12)
    draw.line((seat, (378, 315)), fill="#222222", width=10)
    draw.ellipse((335, 297, 425, 320), fill="#111111")
    _circle(draw, pedals, 32, outline="#333333", width=8)


def _motorcycle(draw: Draw, colour: str) -> None:
    rear, front = (270.0, _GROUND - 10.0), (700.0, _GROUND - 10.0)
    for hub in (rear, front):
        _circle(draw, hub, _WHEEL, fill="#151515")
        _circle(draw, hub, 88, fill="#5f6468")
        _circle(draw, hub, 46, fill="#2a2a2a")
    draw.polygon(((300, 430), (610, 400), (640, 520), (350, 560)), fill="#3a3d40")
    draw.rounded_rectangle((400, 430, 560, 570), 24, fill="#6d7276", outline="#222222", width=6)
    draw.polygon(((410, 330), (590, 310), (630, 400), (430, 430)), fill=colour)
    draw.polygon(((180, 350), (410, 360), (430, 420), (230, 430)), fill="#111111")
    draw.line(((620, 330), front), fill="#8a8f93", width=26)
    draw.line(((560, 290), (640, 300)), fill="#111111", width=16)
    _circle(draw, (655, 345), 36, fill="#f4f1d6", outline="#222222", width=6)
    draw.line(((330, 560), (150, 540)), fill="#9aa0a4", width=26)


def _car(draw: Draw) -> None:
    draw.rounded_rectangle((120, 380, 860, 560), 50, fill="#c9a227")
    draw.polygon(((270, 390), (360, 270), (640, 270), (740, 390)), fill="#c9a227")
    draw.polygon(((300, 385), (375, 290), (490, 290), (490, 385)), fill="#31444f")
    draw.polygon(((510, 385), (510, 290), (625, 290), (700, 385)), fill="#31444f")
    for x in (270, 710):
        _circle(draw, (x, _GROUND), 75, fill="#1a1a1a")
        _circle(draw, (x, _GROUND), 38, fill="#b0b5b9")
