"""Which photos show a change best."""

from collections.abc import Callable, Sequence

import numpy as np

from monitoring.report.facts import PhotoFacts
from monitoring.report.table import Table
from monitoring.statistics.two_samples import Floats

EXAMPLES = 20


def predicted_as(table: Table, wanted: Callable[[str], bool]) -> tuple[PhotoFacts, ...]:
    """Photos whose most probable class is one of those wanted, the surest first."""
    pairs = zip(table.photos, table.predictions, strict=True)
    found = [photo for photo, name in pairs if wanted(name)]
    return tuple(sorted(found, key=lambda photo: -max(photo.probabilities.values())))


def extremes(
    values: Floats, photos: Sequence[PhotoFacts], direction: int
) -> tuple[PhotoFacts, ...]:
    """Those that lie furthest in the direction of the change."""
    order = np.argsort(-values if direction > 0 else values, kind="stable")
    return tuple(photos[place] for place in order[:EXAMPLES].tolist())
