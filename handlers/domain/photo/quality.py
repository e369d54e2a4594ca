"""Image quality in figures: Serialize measures them, Filter checks them, the report compares them.

This module does not import Pillow, which only Serialize's package has: `wire_image.py` measures.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from handlers.domain.errors import InvalidRecord

# Beyond these limits a person looks at the photo, whatever the prediction is.
MIN_SIDE = 24  # pixels
MIN_BRIGHTNESS = 0.08  # 0..1
MAX_CLIPPED_SHARE = 0.90  # 0..1
MIN_CONTRAST = 0.03  # 0..1
MIN_SHARPNESS = 1.2
# Print, line drawings and charts: nearly all pixels have one of two tones. With somewhat fewer, the
# edges decide: they have no soft shades, so that the Laplacian varies as much as the picture does.
# Chosen on drawings of `tests/contract/not_photos.py` and on real photos of vehicles.
MAX_TWO_TONE_SHARE = 0.90  # 0..1
MAX_TWO_TONE_SHARE_OF_HARD_EDGES = 0.80  # 0..1
MAX_DRAWN_SCORE = 1.0  # two-tone share, plus a weight times hardness
HARDNESS_WEIGHT = 0.2  # hardness: variance of the Laplacian over variance of luma


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Figures of one photo; brightness to clipped share are measured on the wire image."""

    width: int  # pixels of the upright original
    height: int
    size_bytes: int
    image_format: str  # JPEG, HEIF, PNG, WEBP
    orientation: int  # EXIF, 1 to 8
    brightness: float  # mean luma, 0..1
    contrast: float  # standard deviation of luma, 0..1
    sharpness: float  # log10(1 + variance of the Laplacian); 0 for a uniform picture
    dark_share: float  # share of nearly black pixels, 0..1
    clipped_share: float  # share of nearly white pixels, 0..1
    # Share of pixels near one of the two most frequent tones, 0..1; 0 in records of before 2026-12.
    two_tone_share: float = 0.0

    def to_wire(self) -> dict[str, Any]:  # JSON values: int, float, str
        """Return the record as JSON values."""
        return asdict(self)

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> Self:
        """Check and convert the record's JSON values.

        Raises: InvalidRecord.
        """
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
                two_tone_share=float(wire.get("two_tone_share", 0.0)),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidRecord(f"quality figures are malformed: {error!r}") from error

    def defects(self) -> tuple[str, ...]:
        """Return the codes of the limits that the photo exceeds; empty for a usable photo."""
        checks = {
            "tiny": min(self.width, self.height) < MIN_SIDE,
            "dark": self.brightness < MIN_BRIGHTNESS,
            "overexposed": self.clipped_share > MAX_CLIPPED_SHARE,
            "flat": self.contrast < MIN_CONTRAST,
            "blurred": self.sharpness < MIN_SHARPNESS,
            "drawn": self._is_drawn(),
        }
        return tuple(name for name, is_defect in checks.items() if is_defect)

    def _is_drawn(self) -> bool:
        """Whether the picture looks like print, a line drawing, a chart or noise."""
        if self.two_tone_share > MAX_TWO_TONE_SHARE:
            return True
        if self.two_tone_share <= MAX_TWO_TONE_SHARE_OF_HARD_EDGES or not self.contrast:
            return False
        hardness = (10**self.sharpness - 1) / (255 * self.contrast) ** 2
        return self.two_tone_share + HARDNESS_WEIGHT * hardness > MAX_DRAWN_SCORE
