"""The work of Serialize on a 12-megapixel JPEG: `python -m tests.benchmarks.decoding`.

CPU seconds of `prepare` and of the plain way (open, convert, resize) are measured by turns in one
process. A busy machine slows down both, so compare the ratios.
"""

import io
import statistics
from functools import partial

from PIL import Image

from handlers.domain.photo.wire_image import prepare
from tests.benchmarks.measurement import Measurements, cpu_s, run
from tests.pictures import a_picture, encoded

TITLE = "A 12-megapixel JPEG: Serialize's prepare beside open, convert, resize"
SIZE = (4032, 3024)
ROUNDS = 11
# Every bit of a JPEG is read at any scale: how many there are depends on the detail.
DETAIL = {"plain": 0.0, "usual detail": 0.05, "much detail": 0.12}


def measure(*, short: bool) -> Measurements:
    """Return one row for each amount of detail; the times are medians."""
    size, rounds = ((640, 480), 1) if short else (SIZE, ROUNDS)
    drawing, grain = a_picture(size), Image.effect_noise(size, 60).convert("RGB")
    rows = {}
    for name, share_of_grain in DETAIL.items():
        photo = encoded(Image.blend(drawing, grain, share_of_grain), "JPEG", quality=90)
        turns = [
            (cpu_s(partial(prepare, photo)), cpu_s(partial(_open_convert_resize, photo)))
            for _ in range(rounds)
        ]
        prepare_s, plain_s = (statistics.median(times) for times in zip(*turns, strict=True))
        rows[name] = {
            "file_mb": len(photo) / 1e6,
            "prepare_cpu_s": prepare_s,
            "plain_cpu_s": plain_s,
            "times_less": plain_s / prepare_s,
        }
    return rows


def _open_convert_resize(photo: bytes) -> Image.Image:
    return Image.open(io.BytesIO(photo)).convert("RGB").resize((224, 168))


if __name__ == "__main__":
    run(measure, TITLE)
