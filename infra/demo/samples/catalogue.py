"""The order of the samples: a mix of all subjects, the same for the same seed."""

import io
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from PIL import Image

from infra.demo.samples import bicycle_kinds, motorcycles, others
from infra.demo.samples.canvas import Colour
from infra.demo.samples.pictures import Pose, draw_picture
from infra.demo.samples.scenes import SCENES
from infra.demo.samples.spoiled import SPOILED

# One letter a sample, again and again: bicycle, motorcycle, other, spoiled.
_MIX = "bmosbmbsmbombsmbmobs"
_KINDS = {
    "b": ("bicycle", tuple(bicycle_kinds.KINDS)),
    "m": ("motorcycle", tuple(motorcycles.KINDS)),
    "o": ("other", tuple(others.KINDS)),
    "s": ("spoiled", tuple(SPOILED)),
}
_COLOURS: dict[str, Colour] = {
    "red": (184, 40, 32), "blue": (36, 78, 146), "black": (38, 38, 42), "green": (34, 108, 72),
    "silver": (170, 174, 180), "orange": (214, 106, 30), "yellow": (222, 178, 40),
    "white": (222, 222, 218), "teal": (26, 126, 132),
}  # fmt: skip
_ACCENTS: tuple[Colour, ...] = (
    (168, 58, 38), (150, 112, 66), (52, 92, 120), (64, 66, 70), (46, 120, 70),
)  # fmt: skip
# How a camera stores a picture that it was turned for: the tag, and the turn of the pixels.
_TURNED = {
    3: Image.Transpose.ROTATE_180,
    6: Image.Transpose.ROTATE_90,
    8: Image.Transpose.ROTATE_270,
}
_ORIENTATION_TAG = 0x0112
_ORIENTATIONS = (1, 6, 1, 3, 8, 1, 1)  # in turns, so that a short series has them all


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A file, what it shows and the expected result."""

    name: str
    subject: str  # bicycle, motorcycle, other, spoiled
    kind: str
    vehicle: str | None  # the right answer; None if it shows no vehicle or is spoiled
    refusal: str | None  # the reason of the refusal by Serialize
    defect: str | None  # of the quality, which sends it to review
    data: bytes


def named_samples() -> Iterator[Sample]:
    """Yield plain samples with permanent names, to which documents and tests refer."""
    for name, subject, kind, colour, scene in (
        ("bicycle-red.jpg", "bicycle", "city", "red", "plaster"),
        ("motorcycle-black.jpg", "motorcycle", "naked", "black", "plaster"),
        ("empty-street.jpg", "other", "empty-street", "silver", "street"),
    ):
        colours = (_COLOURS[colour], _ACCENTS[3])
        image = draw_picture(subject, kind, colours, scene, Pose(), seed=name)
        yield _sample(name, subject, kind, _encoded(image, "JPEG"))


def refused_samples() -> Iterator[Sample]:
    """Yield one spoiled sample for each reason of a refusal."""
    image = Image.open(io.BytesIO(next(named_samples()).data))
    reasons: set[str] = set()
    for kind, how in SPOILED.items():
        if how.refusal and how.refusal not in reasons:
            reasons.add(how.refusal)
            yield _sample(f"{kind}{how.suffix}", "spoiled", kind, how.spoil(image))


def samples(seed: int, count: int) -> Iterator[Sample]:
    """Yield `count` samples, each drawn when it is taken; a longer series begins the same."""
    for index in range(count):
        turn, place = divmod(index, len(_MIX))
        code = _MIX[place]
        subject, kinds = _KINDS[code]
        earlier = turn * _MIX.count(code) + _MIX[:place].count(code)
        kind = kinds[earlier % len(kinds)]
        key = f"{seed}/{index}"
        chance = random.Random(key)  # noqa: S311 # a drawing, not a secret
        if subject == "spoiled":
            yield _spoiled(kind, index, chance, key)
        else:
            yield _whole(subject, kind, index, chance, key)


def drawing(subject: str, key: str, size: tuple[int, int]) -> Image.Image:
    """Return a picture of a `bicycle`, a `motorcycle` or an `other`; the same for the same key."""
    chance = random.Random(key)  # noqa: S311 # a drawing, not a secret
    kind = chance.choice(
        [kind for name, kinds in _KINDS.values() if name == subject for kind in kinds]
    )
    image, _colour = _by_chance(subject, kind, chance, key, size)
    return image


def _whole(subject: str, kind: str, index: int, chance: random.Random, key: str) -> Sample:
    image, colour = _by_chance(subject, kind, chance, key)
    image_format = chance.choices(("JPEG", "PNG", "WEBP"), (6, 1, 2))[0]
    suffix = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}[image_format]
    shown = f"{subject}-{kind}-{colour}"
    if subject == "other":
        # Only cars and vans are painted all over.
        shown = f"{kind}-{colour}" if kind in {"car", "van"} else kind
    data = _encoded(image, image_format, _ORIENTATIONS[index % len(_ORIENTATIONS)])
    return _sample(f"{shown}-{index + 1:03}.{suffix}", subject, kind, data)


def _by_chance(
    subject: str,
    kind: str,
    chance: random.Random,
    key: str,
    size: tuple[int, int] | None = None,
) -> tuple[Image.Image, str]:
    """Return the picture and the name of its colour."""
    colour = chance.choice(tuple(_COLOURS))
    colours = (_COLOURS[colour], chance.choice(_ACCENTS))
    scene = "street" if kind == "empty-street" else chance.choice(tuple(SCENES))
    pose = Pose.by_chance(chance)
    pose = replace(pose, size=size or pose.size)
    return draw_picture(subject, kind, colours, scene, pose, seed=key), colour


def _spoiled(kind: str, index: int, chance: random.Random, key: str) -> Sample:
    subject, kinds = _KINDS[chance.choice("bm")]
    colours = (chance.choice(tuple(_COLOURS.values())), chance.choice(_ACCENTS))
    scene = chance.choice(tuple(SCENES))
    image = draw_picture(subject, chance.choice(kinds), colours, scene, Pose(), seed=key)
    how = SPOILED[kind]
    name = f"{kind}-{index + 1:03}{how.suffix}"
    return _sample(name, "spoiled", kind, how.spoil(image))


def _sample(name: str, subject: str, kind: str, data: bytes) -> Sample:
    how = SPOILED.get(kind)
    return Sample(
        name=name,
        subject=subject,
        kind=kind,
        vehicle=subject if subject in {"bicycle", "motorcycle"} else None,
        refusal=how.refusal if how else None,
        defect=how.defect if how else None,
        data=data,
    )


def _encoded(image: Image.Image, image_format: str, orientation: int = 1) -> bytes:
    buffer = io.BytesIO()
    if image_format == "PNG":
        image.save(buffer, "PNG", compress_level=3)
    elif image_format == "WEBP":
        image.save(buffer, "WEBP", quality=85, method=1)
    else:
        exif = Image.Exif()
        if orientation in _TURNED:
            exif[_ORIENTATION_TAG] = orientation
            image = image.transpose(_TURNED[orientation])
        image.save(buffer, "JPEG", quality=88, exif=exif)
    return buffer.getvalue()
