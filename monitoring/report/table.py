"""Photos as columns, per model version, and what a prediction and a verdict mean together."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from handlers.domain.review.rules import NEITHER, UNUSABLE
from monitoring.report.facts import PhotoFacts
from monitoring.statistics.samples import Floats

# Figures that span orders of magnitude are compared by their logarithm, and so is the aspect:
# upright and across lie equally far from square.
LOGARITHMIC = frozenset({"width", "height", "aspect", "size_bytes", "pixels"})


def in_order(photos: Iterable[PhotoFacts]) -> list[PhotoFacts]:
    """The same photos always make the same report, in whichever order they come."""
    return sorted(photos, key=lambda photo: (photo.received_at, photo.photo_id))


def is_classified(photo: PhotoFacts) -> bool:
    """The model has answered, and the answer stands in the ledger."""
    return bool(photo.model_version) and bool(photo.probabilities) and photo.confidence is not None


def predicted(photo: PhotoFacts) -> str:
    """The most probable class, vehicle or not."""
    return max(sorted(photo.probabilities), key=lambda name: photo.probabilities[name])


def needed_review(photo: PhotoFacts) -> bool:
    """A person had to decide; audits and contested photos were decided without one."""
    return photo.review_reason not in {"", "audit", "contested"}


def was_automatic(photo: PhotoFacts) -> bool:
    """The model decided, whatever a person said of it later."""
    return is_classified(photo) and not needed_review(photo)


def is_judged(photo: PhotoFacts) -> bool:
    """A person said what the photo shows."""
    return bool(photo.verdict) and photo.verdict != UNUSABLE


def said_by_model(photo: PhotoFacts, vehicles: Sequence[str]) -> str:
    """What the model said, in the words of a verdict."""
    if was_automatic(photo):
        return photo.vehicle
    best = predicted(photo)
    return best if best in vehicles else NEITHER


def is_right(photo: PhotoFacts, vehicles: Sequence[str]) -> bool:
    """Whether model and person agree; asked of judged photos only."""
    return said_by_model(photo, vehicles) == photo.verdict


def figure_of(photo: PhotoFacts, name: str) -> float | None:
    """A quality figure as it is compared."""
    value = measured(photo, name)
    return None if value is None else scaled(name, value)


def measured(photo: PhotoFacts, name: str) -> float | None:
    """A quality figure in its own unit, derived ones included."""
    value: float | None = photo.quality.get(name)
    if value is None and name in {"aspect", "pixels"}:
        width, height = photo.quality.get("width", 0), photo.quality.get("height", 0)
        if width > 0 and height > 0:
            value = width / height if name == "aspect" else width * height
    return value if value is not None and math.isfinite(value) else None


def scaled(name: str, value: float) -> float | None:
    """Sizes by their logarithm; nothing where there is none."""
    if name in LOGARITHMIC:
        return math.log2(value) if value > 0 else None
    return value


@dataclass(frozen=True)
class Table:
    """Classified photos of one model version, in order."""

    version: str
    photos: tuple[PhotoFacts, ...]

    @cached_property
    def confidences(self) -> Floats:
        """Of the best vehicle."""
        return np.array([photo.confidence for photo in self.photos], dtype=np.float64)

    @cached_property
    def predictions(self) -> tuple[str, ...]:
        """The most probable class of each."""
        return tuple(map(predicted, self.photos))

    def figures(self, name: str) -> tuple[Floats, tuple[PhotoFacts, ...]]:
        """A quality figure and the photos that have it."""
        found = [(figure_of(photo, name), photo) for photo in self.photos]
        known = [(value, photo) for value, photo in found if value is not None]
        values = np.array([value for value, _ in known], dtype=np.float64)
        return values, tuple(photo for _, photo in known)


def by_model(photos: Iterable[PhotoFacts]) -> dict[str, Table]:
    """Tables by model version, the one with most photos first."""
    groups: dict[str, list[PhotoFacts]] = {}
    for photo in photos:
        if is_classified(photo):
            groups.setdefault(photo.model_version, []).append(photo)
    ranked = sorted(groups, key=lambda version: (-len(groups[version]), version))
    return {version: Table(version, tuple(groups[version])) for version in ranked}
