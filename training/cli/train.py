"""`python -m training train` and `trained-photos`: train a model here, and list its photos."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from training.cli.errors import CANNOT_RUN, exit_on_error
from training.cli.options import DEFAULT_DATA
from training.config import TrainConfig
from training.data.sources.files import UnusableData
from training.evaluation.training_photos import TRAINING_PHOTOS_NAME, list_training_photos


def train_command(  # noqa: PLR0917  # Typer's options are keywords on the command line
    data: Annotated[
        list[Path] | None,
        typer.Option(help=f"Folder or archive of labelled photos; repeatable. [{DEFAULT_DATA}]"),
    ] = None,
    out: Annotated[Path, typer.Option(help="Where model and manifest go.")] = Path("build/model"),
    work: Annotated[Path, typer.Option(help="Caches and finished fits.")] = Path(
        ".scones/training"
    ),
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 1,
    epochs: Annotated[int, typer.Option(help="Rounds of 5,500 photos.")] = TrainConfig().epochs,
    threads: Annotated[int, typer.Option(help="Cores that one fit uses.")] = TrainConfig().threads,
    classes: Annotated[
        str, typer.Option(help="Vehicles to distinguish, as the folders are named: a,b,c.")
    ] = "",
    negatives: Annotated[
        str, typer.Option(help="With --classes: the folder of photos without these vehicles.")
    ] = "",
) -> None:
    """Train, calibrate and export a model (about an hour on two cores).

    Examples: python -m training train --data ../shared/data --out build/model;
    python -m training train --data ~/photos --classes van,tram,scooter --negatives nothing
    """
    console = Console(highlight=False)
    try:
        # Imported here, as the other commands must not need torch.
        from training.model.pretrained import UnusableWeights, packaged_weights  # noqa: PLC0415
        from training.train import TrainPaths, train  # noqa: PLC0415
    except ModuleNotFoundError as error:
        console.print(f"Training needs {error.name}; `make train` installs it.")
        raise typer.Exit(CANNOT_RUN) from error
    config = replace(_config(classes, negatives), seed=seed, epochs=epochs, threads=threads)
    places = data or [DEFAULT_DATA]
    paths = TrainPaths(
        data_dir=places[0],
        more_data=tuple(places[1:]),
        weights=packaged_weights(),
        model_dir=out,
        work_dir=work,
    )
    try:
        train(config, paths, console.print)
    except (UnusableData, UnusableWeights) as error:
        console.print(f"Cannot train: {error}")
        raise typer.Exit(CANNOT_RUN) from error


def trained_photos(
    model: Annotated[Path, typer.Argument(help="Folder of model and manifest.")],
    data: Annotated[
        list[Path] | None,
        typer.Option(help=f"What it was trained on; repeatable. [{DEFAULT_DATA}]"),
    ] = None,
    work: Annotated[Path, typer.Option(help="Cache of the photos, as of `train`.")] = Path(
        ".scones/training"
    ),
) -> None:
    """Write the list of training photos beside a manifest, for a model without one.

    Evaluations warn of photos on that list. The photos must be those that the manifest names by
    digest. Example: python -m training trained-photos training/shipped --data ../shared/data
    """
    with exit_on_error() as console:
        count = list_training_photos(model, data or [DEFAULT_DATA], work, report=console.print)
        console.print(f"wrote {model / TRAINING_PHOTOS_NAME}: {count} photos")


def _config(classes: str, negatives: str) -> TrainConfig:
    """Return the shipped model's settings, or the same for other classes."""
    vehicles = tuple(name.strip() for name in classes.split(",") if name.strip())
    if not vehicles:
        return TrainConfig()
    names = (*vehicles, negatives) if negatives else vehicles
    if len(names) < 2 or len(set(names)) != len(names):
        raise typer.BadParameter("--classes needs two or more different names")
    # Without a class of negatives, photos of other classes in archives have no label.
    limit = TrainConfig().archive_limit if negatives else 0
    return replace(TrainConfig(), classes=names, vehicles=vehicles, archive_limit=limit)
