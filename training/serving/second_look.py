"""The second look: a photo that leaves the model unsure is averaged with its mirror image.

A mirrored vehicle is the same vehicle, so the mean of both logits is a better estimate, at the
price of a second pass. Where the first pass is sure the mean changes no decision, so only the
others pay for it. Each row is decided alone: a batch's size changes no answer.
"""

import numpy as np
from numpy.typing import NDArray


def needs_second_look(logits: NDArray[np.float64], margin: float) -> NDArray[np.bool_]:
    """Return for each row of `logits` (N, classes) if its highest two are less than `margin` apart.

    A margin of 0 asks for no second look.
    """
    ordered = np.sort(logits, axis=-1)
    unsure: NDArray[np.bool_] = ordered[:, -1] - ordered[:, -2] < margin
    return unsure
