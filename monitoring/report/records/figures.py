"""Figures of photo quality: which are compared, on which scale, and how they are shown."""

import math
from functools import lru_cache

from monitoring.report.records.photo import PhotoFacts
from monitoring.statistics.two_samples import Floats, Reference

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
"""Not compared with an evaluation's baseline: the files of its data set are not phone photos."""

# Figures that span orders of magnitude are compared by their logarithm. So is the aspect ratio:
# portrait and landscape are then equally far from a square.
LOGARITHMIC = frozenset({"width", "height", "aspect", "size_bytes", "pixels"})

_UNITS = {"width": "px", "height": "px", "pixels": "px", "size_bytes": "bytes"}


def rounded(value: float | None, digits: int = 6) -> float | None:
    """Round to significant digits, which are equal on every processor; None for not finite."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.{digits}g}")


def measured(photo: PhotoFacts, name: str) -> float | None:
    """Return a quality figure in its own unit; `aspect` and `pixels` are derived from the size."""
    value: float | None = photo.quality.get(name)
    if value is None and name in {"aspect", "pixels"}:
        width, height = photo.quality.get("width", 0), photo.quality.get("height", 0)
        if width > 0 and height > 0:
            value = width / height if name == "aspect" else width * height
    return value if value is not None and math.isfinite(value) else None


def scaled(name: str, value: float) -> float | None:
    """Return the value on the scale of comparison; None where it has no logarithm."""
    if name in LOGARITHMIC:
        return math.log2(value) if value > 0 else None
    return value


def unscaled(name: str, values: Floats) -> Floats:
    """Return values on the scale of comparison in their own unit."""
    return 2**values if name in LOGARITHMIC else values


def scaled_figure(photo: PhotoFacts, name: str) -> float | None:
    """Return a photo's quality figure on the scale of comparison."""
    value = measured(photo, name)
    return None if value is None else scaled(name, value)


@lru_cache(maxsize=8 * len(QUALITY))  # eight baselines
def scaled_reference(name: str, values: tuple[float, ...]) -> Reference:
    """Return a baseline's quality figure on the scale of comparison."""
    logarithms = (scaled(name, value) for value in values)
    return Reference.of([value for value in logarithms if value is not None])


def format_figure(name: str, value: float) -> str:
    """Format a quality figure in its own unit."""
    unit = _UNITS.get(name, "")
    if unit == "bytes":
        return f"{value / 1e6:.2f} MB" if value >= 1e6 else f"{value / 1e3:.3g} kB"
    if unit:
        return f"{value:,.0f} {unit}"
    return f"{value:.2f}"


def format_scaled(name: str, value: float) -> str:
    """Format a value on the scale of comparison in the figure's own unit."""
    return format_figure(name, 2**value if name in LOGARITHMIC else value)
