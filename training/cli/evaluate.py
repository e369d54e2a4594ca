"""`python -m training evaluate`: measure a model on the test photos, and record the figures."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from training.cli.errors import CANNOT_RUN
from training.cli.options import DEFAULT_DATA, SHIPPED, AsJson
from training.data.photo_set import load_photos
from training.data.sources.corrections import read_corrections
from training.data.sources.files import UnusableData
from training.evaluation.metrics import Evaluation, corrected, evaluate, of_sources, predict
from training.evaluation.model_card import CARD_NAME, update_card
from training.serving.errors import InvalidModel
from training.serving.manifest import MANIFEST_NAME
from training.serving.predictor import Predictor


def evaluate_command(  # noqa: PLR0917  # Typer's options are keywords on the command line
    data: Annotated[Path, typer.Option(help="Folder of <source>/test/<class>/*.")] = DEFAULT_DATA,
    model: Annotated[Path, typer.Option(help="Folder of model and manifest.")] = SHIPPED,
    record: Annotated[bool, typer.Option(help="Write the figures into manifest and card.")] = False,
    corrections: Annotated[
        Path | None, typer.Option(help="Labels corrected by a person; shown, never recorded.")
    ] = None,
    sources: Annotated[
        str, typer.Option(help="Comma-separated: only these sources. [all in the folder]")
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
            record = False  # recorded figures use the sources' own labels
            photos = corrected(photos, read_corrections(corrections), manifest.classes)
    except (InvalidModel, UnusableData) as error:
        console.print(f"Cannot evaluate: {error}")
        raise typer.Exit(CANNOT_RUN) from error
    result = evaluate(
        predict(predictor, photos),
        photos,
        classes=manifest.classes,
        vehicles=manifest.vehicle_columns,
        threshold=manifest.threshold,
        has_defect=photos.has_defect,
    )
    if record:
        _record(model, result)
    if as_json:
        console.print_json(json.dumps(result.to_wire()))
    else:
        _show(console, result)


def _record(model: Path, result: Evaluation) -> None:
    """Write the figures into the manifest, and into the model card if there is one."""
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
