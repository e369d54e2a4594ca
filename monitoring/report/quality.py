"""Which figures of a photo's quality are compared, and how."""

from functools import lru_cache

from monitoring.report.facts import PhotoFacts
from monitoring.report.table import LOGARITHMIC, figure_of, scaled
from monitoring.report.units import figure_in_words
from monitoring.statistics.two_samples import Reference

QUALITY = (
    "brightness",
    "contrast",
    "sharpness",
    "size_bytes",
    "pixels",
    "width",
    "height",
    "aspect",
)
OF_THE_FILE = frozenset({"size_bytes", "pixels", "width", "height", "aspect"})
"""What an evaluation's data set says nothing about: its files are no phone's."""


def said_of(photo: PhotoFacts, name: str) -> str:
    """One photo's figure, in its own unit; empty where the check is about no such figure."""
    value = figure_of(photo, name) if name in QUALITY else None
    return "" if value is None else said(name, value)


def said(name: str, mean: float) -> str:
    """A mean in the figure's own unit; of logarithms, the typical value."""
    return figure_in_words(name, 2**mean if name in LOGARITHMIC else mean)


@lru_cache(maxsize=8 * len(QUALITY))  # baselines at once
def scaled_reference(name: str, values: tuple[float, ...]) -> Reference:
    """A quality figure of the baseline, as it is compared."""
    return Reference.of([each for value in values if (each := scaled(name, value)) is not None])
