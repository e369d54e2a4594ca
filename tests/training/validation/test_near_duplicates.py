"""Pairs of pictures that look the same."""

import io
import random

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from tests.pictures import encoded
from training.validation.near_duplicates import look_alikes


def a_scene(seed: int) -> Image.Image:
    chance = random.Random(seed)  # noqa: S311 - a drawing, not a secret
    image = Image.new("RGB", (96, 96), (chance.randrange(256), 90, 120))
    for _ in range(25):
        x, y, size = chance.randrange(96), chance.randrange(96), chance.randrange(8, 30)
        shade = tuple(chance.randrange(256) for _ in range(3))
        ImageDraw.Draw(image).rectangle((x, y, x + size, y + size), fill=shade)
    return image


def a_product(seed: int) -> Image.Image:
    chance = random.Random(seed)  # noqa: S311 - a drawing, not a secret
    image = Image.new("RGB", (96, 96), "white")
    draw = ImageDraw.Draw(image)
    for x in (26, 70):
        radius = chance.uniform(12, 22)
        box = (x - radius, 60 - radius, x + radius, 60 + radius)
        draw.ellipse(box, outline=(30, 30, 30), width=3)
    hub, saddle = (chance.uniform(36, 56), 62), (chance.uniform(30, 48), chance.uniform(20, 40))
    bars = (chance.uniform(58, 72), chance.uniform(16, 36))
    draw.line([(26, 60), hub, saddle, (26, 60)], fill=(20, 60, 120), width=3)
    draw.line([saddle, bars, (70, 60)], fill=(20, 60, 120), width=3)
    return image


def pixels(*images: Image.Image) -> NDArray[np.uint8]:
    return np.stack([np.asarray(image.convert("RGB").resize((96, 96))) for image in images])


def reencoded(image: Image.Image) -> Image.Image:
    return Image.open(io.BytesIO(encoded(image.resize((70, 70)), "JPEG", quality=60)))


def test_resized_and_reencoded_copy_looks_alike() -> None:
    first, second = a_scene(1), a_scene(2)
    assert look_alikes(pixels(first, second, reencoded(first))) == [(0, 2)]


def test_lighter_copy_looks_alike() -> None:
    first = a_scene(1)
    lighter = ImageEnhance.Brightness(first).enhance(1.2)
    assert look_alikes(pixels(lighter, first)) == [(0, 1)]


@pytest.mark.parametrize(
    "cut",
    [(2, 2, 94, 94), (3, 0, 96, 96), (0, 0, 96, 93), (3, 3, 96, 96), (1, 1, 95, 95)],
    ids=["each side", "left", "bottom", "corner", "half as much"],
)
def test_cropped_copies_look_alike(cut: tuple[int, int, int, int]) -> None:
    scenes = [a_scene(seed) for seed in range(20)]
    copies = [reencoded(scene.crop(cut)) for scene in scenes]
    assert look_alikes(pixels(*scenes, *copies)) == [(row, row + 20) for row in range(20)]


@pytest.mark.parametrize("shade", [0, 128, 255])
@pytest.mark.parametrize("width", [4, 12])
def test_framed_copies_look_alike(width: int, shade: int) -> None:
    scenes = [a_scene(seed) for seed in range(20)]
    framed = [ImageOps.expand(scene, width, (shade,) * 3) for scene in scenes]
    copies = [Image.open(io.BytesIO(encoded(copy, "JPEG", quality=85))) for copy in framed]
    pairs = set(look_alikes(pixels(*scenes, *copies)))
    assert pairs <= {(row, row + 20) for row in range(20)}
    assert len(pairs) >= 19  # a frame of the scene's own grey takes a part of the scene with it


def test_two_things_on_white_do_not_look_alike() -> None:
    """Two rings and a line, in slightly different places, as product shots of bicycles."""
    assert look_alikes(pixels(*map(a_product, range(40)))) == []


def test_different_scenes_do_not_look_alike() -> None:
    assert look_alikes(pixels(*map(a_scene, range(60)))) == []


def test_plain_pictures_look_like_no_other() -> None:
    plain = [Image.new("RGB", (96, 96), (shade, shade, shade)) for shade in (0, 0, 128, 255)]
    assert look_alikes(pixels(*plain)) == []


def test_no_pictures_give_no_pairs() -> None:
    assert look_alikes(np.zeros((0, 96, 96, 3), dtype=np.uint8)) == []
