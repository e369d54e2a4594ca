"""A pinhole camera: from metres in front of it to pixels."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

# x points forward along the subject, y up from the ground, z to its right; z may be left out.
Point = tuple[float, ...]
Pixel = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The position of the camera, and the turn of the subject before it."""

    size: tuple[int, int]
    focal: float  # pixels
    centre: float  # column of the subject's middle
    horizon: float  # row
    eye: float = 1.35  # height of the camera
    distance: float = 4.0
    yaw: float = 0.0  # radians
    side: int = 1  # 1: faces right, its right side is near; -1: the other way round

    def frontal(self) -> Self:
        """Return the same camera for things that are not turned with the subject."""
        return replace(self, yaw=0.0, side=1)

    def project(self, point: Point) -> Pixel:
        """Return the pixel of a point in metres."""
        across, up, away = self._turn(point)
        return (
            self.centre + self.focal * across / away,
            self.horizon + self.focal * (self.eye - up) / away,
        )

    def scale(self, point: Point) -> float:
        """Return the pixels a metre at the distance of a point."""
        return self.focal / self._turn(point)[2]

    def _turn(self, point: Point) -> tuple[float, float, float]:
        x, y = point[0] * self.side, point[1]
        z = point[2] * self.side if len(point) == 3 else 0.0
        across = x * math.cos(self.yaw) + z * math.sin(self.yaw)
        nearer = z * math.cos(self.yaw) - x * math.sin(self.yaw)
        return across, y, max(0.5, self.distance - nearer)


def arc(centre: Point, radius: float, start: float, end: float, steps: int = 24) -> list[Point]:
    """Return points on a circle; angles in degrees, 0 is forward, 90 is up."""
    x, y, *rest = centre
    turns = (math.radians(start + (end - start) * step / steps) for step in range(steps + 1))
    return [(x + radius * math.cos(turn), y + radius * math.sin(turn), *rest) for turn in turns]


def curve(points: Sequence[Point], *, closed: bool = False, steps: int = 7) -> list[Point]:
    """Return a smooth line through the points (Catmull-Rom spline)."""
    count = len(points)

    def at(index: int) -> Point:
        return points[index % count] if closed else points[min(max(index, 0), count - 1)]

    smooth: list[Point] = []
    for index in range(count if closed else count - 1):
        corners = [at(index + offset) for offset in (-1, 0, 1, 2)]
        smooth.extend(_between(corners, step / steps) for step in range(steps))
    return smooth if closed else [*smooth, points[-1]]


def _between(corners: Sequence[Point], share: float) -> Point:
    before, start, end, after = corners
    return tuple(
        0.5
        * (
            2 * q
            + (r - p) * share
            + (2 * p - 5 * q + 4 * r - s) * share**2
            + (3 * q - p - 3 * r + s) * share**3
        )
        for p, q, r, s in zip(before, start, end, after, strict=True)
    )
