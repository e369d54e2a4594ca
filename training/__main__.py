"""`python -m training`: train a model, evaluate one."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from training.card import CARD_NAME, update_card
from training.data import UnusableData, load_photos
from training.evaluate import Evaluation, evaluate, predict
from training.serving.errors import InvalidModel
from training.serving.manifest import MANIFEST_NAME
from training.serving.predictor import Predictor
from training.settings import TrainConfig

SHIPPED = Path(__file__).resolve().parent / "shipped"
DEFAULT_DATA = Path("../shared/data")
START_WEIGHTS = "weights/mobilenet_v1_0.75_192_quant.tflite"

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)


@app.command()
def train(  # noqa: PLR0917  # Typer's options are keywords on the command line
    data: Annotated[Path, typer.Option(help="Folder of <source>/train/<class>/*.")] = DEFAULT_DATA,
    weights: Annotated[
        Path | None, typer.Option(help=f"Start weights; without: DATA/{START_WEIGHTS}.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Where model and manifest go.")] = Path("build/model"),
    work: Annotated[Path, typer.Option(help="Caches and finished parts.")] = Path(
        ".scones/training"
    ),
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 1,
    epochs: Annotated[int, typer.Option(help="Rounds of 5,000 photos.")] = TrainConfig().epochs,
) -> None:
    """Train, calibrate and export a model (about half an hour on two cores).

    Example: python -m training train --data ../shared/data --out build/model
    """
    console = Console(highlight=False)
    try:
        # Here, because measuring a model must not need torch.
        from training.pretrained import UnusableWeights  # noqa: PLC0415
        from training.train import TrainPaths  # noqa: PLC0415
        from training.train import train as run_training  # noqa: PLC0415
    except ModuleNotFoundError as error:
        console.print(f"Training needs {error.name}; `make train` installs it.")
        raise typer.Exit(2) from error
    config = replace(TrainConfig(), seed=seed, epochs=epochs)
    paths = TrainPaths(
        data_dir=data, weights=weights or data / START_WEIGHTS, model_dir=out, work_dir=work
    )
    try:
        run_training(config, paths, console.print)
    except (UnusableData, UnusableWeights) as error:
        console.print(f"Cannot train: {error}")
        raise typer.Exit(2) from error


@app.command("evaluate")
def evaluate_command(
    data: Annotated[Path, typer.Option(help="Folder of <source>/test/<class>/*.")] = DEFAULT_DATA,
    model: Annotated[Path, typer.Option(help="Folder of model and manifest.")] = SHIPPED,
    record: Annotated[bool, typer.Option(help="Write the figures into manifest and card.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Measure a model on the test photos, as it is served.

    Example: python -m training evaluate --data ../shared/data --json
    """
    console = Console(highlight=False)
    try:
        predictor = Predictor.load(model)
        manifest = predictor.manifest
        photos = load_photos(data, "test", classes=manifest.classes, spec=manifest.input)
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
    console.print(f"right among assigned: {result.assigned_right}")
    console.print(f"vehicles assigned: {result.vehicles_assigned}")
    console.print(f"non-vehicles assigned: {result.strangers_assigned}")
    console.print(f"calibration error: {100 * result.calibration_error:.2f} %")


if __name__ == "__main__":
    app()
