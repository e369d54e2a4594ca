"""Drawn photos of three classes, and settings with which a model learns them in seconds."""

import random
from pathlib import Path

from PIL import Image, ImageDraw

from tests.pictures import encoded
from training.config import TrainConfig
from training.serving.manifest import InputSpec

COLOURS = {"van": (200, 30, 30), "tram": (30, 30, 200), "nothing": (90, 160, 90)}

TINY = TrainConfig(
    classes=("van", "tram", "nothing"),
    vehicles=("van", "tram"),
    input=InputSpec(width=32, height=32, mean=127.5, scale=127.5, layout="NCHW", name="image"),
    width=0.25,
    depth=0.5,
    frozen_layers=2,
    epochs=2,
    epoch_photos=60,
    batch=10,
    folds=2,
    threads=1,
)


def draw(side: Path, *, seed: int, count: int) -> None:
    """Write `count` photos of each class to `<side>/<class>/`."""
    chance = random.Random(seed)  # noqa: S311 - drawings, not secrets
    for label, colour in COLOURS.items():
        (side / label).mkdir(parents=True)
        for number in range(count):
            image = Image.new("RGB", (48, 40), "white")
            x, y = chance.randrange(20), chance.randrange(15)
            ImageDraw.Draw(image).rectangle((x, y, x + 20, y + 20), fill=colour)
            (side / label / f"{number}.png").write_bytes(encoded(image, "PNG"))
