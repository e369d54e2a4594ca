"""Random augmentation of a training batch, for conditions that the data has too few photos of.

Batches are floats from 0 to 1, (N, RGB, height, width). Randomness comes from torch's global
generator, which `fit` seeds.
"""

import math

import torch
from torch.nn import functional

from training.config import AugmentConfig


def augment(images: torch.Tensor, config: AugmentConfig) -> torch.Tensor:
    """Return a changed copy of the batch, of the same shape and range."""
    images = _geometry(images, config)
    images = _light(images, config)
    images = _optics(images, config)
    return _cover(images, config).clamp(0, 1)


def mix_up(
    images: torch.Tensor, targets: torch.Tensor, strength: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Blend each photo with another one of the batch, and the targets (N, classes) likewise.

    `strength` is the parameter of the Beta distribution; 0 changes nothing (Zhang et al. 2018,
    "mixup: Beyond empirical risk minimization").
    """
    if strength <= 0:
        return images, targets
    share = torch.distributions.Beta(strength, strength).sample().item()
    share = max(share, 1 - share)
    order = torch.randperm(len(images))
    mixed = images * share + images[order] * (1 - share)
    return mixed, targets * share + targets[order] * (1 - share)


def _happens(count: int, probability: float) -> torch.Tensor:
    return torch.rand(count) < probability


def _between(count: int, low: float, high: float) -> torch.Tensor:
    return low + (high - low) * torch.rand(count)


def _geometry(images: torch.Tensor, config: AugmentConfig) -> torch.Tensor:
    """Flip, turn, shift, stretch; sometimes a close-up or a small object."""
    count = len(images)
    angle = _between(count, -1, 1) * math.radians(config.turn_degrees)
    scale = _between(count, config.scale_low, config.scale_high)
    scale = torch.where(_happens(count, config.close_up), _between(count, 1.3, 2.0), scale)
    scale = torch.where(_happens(count, config.far_away), _between(count, 0.5, 0.8), scale)
    stretch = torch.exp(_between(count, -1, 1) * config.stretch)
    mirror = torch.where(_happens(count, 0.5), -1.0, 1.0)
    # A close-up may show any part of the vehicle, so it shifts further.
    reach = (config.shift + (1 - 1 / scale).clamp(min=0)) * 0.8
    cos, sin = torch.cos(angle) / scale, torch.sin(angle) / scale
    theta = torch.stack(
        [
            torch.stack([cos * mirror / stretch, -sin, _between(count, -1, 1) * reach], dim=1),
            torch.stack([sin * mirror, cos * stretch, _between(count, -1, 1) * reach], dim=1),
        ],
        dim=1,
    )
    grid = functional.affine_grid(theta, list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, padding_mode="reflection", align_corners=False)


def _light(images: torch.Tensor, config: AugmentConfig) -> torch.Tensor:
    """Change brightness, contrast, saturation, cast, grey; sometimes dusk with sensor noise."""
    count = len(images)

    def factor(spread: float) -> torch.Tensor:
        return (1 + _between(count, -spread, spread)).view(count, 1, 1, 1)

    grey = (images * torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, keepdim=True)
    saturation = factor(config.colour)
    saturation[_happens(count, config.grey)] = 0
    images = grey + (images - grey) * saturation
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    images = (mean + (images - mean) * factor(config.colour)) * factor(config.colour)
    images = images * (1 + (torch.rand(count, 3, 1, 1) - 0.5) * 2 * config.cast)
    dusk = _happens(count, config.dusk).view(count, 1, 1, 1)
    gamma = _between(count, 1.3, 2.2).view(count, 1, 1, 1)
    gain = _between(count, 0.35, 0.8).view(count, 1, 1, 1)
    dark = images.clamp(0, 1) ** gamma * gain + torch.randn_like(images) * 0.03
    return torch.where(dusk, dark, images)


def _optics(images: torch.Tensor, config: AugmentConfig) -> torch.Tensor:
    """Reduce the resolution of some batches, and blur some photos by motion."""
    if torch.rand(()).item() < config.low_resolution:
        side = int(torch.randint(24, 49, ()).item())
        small = functional.interpolate(images, size=(side, side), mode="bilinear", antialias=True)
        images = functional.interpolate(small, size=images.shape[-2:], mode="bilinear")
    moving = _happens(len(images), config.motion_blur)
    if moving.any():
        images = images.clone()
        images[moving] = _motion_blur(images[moving])
    return images


def _motion_blur(images: torch.Tensor) -> torch.Tensor:
    length = int(torch.randint(2, 5, ()).item()) * 2 + 1
    kernel = torch.zeros(length, length)
    angle = torch.rand(()).item() * math.pi
    for step in torch.linspace(-1, 1, length * 2):
        half = (length - 1) / 2
        row = round(half + half * step.item() * math.sin(angle))
        column = round(half + half * step.item() * math.cos(angle))
        kernel[row, column] = 1
    kernel = (kernel / kernel.sum()).expand(3, 1, length, length)
    padded = functional.pad(images, [length // 2] * 4, mode="reflect")
    return functional.conv2d(padded, kernel, groups=3)


def _cover(images: torch.Tensor, config: AugmentConfig) -> torch.Tensor:
    """Put a flat patch over part of the picture, like a box, a passer-by or a post."""
    count, _, height, width = images.shape
    side = round(config.patch * width)
    size = torch.randint(side // 2, side + 1, (count, 2))
    top = (torch.rand(count) * height).long() - size[:, 0] // 2
    left = (torch.rand(count) * width).long() - size[:, 1] // 2
    rows = torch.arange(height).view(1, height, 1)
    columns = torch.arange(width).view(1, 1, width)
    inside_rows = (rows >= top.view(-1, 1, 1)) & (rows < (top + size[:, 0]).view(-1, 1, 1))
    inside = inside_rows & (columns >= left.view(-1, 1, 1))
    inside &= columns < (left + size[:, 1]).view(-1, 1, 1)
    inside &= _happens(count, config.covered).view(-1, 1, 1)
    colour = torch.rand(count, 3, 1, 1)
    return torch.where(inside.unsqueeze(1), colour, images)
