"""The training loop: a PhotoSet and a config in, a model with averaged weights out."""

import copy
import math
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from training.augment import augment, mix_up
from training.data import PhotoSet
from training.model import ModelConfig, build_model, parameter_groups
from training.pretrained import start_from
from training.serving.manifest import InputSpec
from training.serving.preprocess import normalise
from training.settings import TrainConfig

Report = Callable[[str], None]


def fit(
    photos: PhotoSet, config: TrainConfig, *, weights: Path | None, name: str, report: Report
) -> nn.Sequential:
    """Train one model; the same seed and photos give the same model on the same machine."""
    seed_everything(config.seed)
    model = new_model(config, weights)
    averaged = copy.deepcopy(model)
    optimizer = torch.optim.AdamW(
        parameter_groups(model, backbone_rate=config.backbone_rate, head_rate=config.head_rate),
        weight_decay=config.weight_decay,
    )
    steps = config.epochs * max(1, config.epoch_photos // config.batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: learning_rate(step / steps, warm_up=config.warm_up)
    )
    model.train()
    losses: list[float] = []
    for step, rows in enumerate(_draws(photos, config, steps), start=1):
        images, targets = _batch(photos, rows, config)
        loss = functional.cross_entropy(
            model(images), targets, label_smoothing=config.label_smoothing
        )
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), config.clip)
        optimizer.step()
        schedule.step()
        _average(averaged, model, decay=min(config.average_decay, step / (step + 10)))
        losses.append(float(loss.detach()))
        if step % (steps // config.epochs) == 0:
            epoch = step * config.epochs // steps
            report(f"{name}: epoch {epoch}/{config.epochs}, loss {np.mean(losses):.4f}")
            losses.clear()
    return averaged.eval()


def seed_everything(seed: int) -> None:
    """One seed for every generator that training draws from."""
    random.seed(seed)
    torch.manual_seed(seed)


def new_model(config: TrainConfig, weights: Path | None) -> nn.Sequential:
    """A model to train, from the start weights where they are given."""
    model = build_model(
        ModelConfig(classes=len(config.classes), width=config.width, dropout=config.dropout)
    )
    if weights is not None:
        start_from(model, weights)
    return model.to(memory_format=torch.channels_last)


def learning_rate(progress: float, *, warm_up: float) -> float:
    """The factor of the learning rate: a linear rise, then half a cosine down to zero."""
    if progress < warm_up:
        return progress / warm_up
    return 0.5 * (1 + math.cos(math.pi * (progress - warm_up) / (1 - warm_up)))


def logits_of(model: nn.Sequential, photos: PhotoSet, spec: InputSpec) -> NDArray[np.float64]:
    """Logits of every photo, one row each, as float64."""
    rows = []
    with torch.no_grad():
        for start in range(0, len(photos), 100):
            batch = torch.from_numpy(normalise(photos.pixels[start : start + 100], spec))
            rows.append(model(batch.contiguous(memory_format=torch.channels_last)).double())
    logits: NDArray[np.float64] = torch.cat(rows).numpy()
    return logits


def drawing_weights(photos: PhotoSet, config: TrainConfig) -> NDArray[np.float64]:
    """The probability of each photo to be drawn: its group's share over the group's size."""
    shares = {(share.source, share.label): share.weight for share in config.shares}
    groups = [
        (str(source), config.classes[label])
        for source, label in zip(photos.sources, photos.labels, strict=True)
    ]
    sizes = {group: groups.count(group) for group in set(groups)}
    weights = np.array([shares.get(group, config.default_share) / sizes[group] for group in groups])
    probabilities: NDArray[np.float64] = weights / weights.sum()
    return probabilities


def _draws(photos: PhotoSet, config: TrainConfig, steps: int) -> Iterator[NDArray[np.int64]]:
    generator = np.random.default_rng(config.seed)
    weights = drawing_weights(photos, config)
    for _ in range(steps):
        yield generator.choice(len(photos), size=config.batch, p=weights)


def _batch(
    photos: PhotoSet, rows: NDArray[np.int64], config: TrainConfig
) -> tuple[torch.Tensor, torch.Tensor]:
    pixels = torch.from_numpy(photos.pixels[rows]).permute(0, 3, 1, 2).float()
    targets = functional.one_hot(torch.from_numpy(photos.labels[rows]), len(config.classes)).float()
    images, targets = mix_up(augment(pixels / 255, config.augment), targets, config.mix_up)
    scaled = (images * 255 - config.input.mean) / config.input.scale
    return scaled.contiguous(memory_format=torch.channels_last), targets


def _average(averaged: nn.Module, model: nn.Module, *, decay: float) -> None:
    with torch.no_grad():
        for kept, new in zip(averaged.parameters(), model.parameters(), strict=True):
            kept.lerp_(new, 1 - decay)
