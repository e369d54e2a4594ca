"""Train and evaluate the network without pretrained weights, with several seeds."""

import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from training.data.photo_set import PhotoSet, UnusableData, load_photos
from training.studies.from_scratch import ScratchConfig, ScratchPhotos, fit_scratch, scaled
from training.studies.spread import SeedSpread

_FOLDS = 3  # one of them is held back if `test` must not be read
_BATCH = 200


def scratch_by_seed(
    data: Path,
    seeds: Sequence[int],
    *,
    config: ScratchConfig | None = None,
    threads: int,
    held_back: bool,
    cache_dir: Path,
    report: Callable[[str], None],
) -> dict[str, SeedSpread]:
    """Return the share of vehicles named rightly, choosing among vehicles only, by source.

    Measured on `test`, or with `held_back` on a third of `train`; without flip averaging.

    Raises: UnusableData.
    """
    config = config or ScratchConfig()
    torch.set_num_threads(threads)
    ours = _ours(data, "train", config, cache_dir)
    aside = ours.folds(_FOLDS) == 0 if held_back else np.zeros(len(ours), dtype=np.bool_)
    photos = _with_extra(ours.take(~aside), data, config, cache_dir)
    models = [fit_scratch(photos, config, seed=seed, report=report) for seed in seeds]
    tests = ours.take(aside) if held_back else _ours(data, "test", config, None)
    figures = [forced_right(model, tests, config) for model in models]
    return {name: SeedSpread(values=tuple(seed[name] for seed in figures)) for name in figures[0]}


def forced_right(
    model: nn.Sequential, photos: PhotoSet, config: ScratchConfig
) -> Mapping[str, float]:
    """Return the share of each source's vehicles named rightly, 0..1."""
    logits = []
    with torch.no_grad():
        for start in range(0, len(photos), _BATCH):
            pixels = torch.from_numpy(photos.pixels[start : start + _BATCH])
            logits.append(model(scaled(pixels.permute(0, 3, 1, 2).float(), config.input)))
    vehicles = len(config.vehicles)
    right = torch.cat(logits)[:, :vehicles].argmax(1).numpy() == photos.labels
    is_vehicle = photos.labels < vehicles
    return {
        source: float(right[is_vehicle & (photos.sources == source)].mean())
        for source in np.unique(photos.sources[is_vehicle]).tolist()
    }


def _ours(data: Path, split: str, config: ScratchConfig, cache_dir: Path | None) -> PhotoSet:
    return load_photos(
        data,
        "test" if split == "test" else "train",
        classes=config.classes,
        spec=config.input,
        cache_dir=cache_dir,
    )


def _with_extra(
    ours: PhotoSet, data: Path, config: ScratchConfig, cache_dir: Path
) -> ScratchPhotos:
    """Return both tasks' photos; the second task's classes follow ours."""
    names = _folders_in(data / config.extra_source / "train.zip")
    loaded = load_photos(
        data,
        "train",
        classes=names,
        spec=config.input,
        archive_limit=config.extra_limit,
        cache_dir=cache_dir,
    )
    extra = loaded.take(loaded.sources == config.extra_source)
    return ScratchPhotos(
        pixels=np.concatenate([ours.pixels, extra.pixels]),
        labels=np.concatenate([ours.labels, extra.labels + len(config.classes)]),
        weights=np.concatenate(
            [
                _weights(ours, config) * (1 - config.extra_share),
                np.full(len(extra), config.extra_share / len(extra)),
            ]
        ),
        classes=len(config.classes) + len(names),
    )


def _folders_in(archive: Path) -> tuple[str, ...]:
    try:
        with zipfile.ZipFile(archive) as content:
            names = [Path(name) for name in content.namelist() if not name.endswith("/")]
    except (OSError, zipfile.BadZipFile) as error:
        raise UnusableData(f"the second task needs the archive {archive}: {error}") from error
    return tuple(sorted({name.parent.name for name in names}))


def _weights(photos: PhotoSet, config: ScratchConfig) -> NDArray[np.float64]:
    weights = np.zeros(len(photos))
    for entry in config.shares:
        rows = photos.sources == entry.source
        rows &= photos.labels == config.classes.index(entry.label)
        weights[rows] = entry.weight / max(1, int(rows.sum()))
    if not weights.sum():
        names = ", ".join(sorted({entry.source for entry in config.shares}))
        raise UnusableData(f"no photos to train on; expected one of the sources {names}")
    probabilities: NDArray[np.float64] = weights / weights.sum()
    return probabilities
