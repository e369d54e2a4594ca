"""`python -m training`: fetch and validate photos, train a model, evaluate one."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from training.cli import data as data_commands
from training.cli import launch, registry, studies
from training.cli.errors import AsJson
from training.config import START_WEIGHTS, TrainConfig
from training.data.photo_set import UnusableData, load_photos
from training.data.sources.corrections import read_corrections
from training.evaluation.metrics import Evaluation, corrected, evaluate, of_sources, predict
from training.evaluation.model_card import CARD_NAME, update_card
from training.serving.errors import InvalidModel
from training.serving.manifest import MANIFEST_NAME
from training.serving.predictor import Predictor

SHIPPED = Path(__file__).resolve().parent / "shipped"
DEFAULT_DATA = Path("../shared/data")

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
for commands in (launch.app, registry.app):
    app.add_typer(commands)

app.command()(data_commands.fetch)
app.command()(data_commands.verdicts)
app.command()(data_commands.validate)
app.command()(studies.seeds)
app.command()(studies.scratch)
app.command()(studies.speed)


@app.command()
def train(  # noqa: PLR0917  # Typer's options are keywords on the command line
    data: Annotated[
        list[Path] | None,
        typer.Option(help=f"Folder or archive of labelled photos; repeatable. [{DEFAULT_DATA}]"),
    ] = None,
    weights: Annotated[
        Path | None, typer.Option(help=f"Start weights. [DATA/{START_WEIGHTS}, where it is]")
    ] = None,
    out: Annotated[Path, typer.Option(help="Where model and manifest go.")] = Path("build/model"),
    work: Annotated[Path, typer.Option(help="Caches and finished parts.")] = Path(
        ".scones/training"
    ),
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 1,
    epochs: Annotated[int, typer.Option(help="Rounds of 5,000 photos.")] = TrainConfig().epochs,
    threads: Annotated[int, typer.Option(help="Cores that one fit uses.")] = TrainConfig().threads,
    classes: Annotated[
        str, typer.Option(help="Vehicles to tell apart, as the folders are named: a,b,c.")
    ] = "",
    negatives: Annotated[
        str, typer.Option(help="With --classes: the folder of what is none of them, if any.")
    ] = "",
) -> None:
    """Train, calibrate and export a model (about an hour on two cores).

    Examples: python -m training train --data ../shared/data --out build/model;
    python -m training train --data ~/photos --classes van,tram,scooter --negatives nothing
    """
    console = Console(highlight=False)
    try:
        # Here, because measuring a model must not need torch.
        from training.model.pretrained import UnusableWeights  # noqa: PLC0415
        from training.train import TrainPaths  # noqa: PLC0415
        from training.train import train as run_training  # noqa: PLC0415
    except ModuleNotFoundError as error:
        console.print(f"Training needs {error.name}; `make train` installs it.")
        raise typer.Exit(2) from error
    config = replace(_config(classes, negatives), seed=seed, epochs=epochs, threads=threads)
    places = data or [DEFAULT_DATA]
    paths = TrainPaths(
        data_dir=places[0],
        more_data=tuple(places[1:]),
        weights=weights or _start_weights(places, console),
        model_dir=out,
        work_dir=work,
    )
    try:
        run_training(config, paths, console.print)
    except (UnusableData, UnusableWeights) as error:
        console.print(f"Cannot train: {error}")
        raise typer.Exit(2) from error


def _start_weights(places: Sequence[Path], console: Console) -> Path | None:
    """Beside the photos, or where this project's own are; a model can do without."""
    for place in (*places, DEFAULT_DATA):
        if (place / START_WEIGHTS).is_file():
            return place / START_WEIGHTS
    console.print(f"No {START_WEIGHTS} beside the photos: training from scratch (or: --weights).")
    return None


def _config(classes: str, negatives: str) -> TrainConfig:
    """The shipped model's settings, or the same for other classes."""
    vehicles = tuple(name.strip() for name in classes.split(",") if name.strip())
    if not vehicles:
        return TrainConfig()
    names = (*vehicles, negatives) if negatives else vehicles
    if len(names) < 2 or len(set(names)) != len(names):
        raise typer.BadParameter("--classes needs two or more different names")
    # What lies in archives under other names is a sample of nothing where nothing is a class.
    limit = TrainConfig().archive_limit if negatives else 0
    return replace(TrainConfig(), classes=names, vehicles=vehicles, archive_limit=limit)


@app.command("evaluate")
def evaluate_command(  # noqa: PLR0917  # as above
    data: Annotated[Path, typer.Option(help="Folder of <source>/test/<class>/*.")] = DEFAULT_DATA,
    model: Annotated[Path, typer.Option(help="Folder of model and manifest.")] = SHIPPED,
    record: Annotated[bool, typer.Option(help="Write the figures into manifest and card.")] = False,
    corrections: Annotated[
        Path | None, typer.Option(help="Labels set right by a person; shown, never recorded.")
    ] = None,
    sources: Annotated[
        str, typer.Option(help="Comma-separated: only these sources. [all that are there]")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Measure a model on the test photos, as it is served.

    Example: python -m training evaluate --data ../shared/data --sources cifar100,street --json
    """
    console = Console(highlight=False)
    try:
        predictor = Predictor.load(model)
        manifest = predictor.manifest
        photos = load_photos(data, "test", classes=manifest.classes, spec=manifest.input)
        photos = of_sources(photos, [name for name in sources.split(",") if name])
        if corrections is not None:
            record = False  # what is recorded is measured against the sources' own labels
            photos = corrected(photos, read_corrections(corrections), manifest.classes)
    except (InvalidModel, UnusableData) as error:
        console.print(f"Cannot evaluate: {error}")
        raise typer.Exit(2) from error
    result = evaluate(
        predict(predictor, photos),
        photos,
        classes=manifest.classes,
        vehicles=[manifest.classes.index(name) for name in manifest.vehicle_classes],
        threshold=manifest.threshold,
    )
    if record:
        _record(model, result)
    if as_json:
        console.print_json(json.dumps(result.to_wire()))
    else:
        _show(console, result)


def _record(model: Path, result: Evaluation) -> None:
    path = model / MANIFEST_NAME
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["training"]["metrics"]["test"] = result.to_wire()
    text = json.dumps(manifest, indent=2, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
    if (model / CARD_NAME).exists():
        update_card(model / CARD_NAME, manifest)


def _show(console: Console, result: Evaluation) -> None:
    table = Table("source", "class", "right", "forced choice", "assigned", "right if assigned")
    for group in result.groups:
        forced = "" if group.forced_right is None else str(group.forced_right)
        table.add_row(
            group.source,
            group.label,
            str(group.right),
            forced,
            str(group.assigned),
            str(group.assigned_right),
        )
    console.print(table)
    for source, value in result.forced_by_source.items():
        console.print(f"forced choice, {source}: {value}")
    console.print(f"forced choice, mean of sources: {100 * result.forced_macro_average:.1f} %")
    console.print(f"right among all assigned, non-vehicles included: {result.assigned_right}")
    console.print(f"vehicles assigned: {result.vehicles_assigned}")
    console.print(f"non-vehicles assigned: {result.non_vehicles_assigned}")
    console.print(f"calibration error: {100 * result.calibration_error:.2f} %")
    console.print(f"the same, debiased: {100 * result.calibration_error_debiased:.2f} %")


if __name__ == "__main__":
    app()
