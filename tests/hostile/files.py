"""Makes the files: drawn pictures, and damaged forms of them. Seeded: always the same files."""

import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from PIL import Image

from tests.arithmetic_pictures import PROGRESSIVE, SEQUENTIAL
from tests.heic_pictures import a_heic
from tests.hostile.bombs import (
    disguised,
    flat_pictures,
    header_sizes,
    heic_bombs,
    jpeg_bombs,
    odd_sides,
    png_bombs,
    polyglots,
)
from tests.pictures import a_picture, encoded

File = tuple[str, bytes]
TRUNCATIONS = 40
DAMAGED = 70
_SIZE = (160, 120)


@cache
def valid_pictures() -> dict[str, bytes]:
    """Return one small file of every accepted format, by name."""
    picture = a_picture(_SIZE)
    other = a_picture(_SIZE).rotate(180)
    two = {"save_all": True, "append_images": [other]}
    clear = picture.convert("RGBA")
    clear.putalpha(128)
    exif = Image.Exif()
    exif[0x0112] = 6
    return {
        "baseline.jpg": encoded(picture, "JPEG", exif=exif),
        "progressive.jpg": encoded(picture, "JPEG", progressive=True),
        "cmyk.jpg": encoded(picture.convert("CMYK"), "JPEG"),
        "grey.jpg": encoded(picture.convert("L"), "JPEG"),
        "arithmetic.jpg": SEQUENTIAL,
        "arithmetic, progressive.jpg": PROGRESSIVE,
        "two.mpo": encoded(picture, "MPO", **two),
        "rgb.png": encoded(picture, "PNG"),
        "palette.png": encoded(picture.convert("P"), "PNG", transparency=0),
        "sixteen.png": encoded(picture.convert("L").convert("I;16"), "PNG"),
        "animated.png": encoded(picture, "PNG", **two),
        "lossy.webp": encoded(picture, "WEBP"),
        "lossless.webp": encoded(clear, "WEBP", lossless=True, exif=exif),
        "animated.webp": encoded(picture, "WEBP", **two),
        "plain.heic": a_heic(picture),
        "clear.heic": a_heic(clear),
        "tiles.heic": a_heic(a_picture((192, 128)), tile_size=64),
        "turned.heic": a_heic(picture, exif=exif.tobytes()),
    }


def generated(seed: int = 7) -> Iterator[File]:
    """Yield all files that the project makes."""
    yield from valid_pictures().items()
    for name, data in valid_pictures().items():
        yield from truncated(name, data)
        yield from damaged(name, data, seed)
        yield from polyglots(name, data)
    yield from odd_sides()
    yield from header_sizes(valid_pictures())
    yield from disguised()
    yield from png_bombs()
    yield from jpeg_bombs()
    yield from heic_bombs()
    yield from flat_pictures()


def truncated(name: str, data: bytes) -> Iterator[File]:
    """Cut the file at many points: at every byte of the first twelve, then evenly."""
    points = {*range(1, 13), len(data) - 1, len(data) - 2}
    points |= {len(data) * n // TRUNCATIONS for n in range(1, TRUNCATIONS)}
    for point in sorted(points):
        yield f"{name} cut at {point}", data[:point]


def damaged(name: str, data: bytes, seed: int) -> Iterator[File]:
    """Flip some bits, in half of the files near the front, where the structure is."""
    chance = random.Random(f"{seed} {name}")  # noqa: S311 - damage, not a secret
    for number in range(DAMAGED):
        broken = bytearray(data)
        reach = len(data) if number % 2 else min(len(data), 400)
        for _ in range(chance.choice((1, 1, 2, 8, 40))):
            broken[chance.randrange(reach)] ^= 1 << chance.randrange(8)
        yield f"{name} damaged {number}", bytes(broken)


def files_in(folder: Path) -> Iterator[File]:
    """Yield every file below a folder, sorted by path."""
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            yield str(file.relative_to(folder)), file.read_bytes()
