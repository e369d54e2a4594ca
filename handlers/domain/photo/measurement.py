"""Takes the quality figures of a picture; `quality.py` says what they mean."""

import math

from PIL import Image, ImageFilter, ImageStat

from handlers.domain.photo.quality import Quality

DARK_LEVEL = 16  # of 255
CLIPPED_LEVEL = 250  # of 255

# The four neighbours against the middle, centred on 128 so that both signs survive eight bits.
_LAPLACIAN = ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=1, offset=128)


def measure(  # the figures that only the decoder knows come as arguments
    image: Image.Image,
    *,
    width: int,
    height: int,
    size_bytes: int,
    image_format: str,
    orientation: int,
) -> Quality:
    """Figures of an upright RGB image at wire size."""
    luma = image.convert("L")
    pixels = luma.width * luma.height
    statistics = ImageStat.Stat(luma)
    histogram = luma.histogram()
    return Quality(
        width=width,
        height=height,
        size_bytes=size_bytes,
        image_format=image_format,
        orientation=orientation,
        brightness=round(statistics.mean[0] / 255, 4),
        contrast=round(statistics.stddev[0] / 255, 4),
        sharpness=round(math.log10(1 + _laplacian_variance(luma)), 4),
        dark_share=round(sum(histogram[:DARK_LEVEL]) / pixels, 4),
        clipped_share=round(sum(histogram[CLIPPED_LEVEL:]) / pixels, 4),
    )


def _laplacian_variance(luma: Image.Image) -> float:
    if min(luma.size) < 3:
        return 0.0
    # Pillow copies the outermost pixels unfiltered: leave them out.
    inner = luma.filter(_LAPLACIAN).crop((1, 1, luma.width - 1, luma.height - 1))
    return float(ImageStat.Stat(inner).var[0])
