"""Logits as the server computes them, for calibration: with a second look at unsure photos."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from torch import nn

from training.config import TrainConfig
from training.data.photo_set import PhotoSet
from training.model.fit import logits_of
from training.serving.second_look import needs_second_look


def served_logits(
    model: nn.Sequential, photos: PhotoSet, config: TrainConfig
) -> NDArray[np.float64]:
    """Return the logits (photos, classes) that the server would average, computed in 32 bits."""
    logits = logits_of(model, photos, config.input)
    unsure = needs_second_look(logits, config.second_look_margin)
    if unsure.any():
        seen_again = photos.take(unsure)
        mirrored = replace(seen_again, pixels=seen_again.pixels[:, :, ::-1])
        logits[unsure] = (logits[unsure] + logits_of(model, mirrored, config.input)) / 2
    return logits
