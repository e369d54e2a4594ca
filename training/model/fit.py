"""The training loop: a PhotoSet and a config in, a model with averaged weights out."""

import copy
import math
import random
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from training.config import TrainConfig
from training.data.augment import augment, mix_up
from training.data.photo_set import PhotoSet
from training.model.autocast import fast_precision
from training.model.checkpoint import Checkpoint, LoopState
from training.model.network import ModelConfig, build_model, parameter_groups
from training.model.pretrained import start_from
from training.serving.manifest import InputSpec
from training.serving.preprocess import normalise

Report = Callable[[str], None]


def fit(
    photos: PhotoSet,
    config: TrainConfig,
    *,
    weights: Path | None,
    name: str,
    report: Report,
    checkpoint: Checkpoint | None = None,
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
    state = LoopState(model=model, averaged=averaged, optimizer=optimizer, schedule=schedule)
    done = checkpoint.resume(state) if checkpoint else 0
    losses: list[float] = []
    # What was drawn before is drawn again and passed over: the draws follow from the seed alone.
    for step, rows in enumerate(islice(_draws(photos, config, steps), done, None), start=done + 1):
        batch = _batch(photos, rows, config, side=side_at(step / steps, config))
        losses.append(_learn(state, *batch, step=step, config=config))
        if step % (steps // config.epochs) == 0:
            epoch = step * config.epochs // steps
            report(f"{name}: epoch {epoch}/{config.epochs}, loss {np.mean(losses):.4f}")
            losses.clear()
        if checkpoint:
            checkpoint.step_done(step, state)
    return averaged.eval().cpu()


def best_device() -> torch.device:
    """What a model is fitted on; everything else runs on the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _learn(
    state: LoopState,
    images: torch.Tensor,
    targets: torch.Tensor,
    *,
    step: int,
    config: TrainConfig,
) -> float:
    """One step; answers its loss."""
    with fast_precision(images.device):
        logits = state.model(images)
    loss = functional.cross_entropy(logits.float(), targets, label_smoothing=config.label_smoothing)
    state.optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(state.model.parameters(), config.clip)
    state.optimizer.step()
    state.schedule.step()
    decay = min(config.average_decay, step / (step + 10))
    _average(state.averaged, state.model, decay=decay)
    return float(loss.detach())


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


def side_at(progress: float, config: TrainConfig) -> int:
    """The images' side at this part of the run: small first, then as they are served.

    A network of convolutions takes any size, and learns most of what it learns from small images.
    """
    first = min(config.first_side, config.input.width)
    return first if progress <= config.first_share else config.input.width


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
    photos: PhotoSet, rows: NDArray[np.int64], config: TrainConfig, *, side: int
) -> tuple[torch.Tensor, torch.Tensor]:
    device = torch.get_default_device()
    pixels = torch.from_numpy(photos.pixels[rows]).to(device).permute(0, 3, 1, 2).float()
    labels = torch.from_numpy(photos.labels[rows]).to(device)
    targets = functional.one_hot(labels, len(config.classes)).float()
    if side < pixels.shape[-1]:
        pixels = functional.interpolate(pixels, size=(side, side), mode="bilinear", antialias=True)
    images, targets = mix_up(augment(pixels / 255, config.augment), targets, config.mix_up)
    scaled = (images * 255 - config.input.mean) / config.input.scale
    return scaled.contiguous(memory_format=torch.channels_last), targets


def _average(averaged: nn.Module, model: nn.Module, *, decay: float) -> None:
    with torch.no_grad():
        for kept, new in zip(averaged.parameters(), model.parameters(), strict=True):
            kept.lerp_(new, 1 - decay)
