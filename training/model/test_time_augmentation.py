"""Test-time augmentation: the prediction is the mean over a photo and its mirror image.

The served graph runs on every image as it is and flipped, and returns the mean of the logits. That
costs a second pass and removes a good part of the confident errors.
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
    """A model averaged over both images; exported, it is one graph that takes one image."""

    def __init__(self, model: nn.Module, classes: int) -> None:
        super().__init__()
        self.model = model
        self.classes = classes

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Map images (N, RGB, height, width) to mean logits (N, classes)."""
        both = torch.cat([images, images.flip(3)])
        return self.model(both).view(2, -1, self.classes).mean(0)


def as_served(model: nn.Module, config: TrainConfig) -> nn.Module:
    """Return the module that is exported: with flip averaging if the config asks for it."""
    return FlipAveraged(model, len(config.classes)) if config.flip_averaged else model


def served_logits(
    model: nn.Sequential, photos: PhotoSet, config: TrainConfig
) -> NDArray[np.float64]:
    """Return the logits (photos, classes) of the exported graph, computed in 32 bits."""
    logits = logits_of(model, photos, config.input)
    if not config.flip_averaged:
        return logits
    flipped = replace(photos, pixels=photos.pixels[:, :, ::-1])
    return (logits + logits_of(model, flipped, config.input)) / 2
