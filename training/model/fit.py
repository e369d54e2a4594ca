"""The training loop: a PhotoSet and a config in, a model with averaged weights out.

The head learns alone first, on the features that the start weights give: gradients through a random
head would destroy them (Kumar et al. 2022, "Fine-Tuning can Distort Pretrained Features"). Then the
upper layers learn with it, at a low rate. The lower ones keep the start weights; where arithmetic
in 16 bits is fast, they run in bfloat16.
"""

import copy
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
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
from training.model.checkpoint import Checkpoint, LoopState
from training.model.network import ModelConfig, build_model, parameter_groups
from training.model.pretrained import start_from
from training.serving.manifest import InputSpec
from training.serving.preprocess import normalise

Report = Callable[[str], None]
_BATCH = 32  # photos, where no gradients are needed: 500 MB of activations
_FAST_BFLOAT16 = ("avx512_bf16", "amx_bf16")  # capabilities of a processor


def fit(
    photos: PhotoSet,
    config: TrainConfig,
    *,
    weights: Path | None,
    name: str,
    report: Report,
    checkpoint: Checkpoint | None = None,
) -> nn.Sequential:
    """Train one model and return it with averaged weights, in evaluation mode on the CPU.

    The same seed and photos give the same model on the same machine. `weights` are the start
    weights, None for random ones; `checkpoint` lets an interrupted run continue.

    Raises: UnusableWeights.
    """
    if weights is None:  # nothing to keep
        config = replace(config, frozen_layers=0, probe_share=0.0)
    seed_everything(config.seed)
    model = new_model(config, weights)
    averaged = copy.deepcopy(model)
    optimizer = torch.optim.AdamW(
        parameter_groups(model, frozen_layers=config.frozen_layers),
        lr=1.0,  # times the rates of the schedule
        weight_decay=config.weight_decay,
    )
    steps = config.epochs * max(1, config.epoch_photos // config.batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        [
            lambda step: backbone_rate(step / steps, config),
            lambda step: head_rate(step / steps, config),
        ],
    )
    model.train()
    state = LoopState(model=model, averaged=averaged, optimizer=optimizer, schedule=schedule)
    resumed = checkpoint.resume(state) if checkpoint else 0
    losses: list[float] = []
    # Earlier draws are repeated and skipped: the draws follow from the seed alone.
    draws = islice(_draws(photos, config, steps), resumed, None)
    for step, rows in enumerate(draws, start=resumed + 1):
        batch = _batch(photos, rows, config, side=side_at(step / steps, config))
        is_probing = step <= steps * config.probe_share
        losses.append(_learn(state, *batch, step=step, config=config, is_probing=is_probing))
        if step % (steps // config.epochs) == 0:
            epoch = step * config.epochs // steps
            report(f"{name}: epoch {epoch}/{config.epochs}, loss {np.mean(losses):.4f}")
            losses.clear()
        if checkpoint:
            checkpoint.step_done(step, state)
    return averaged.eval().cpu()


def best_device() -> torch.device:
    """Return the device for fitting a model; everything else runs on the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def fast_precision(device: torch.device) -> torch.autocast:
    """Return a context for a pass without gradients: bfloat16 where that is fast, else no change.

    The way back through depthwise convolutions is slower in bfloat16 than in 32 bits.
    """
    return torch.autocast(device.type, torch.bfloat16, enabled=_has_fast_bfloat16(device))


def _has_fast_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    capabilities = torch.cpu.get_capabilities()
    return device.type == "cpu" and any(capabilities.get(name) for name in _FAST_BFLOAT16)


def _learn(
    state: LoopState,
    images: torch.Tensor,
    targets: torch.Tensor,
    *,
    step: int,
    config: TrainConfig,
    is_probing: bool,
) -> float:
    """Run one step on a batch and return its loss."""
    logits = _logits(state.model, images, frozen=None if is_probing else config.frozen_layers)
    loss = functional.cross_entropy(logits, targets, label_smoothing=config.label_smoothing)
    state.optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(state.model.parameters(), config.clip)
    state.optimizer.step()
    state.schedule.step()
    decay = min(config.average_decay, step / (step + 10))
    _average(state.averaged, state.model, decay=decay)
    return float(loss.detach())


def _logits(model: nn.Module, images: torch.Tensor, *, frozen: int | None) -> torch.Tensor:
    """Return the logits; gradients go through all but the first `frozen` layers of the features.

    None is all of them: the head alone learns.
    """
    with torch.no_grad(), fast_precision(images.device):
        features = model.features[:frozen](images)
    features = features.float()
    if frozen is not None:
        features = model.features[frozen:](features)
    logits: torch.Tensor = model.head(model.dropout(model.flatten(model.pool(features))))
    return logits


def seed_everything(seed: int) -> None:
    """Seed every generator that training draws from."""
    random.seed(seed)
    torch.manual_seed(seed)


def new_model(config: TrainConfig, weights: Path | None) -> nn.Sequential:
    """Build a model to train, with the start weights if they are given. Raises: UnusableWeights."""
    model = build_model(
        ModelConfig(
            classes=len(config.classes),
            width=config.width,
            depth=config.depth,
            dropout=config.dropout,
        )
    )
    if weights is not None:
        start_from(model, weights)
    return model.to(memory_format=torch.channels_last)


def learning_rate(progress: float, *, warm_up: float) -> float:
    """Return the factor of the learning rate, 0..1, at a progress of 0..1.

    A linear rise over the share `warm_up`, then half a cosine down to 0 (Loshchilov and Hutter
    2017, "SGDR").
    """
    if progress < warm_up:
        return progress / warm_up
    return 0.5 * (1 + math.cos(math.pi * (progress - warm_up) / (1 - warm_up)))


def backbone_rate(progress: float, config: TrainConfig) -> float:
    """Return the learning rate of the features' upper layers; 0 while the head learns alone."""
    if progress < config.probe_share:
        return 0.0
    return config.backbone_rate * _factor(progress, config)


def head_rate(progress: float, config: TrainConfig) -> float:
    """Return the learning rate of the head; constant while it learns alone."""
    if progress < config.probe_share:
        return config.probe_rate
    return config.head_rate * _factor(progress, config)


def _factor(progress: float, config: TrainConfig) -> float:
    probed = (progress - config.probe_share) / (1 - config.probe_share)
    return learning_rate(probed, warm_up=config.warm_up)


def side_at(progress: float, config: TrainConfig) -> int:
    """Return the images' side in pixels at a progress of 0..1: small first, then as served.

    A network of convolutions takes any size, and small images teach it most of the task.
    """
    first = min(config.first_side, config.input.width)
    return first if progress <= config.first_share else config.input.width


def logits_of(model: nn.Sequential, photos: PhotoSet, spec: InputSpec) -> NDArray[np.float64]:
    """Return the model's logits (photos, classes), without flip averaging."""
    rows = []
    with torch.no_grad():
        for start in range(0, len(photos), _BATCH):
            batch = torch.from_numpy(normalise(photos.pixels[start : start + _BATCH], spec))
            rows.append(model(batch.contiguous(memory_format=torch.channels_last)).double())
    logits: NDArray[np.float64] = torch.cat(rows).numpy()
    return logits


def drawing_weights(photos: PhotoSet, config: TrainConfig) -> NDArray[np.float64]:
    """Return the probability of each photo to be drawn, shape (photos,), with sum 1.

    It is the share of the photo's source and class, divided by the number of such photos.
    """
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
        for mean, new in zip(averaged.parameters(), model.parameters(), strict=True):
            mean.lerp_(new, 1 - decay)
