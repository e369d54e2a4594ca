"""Pictures that are not photos, drawn anew: words, lines, charts, logos and noise of any size.

`python -m tests.contract.not_photos --count 2000` prints how many of them would be assigned.
"""

import json
import math
import random
from collections.abc import Callable, Iterator

import typer
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from handlers.domain.photo.wire_image import Prepared, prepare
from tests.conftest import ROOT
from tests.pictures import encoded
from training.serving.predictor import Predictor

_SIDES = (32, 48, 64, 96, 128, 224, 320, 480, 800)
_WORDS = ("BIKE", "26", "27", "OF", "Moto", "Sold out", "42", "R2", "OPEN", "e=mc2", "Sale", "ok")
Colour = tuple[int, int, int]


def not_photos(count: int, *, seed: int = 1) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of drawn pictures, of each kind as many."""
    chance = random.Random(seed)  # noqa: S311 - drawings
    kinds = list(_KINDS.items())
    for number in range(count):
        name, draw = kinds[number % len(kinds)]
        side = chance.choice(_SIDES)
        size = (side, max(24, round(side * chance.uniform(0.5, 1.0))))
        picture = draw(chance, size if chance.random() < 0.7 else size[::-1])
        yield f"{name} {number}", _stored(picture, chance)


def _stored(picture: Image.Image, chance: random.Random) -> bytes:
    if chance.random() < 0.4:
        return encoded(picture, "PNG")
    return encoded(picture, "JPEG", quality=chance.choice((60, 75, 90)))


def _colour(chance: random.Random) -> Colour:
    return chance.randrange(256), chance.randrange(256), chance.randrange(256)


def _ink_and_paper(chance: random.Random) -> tuple[Colour, Colour]:
    """Mostly black on white, as people print and draw."""
    if chance.random() < 0.6:
        return (0, 0, 0), (255, 255, 255)
    if chance.random() < 0.5:
        return _colour(chance), (255, 255, 255)
    return (250, 250, 250), tuple(value // 3 for value in _colour(chance))  # type: ignore[return-value]  # three values


def _words(chance: random.Random, size: tuple[int, int]) -> Image.Image:
    ink, paper = _ink_and_paper(chance)
    image = Image.new("RGB", size, paper)
    draw = ImageDraw.Draw(image)
    for _ in range(chance.choice((1, 1, 2, 3))):
        font = ImageFont.load_default(size=max(8, round(min(size) * chance.uniform(0.2, 0.8))))
        place = chance.uniform(-0.05, 0.4) * size[0], chance.uniform(-0.05, 0.6) * size[1]
        draw.text(place, chance.choice(_WORDS), ink, font=font)
    return image.rotate(chance.choice((0, 0, 0, 7, -12)), fillcolor=paper)


def _lines(chance: random.Random, size: tuple[int, int]) -> Image.Image:
    ink, paper = _ink_and_paper(chance)
    image = Image.new("RGB", size, paper)
    draw = ImageDraw.Draw(image)
    width = max(1, round(min(size) * chance.uniform(0.005, 0.05)))
    for _ in range(chance.randrange(2, 14)):
        ends = [chance.uniform(0, side) for side in size * 2]
        if chance.random() < 0.5:
            draw.line(ends, ink, width)
        else:
            radius = min(size) * chance.uniform(0.08, 0.35)
            x, y = ends[:2]
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), outline=ink, width=width)
    return image


def _chart(chance: random.Random, size: tuple[int, int]) -> Image.Image:
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    left, bottom = size[0] * 0.1, size[1] * 0.9
    draw.line((left, size[1] * 0.05, left, bottom, size[0] * 0.97, bottom), "black", 1)
    count = chance.randrange(3, 12)
    heights = [chance.uniform(0.1, 0.8) * size[1] for _ in range(count)]
    step = size[0] * 0.85 / count
    kind, colour = chance.choice(("bars", "line", "pie")), _colour(chance)
    if kind == "bars":
        for place, height in enumerate(heights):
            start = left + step * (place + 0.2)
            draw.rectangle((start, bottom - height, start + step * 0.6, bottom), colour)
    elif kind == "line":
        places = [(left + step * place, bottom - height) for place, height in enumerate(heights)]
        draw.line(places, colour, max(1, min(size) // 60))
    else:
        edges = sorted(chance.uniform(0, 360) for _ in range(count))
        box = (size[0] * 0.2, size[1] * 0.1, size[0] * 0.8, size[1] * 0.85)
        for start, end in zip(edges, [*edges[1:], edges[0] + 360], strict=True):
            draw.pieslice(box, start, end, _colour(chance))
    return image


def _logo(chance: random.Random, size: tuple[int, int]) -> Image.Image:
    image = Image.new("RGB", size, _ink_and_paper(chance)[1])
    draw = ImageDraw.Draw(image)
    x, y, radius = size[0] / 2, size[1] / 2, min(size) * 0.45
    for share in (1.0, chance.uniform(0.5, 0.85)):
        corners = chance.choice((3, 4, 5, 6, 40))
        turn = chance.uniform(0, 6)
        draw.polygon(
            [
                (
                    x + radius * share * math.cos(turn + 2 * math.pi * corner / corners),
                    y + radius * share * math.sin(turn + 2 * math.pi * corner / corners),
                )
                for corner in range(corners)
            ],
            _colour(chance),
        )
    font = ImageFont.load_default(size=max(8, round(radius * 0.5)))
    draw.text((x, y), chance.choice(_WORDS), _colour(chance), font=font, anchor="mm")
    return image


def _noise(chance: random.Random, size: tuple[int, int]) -> Image.Image:
    coarse = chance.choice((1, 1, 2, 4, 8))
    small = (max(1, size[0] // coarse), max(1, size[1] // coarse))
    channels = 1 if chance.random() < 0.5 else 3
    mode = "L" if channels == 1 else "RGB"
    image = Image.frombytes(mode, small, chance.randbytes(small[0] * small[1] * channels))
    image = image.convert("RGB").resize(size, chance.choice(tuple(Image.Resampling)[:4]))
    return image.filter(ImageFilter.GaussianBlur(chance.choice((0, 0, 1, 2))))


_KINDS: dict[str, Callable[[random.Random, tuple[int, int]], Image.Image]] = {
    "words": _words,
    "lines": _lines,
    "chart": _chart,
    "logo": _logo,
    "noise": _noise,
}


def assigned(count: int, *, seed: int) -> list[str]:
    """Return the names of those that the shipped model and the policy would assign."""
    predictor = Predictor.load(ROOT / "training" / "shipped")
    names = []
    for name, data in not_photos(count, seed=seed):
        prepared = prepare(data)
        if isinstance(prepared, Prepared) and not prepared.quality.defects():
            probabilities = predictor.predict(prepared.wire_image).probabilities
            best = max(probabilities, key=lambda label: probabilities[label])
            if best != "other" and probabilities[best] >= predictor.manifest.threshold:
                names.append(name)
    return names


def main(*, count: int = 2000, seed: int = 2) -> None:
    """Draw pictures that are not photos, and print how many would be assigned."""
    names = assigned(count, seed=seed)
    typer.echo(json.dumps({"pictures": count, "assigned": len(names), "names": names}))


if __name__ == "__main__":
    typer.run(main)
