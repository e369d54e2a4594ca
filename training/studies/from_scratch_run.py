"""The network without pretrained weights: its photos, and what it is worth from several seeds."""

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

_FOLDS = 3  # one of them is held back where `test` is not to be read
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
    """By source: vehicles named rightly in one view, where only vehicles may be answered.

    Raises: UnusableData.
    """
    config = config or ScratchConfig()
    torch.set_num_threads(threads)
    ours = _ours(data, "train", config, cache_dir)
    aside = ours.folds(_FOLDS) == 0 if held_back else np.zeros(len(ours), dtype=np.bool_)
    photos = _with_extra(ours.take(~aside), data, config, cache_dir)
    models = [fit_scratch(photos, config, seed=seed, report=report) for seed in seeds]
    judged = ours.take(aside) if held_back else _ours(data, "test", config, None)
    figures = [forced_right(model, judged, config) for model in models]
    return {name: SeedSpread(values=tuple(each[name] for each in figures)) for name in figures[0]}


def forced_right(
    model: nn.Sequential, photos: PhotoSet, config: ScratchConfig
) -> Mapping[str, float]:
    """The share of each source's vehicles."""
    answers = []
    with torch.no_grad():
        for start in range(0, len(photos), _BATCH):
            pixels = torch.from_numpy(photos.pixels[start : start + _BATCH])
            answers.append(model(scaled(pixels.permute(0, 3, 1, 2).float(), config.input)))
    vehicles = len(config.vehicles)
    right = torch.cat(answers)[:, :vehicles].argmax(1).numpy() == photos.labels
    shown = photos.labels < vehicles
    sources = np.unique(photos.sources[shown]).tolist()
    return {source: float(right[shown & (photos.sources == source)].mean()) for source in sources}


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
    """Both tasks' photos; the second task's classes follow ours."""
    names = _folders_in(data / config.extra_source / "train.zip")
    found = load_photos(
        data,
        "train",
        classes=names,
        spec=config.input,
        archive_limit=config.extra_limit,
        cache_dir=cache_dir,
    )
    extra = found.take(found.sources == config.extra_source)
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
        raise UnusableData("none of the sources that the settings name is there")
    probabilities: NDArray[np.float64] = weights / weights.sum()
    return probabilities
