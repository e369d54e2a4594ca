"""A small network without pretrained weights: how much the photos alone teach.

It is not shipped; it shows how much of the shipped model's accuracy comes from its start weights.
One network learns our classes and those of an archive of labelled negatives (CIFAR-10's ten) at the
same time, as its first layers learn most from that second task.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from training.config import AugmentConfig, SourceShare
from training.data.augment import augment, mix_up
from training.model.fit import fast_precision, learning_rate, seed_everything
from training.serving.manifest import InputSpec

_SIDE = 32
_AVERAGE = 0.995  # decay of the averaged weights
_CLIP = 5.0
_REPORT_EVERY = 200  # steps


@dataclass(frozen=True, slots=True, kw_only=True)
class ScratchConfig:
    """The settings of one run from random weights."""

    vehicles: tuple[str, ...] = ("bicycle", "motorcycle")
    negatives: str = "other"
    extra_source: str = "cifar10"  # its archive's folders are classes of the second task
    extra_share: float = 0.45  # of the photos drawn
    extra_limit: int = 50_000
    channels: tuple[int, ...] = (32, 64, 128, 256)
    dropout: float = 0.2
    steps: int = 1500
    batch: int = 100
    rate: float = 2e-3
    weight_decay: float = 0.05
    warm_up: float = 0.1
    mix_up: float = 0.2
    label_smoothing: float = 0.05
    # Of the photos that are not drawn from the extra source.
    shares: tuple[SourceShare, ...] = (
        SourceShare(source="cifar100", label="bicycle", weight=0.26),
        SourceShare(source="cifar100", label="motorcycle", weight=0.26),
        SourceShare(source="parked", label="bicycle", weight=0.15),
        SourceShare(source="parked", label="motorcycle", weight=0.15),
        SourceShare(source="street", label="bicycle", weight=0.05),
        SourceShare(source="street", label="motorcycle", weight=0.02),
        SourceShare(source="cctv", label="motorcycle", weight=0.02),
        SourceShare(source="anything", label="other", weight=0.05),
        SourceShare(source="parked", label="other", weight=0.04),
    )
    augment: AugmentConfig = field(
        default_factory=lambda: AugmentConfig(
            close_up=0.05,
            far_away=0.03,
            grey=0.04,
            dusk=0.0,
            low_resolution=0.0,
            motion_blur=0.0,
            patch=12 / _SIDE,
        )
    )

    @property
    def input(self) -> InputSpec:
        """Return the network's input: 32 pixels, as the pictures of CIFAR-100 have."""
        return InputSpec(
            width=_SIDE, height=_SIDE, mean=127.5, scale=64.0, layout="NCHW", name="image"
        )

    @property
    def classes(self) -> tuple[str, ...]:
        """Return our classes; those of the extra source follow in the network's output."""
        return (*self.vehicles, self.negatives)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScratchPhotos:
    """The N photos of both tasks, under one numbering of classes."""

    pixels: NDArray[np.uint8]  # (N, height, width, RGB)
    labels: NDArray[np.int64]
    weights: NDArray[np.float64]  # probability to be drawn, sum 1
    classes: int  # of both tasks


def small_net(channels: tuple[int, ...], classes: int, dropout: float) -> nn.Sequential:
    """Build the network: images (N, 3, height, width) to logits (N, classes).

    A stem; for every further width a halving convolution and, except for the last, a residual
    block.
    """
    layers: list[nn.Module] = [*_convolution(3, channels[0])]
    for index, (before, after) in enumerate(pairwise(channels), start=2):
        layers += _convolution(before, after, stride=2)
        if index < len(channels):
            layers.append(_Residual(after))
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(dropout)]
    return nn.Sequential(*layers, nn.Linear(channels[-1], classes))


def fit_scratch(
    photos: ScratchPhotos, config: ScratchConfig, *, seed: int, report: Callable[[str], None]
) -> nn.Sequential:
    """Train one network from random weights and return it with averaged weights."""
    seed_everything(seed)
    model = small_net(config.channels, photos.classes, config.dropout)
    model = model.to(memory_format=torch.channels_last).train()
    averaged = copy.deepcopy(model)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=config.rate, weight_decay=config.weight_decay
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: learning_rate(step / config.steps, warm_up=config.warm_up)
    )
    generator = np.random.default_rng(seed)
    losses: list[float] = []
    for step in range(1, config.steps + 1):
        rows = generator.choice(len(photos.labels), size=config.batch, p=photos.weights)
        images, targets = _batch(photos, rows, config)
        with fast_precision(images.device):
            logits = model(images)
        loss = functional.cross_entropy(
            logits.float(), targets, label_smoothing=config.label_smoothing
        )
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), _CLIP)
        optimizer.step()
        schedule.step()
        _average(averaged, model, decay=min(_AVERAGE, step / (step + 10)))
        losses.append(float(loss.detach()))
        if step % _REPORT_EVERY == 0:
            report(f"seed {seed}: step {step}/{config.steps}, loss {np.mean(losses):.4f}")
            losses.clear()
    return averaged.eval()


def scaled(images: torch.Tensor, spec: InputSpec) -> torch.Tensor:
    """Scale pixels from 0..255 to the network's input."""
    return ((images - spec.mean) / spec.scale).contiguous(memory_format=torch.channels_last)


def _batch(
    photos: ScratchPhotos, rows: NDArray[np.int64], config: ScratchConfig
) -> tuple[torch.Tensor, torch.Tensor]:
    pixels = torch.from_numpy(photos.pixels[rows]).permute(0, 3, 1, 2).float()
    targets = functional.one_hot(torch.from_numpy(photos.labels[rows]), photos.classes).float()
    images, targets = mix_up(augment(pixels / 255, config.augment), targets, config.mix_up)
    return scaled(images * 255, config.input), targets


def _average(averaged: nn.Module, model: nn.Module, *, decay: float) -> None:
    """Average the weights and the normalisation's running figures; copy its counters."""
    pairs = zip(averaged.state_dict().values(), model.state_dict().values(), strict=True)
    with torch.no_grad():
        for mean, new in pairs:
            if mean.is_floating_point():
                mean.lerp_(new, 1 - decay)
            else:
                mean.copy_(new)


class _Residual(nn.Module):  # type: ignore[misc]  # torch is not installed with the rest
    """Two convolutions, added to their input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        layers = _convolution(channels, channels) + _convolution(channels, channels)
        self.layers = nn.Sequential(*layers)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return the sum, of the same shape as the input."""
        return images + self.layers(images)


def _convolution(channels: int, out_channels: int, *, stride: int = 1) -> list[nn.Module]:
    convolution = nn.Conv2d(channels, out_channels, 3, stride=stride, padding=1, bias=False)
    return [convolution, nn.BatchNorm2d(out_channels), nn.ReLU()]
