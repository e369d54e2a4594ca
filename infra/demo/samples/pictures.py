"""One picture: a subject with a pose, before a scene, in some light."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from infra.demo.samples import bicycles, motorcycles, others
from infra.demo.samples.canvas import Canvas, Colour
from infra.demo.samples.scenes import draw_scene, photographed
from infra.demo.samples.view import View

_FINER = 2  # drawn larger and reduced, for smooth edges
_SIZES = ((800, 600), (960, 720), (1024, 768), (600, 800))
_PAINTERS: dict[str, Callable[[Canvas, str, Colour, Colour], None]] = {
    "bicycle": bicycles.draw_bicycle,
    "motorcycle": motorcycles.draw_motorcycle,
    "other": others.draw_other,
}
# Length and height in metres, by subject, and by kind if it differs from its subject.
_EXTENTS = {
    "bicycle": (1.85, 1.1), "motorcycle": (2.1, 1.3), "cargo": (2.6, 1.1), "folding": (1.5, 1.05),
    "car": (4.3, 1.5), "van": (5.1, 2.3), "person": (0.9, 1.85), "trolley": (1.3, 1.1),
    "tree": (2.8, 3.7), "empty-street": (3.0, 1.6),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """How the photo is taken: size, distance and angle."""

    size: tuple[int, int] = (800, 600)
    share: float = 0.8  # of the picture's width or height that the subject takes
    aside: float = 0.0  # how far off the middle, in shares of the width
    yaw: float = 0.0
    side: int = 1
    eye: float = 1.3
    metres_off: float = 2.0  # in lengths of the subject

    @classmethod
    def by_chance(cls, chance: random.Random) -> "Pose":
        """Return a random pose: mostly the whole subject, 8 % far off, 10 % cut by the edge."""
        yaw = chance.uniform(-0.12, 0.12)
        if chance.random() < 0.5:
            yaw = chance.choice((-1, 1)) * chance.uniform(0.2, 0.5)
        share, aside = chance.uniform(0.64, 0.9), chance.uniform(-0.04, 0.04)
        special = chance.random()
        if special < 0.08:
            share, aside = chance.uniform(0.32, 0.45), chance.uniform(-0.2, 0.2)
        elif special < 0.18:
            aside = chance.choice((-1, 1)) * chance.uniform(0.14, 0.24)
        return cls(
            size=chance.choices(_SIZES, (5, 3, 2, 1))[0],
            share=share,
            aside=aside,
            yaw=yaw,
            side=chance.choice((-1, 1)),
            eye=chance.uniform(1.0, 1.6),
            metres_off=chance.uniform(1.6, 2.8),
        )


def draw_picture(
    subject: str,
    kind: str,
    colours: tuple[Colour, Colour],
    scene: str,
    pose: Pose,
    *,
    seed: str,
) -> Image.Image:
    """Return the finished picture, in the pose's size; the same for the same arguments."""
    chance = random.Random(seed)  # noqa: S311 # a drawing, not a secret
    length, height = _EXTENTS.get(kind) or _EXTENTS[subject]
    view = _view(pose, length, height)
    image = draw_scene(scene, view, chance)
    canvas = Canvas(image, view)
    if kind != "empty-street":
        canvas.shadow(length / 2, min(0.95, length * 0.2), chance.uniform(0.35, 0.6))
    _PAINTERS[subject](canvas, kind, *colours)
    canvas.paint()
    return photographed(image.reduce(_FINER), chance)


def _view(pose: Pose, length: float, height: float) -> View:
    width, tall = (side * _FINER for side in pose.size)
    distance = max(3.2, length * pose.metres_off)
    metre = min(pose.share * width / length, min(0.92, pose.share) * tall / height)
    return View(
        size=(width, tall),
        focal=metre * distance,
        centre=width * (0.5 + pose.aside),
        horizon=tall * 0.54 - metre * (pose.eye - height / 2),
        eye=pose.eye,
        distance=distance,
        yaw=pose.yaw,
        side=pose.side,
    )
