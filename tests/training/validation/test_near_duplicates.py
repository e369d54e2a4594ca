"""Pairs of pictures that look the same."""

import io
import random

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageEnhance

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


def test_different_scenes_do_not_look_alike() -> None:
    assert look_alikes(pixels(*map(a_scene, range(60)))) == []


def test_plain_pictures_look_like_no_other() -> None:
    plain = [Image.new("RGB", (96, 96), (shade, shade, shade)) for shade in (0, 0, 128, 255)]
    assert look_alikes(pixels(*plain)) == []


def test_no_pictures_give_no_pairs() -> None:
    assert look_alikes(np.zeros((0, 96, 96, 3), dtype=np.uint8)) == []
