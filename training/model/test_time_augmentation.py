"""Both views of a photo: a vehicle is the same vehicle in a mirror.

The served graph sees every image twice, as it is and mirrored, and answers the mean of the logits.
That costs a second pass and takes away a good part of the errors that are sure of themselves.
"""

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from training.config import TrainConfig
from training.data.photo_set import PhotoSet
from training.model.fit import logits_of


class FlipAveraged(nn.Module):  # type: ignore[misc]  # torch is not installed with the rest
    """A model on both views at once; exported, it is one graph that takes one image."""

    def __init__(self, model: nn.Module, classes: int) -> None:
        super().__init__()
        self.model = model
        self.classes = classes

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """The mean of both views' logits."""
        both = torch.cat([images, images.flip(3)])
        return self.model(both).view(2, -1, self.classes).mean(0)


def as_served(model: nn.Module, config: TrainConfig) -> nn.Module:
    """What is exported."""
    return FlipAveraged(model, len(config.classes)) if config.mirrored else model


def served_logits(
    model: nn.Sequential, photos: PhotoSet, config: TrainConfig
) -> NDArray[np.float64]:
    """What the exported graph would answer, in 32 bits."""
    logits = logits_of(model, photos, config.input)
    if not config.mirrored:
        return logits
    mirrored = replace(photos, pixels=photos.pixels[:, :, ::-1])
    return (logits + logits_of(model, mirrored, config.input)) / 2
