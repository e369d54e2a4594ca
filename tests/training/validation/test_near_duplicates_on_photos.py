"""Copies of real photos are found; needs the folder of third-party photos."""

import io
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from handlers.domain.photo.wire_image import Prepared, prepare
from tests.pictures import encoded
from training.config import TrainConfig
from training.serving import preprocess
from training.validation.near_duplicates import look_alikes

COUNT, LEAST = 150, 140
SOURCES = ("anything", "cctv", "parked", "street", "web")


def cropped(image: Image.Image) -> Image.Image:
    """Cut 3 % off each side."""
    across, down = round(0.03 * image.width), round(0.03 * image.height)
    return image.crop((across, down, image.width - across, image.height - down))


def framed(image: Image.Image) -> Image.Image:
    return ImageOps.expand(image, round(0.08 * max(image.size)), (120, 60, 20))


def pixels(image: Image.Image) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Return the photo at the model's input size, as validation reads it."""
    prepared = prepare(encoded(image, "JPEG", quality=85))
    assert isinstance(prepared, Prepared)
    return preprocess.to_pixels(preprocess.decode(prepared.wire_image), TrainConfig().input)


@pytest.fixture(scope="module")
def photos(shared: Path) -> list[Image.Image]:
    files = sorted(
        file
        for source in SOURCES
        for file in (shared / "data" / source / "test").rglob("*")
        if file.suffix in {".jpg", ".jpeg", ".png", ".webp"}
    )
    drawn = random.Random(1).sample(files, COUNT)  # noqa: S311 # a sample
    return [Image.open(io.BytesIO(file.read_bytes())).convert("RGB") for file in drawn]


@pytest.mark.parametrize("change", [cropped, framed])
def test_copies_of_photos_are_found_and_nothing_else(
    photos: list[Image.Image], change: Callable[[Image.Image], Image.Image]
) -> None:
    images = [*photos, *map(change, photos)]
    pairs = set(look_alikes(np.stack([pixels(image) for image in images])))
    copies = {(row, row + COUNT) for row in range(COUNT)}
    assert len(pairs & copies) >= LEAST
    assert pairs <= copies
