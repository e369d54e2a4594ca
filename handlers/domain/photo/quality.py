"""Image quality in figures: what Serialize measures, Filter judges and monitoring compares.

Free of Pillow, which only Serialize carries; `measurement.py` makes the figures.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from handlers.domain.errors import InvalidRecord

# Below or above these a person looks at the photo, whatever the model says.
MIN_SIDE = 24  # pixels
MIN_BRIGHTNESS = 0.08
MAX_CLIPPED_SHARE = 0.90
MIN_CONTRAST = 0.03
MIN_SHARPNESS = 1.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Figures of one photo; the pixel figures are taken at the wire image's size."""

    width: int  # pixels of the upright original
    height: int
    size_bytes: int
    image_format: str  # JPEG, HEIF, PNG, WEBP
    orientation: int  # EXIF, 1 to 8
    brightness: float  # mean luma, 0..1
    contrast: float  # standard deviation of luma, 0..1
    sharpness: float  # log10 of the variance of the Laplacian, plus one; 0 is flat
    dark_share: float  # of the pixels, 0..1
    clipped_share: float

    def to_wire(self) -> dict[str, Any]:  # JSON values: int, float, str
        """The record as JSON values."""
        return asdict(self)

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> Self:
        """Raises: InvalidRecord."""
        try:
            return cls(
                width=int(wire["width"]),
                height=int(wire["height"]),
                size_bytes=int(wire["size_bytes"]),
                image_format=str(wire["image_format"]),
                orientation=int(wire["orientation"]),
                brightness=float(wire["brightness"]),
                contrast=float(wire["contrast"]),
                sharpness=float(wire["sharpness"]),
                dark_share=float(wire["dark_share"]),
                clipped_share=float(wire["clipped_share"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidRecord(f"quality figures are malformed: {error!r}") from error

    def defects(self) -> tuple[str, ...]:
        """Why a photo this poor needs a person; empty for a photo worth classifying."""
        checks = {
            "tiny": min(self.width, self.height) < MIN_SIDE,
            "dark": self.brightness < MIN_BRIGHTNESS,
            "overexposed": self.clipped_share > MAX_CLIPPED_SHARE,
            "flat": self.contrast < MIN_CONTRAST,
            "blurred": self.sharpness < MIN_SHARPNESS,
        }
        return tuple(name for name, found in checks.items() if found)
