"""`scones evaluate`: measure the model in service on labelled photos."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.errors import NotMeasured, NotWritten, exit_on_error
from infra.cli.options import AsJson
from infra.local.stage.stage import MODEL

if TYPE_CHECKING:
    from training.evaluation.evaluate_folder import Measured

REPORT = Path("build/evaluation.html")


def evaluate(
    folder: Annotated[
        Path,
        typer.Argument(
            help="Photos in <class>/, <source>/<class>/ or <source>/test/<class>/.",
            metavar="FOLDER",
        ),
    ],
    *,
    as_document: AsJson = False,
    out: Annotated[
        Path, typer.Option(help="The report: one HTML file that needs no network.")
    ] = REPORT,
    model: Annotated[Path, typer.Option(help="Folder of model and manifest.")] = MODEL,
    held_back: Annotated[
        bool,
        typer.Option(
            "--held-back",
            help="In a folder without a split: only the photos that training holds back.",
        ),
    ] = False,
) -> None:
    """Measure a model on labelled photos, as it is served; writes an HTML report.

    Exit code: 0 measured, 2 no photos, unknown classes or no model.
    """
    # Imported here, as the other commands start faster without ONNX Runtime.
    from training.data.sources.files import UnusableData  # noqa: PLC0415
    from training.evaluation.evaluate_folder import measure  # noqa: PLC0415
    from training.report.evaluation import render  # noqa: PLC0415
    from training.serving.errors import InvalidModel  # noqa: PLC0415
    from training.serving.predictor import Predictor  # noqa: PLC0415

    with exit_on_error(interrupted="no report was written."):
        try:
            measured = measure(Predictor.load(model), folder, held_back=held_back)
        except (InvalidModel, UnusableData, OSError) as error:
            raise NotMeasured(str(error)) from error
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_text(render(measured), encoding="utf-8")
        except OSError as error:
            raise NotWritten(str(error)) from error
    if as_document:
        typer.echo(json.dumps({**measured.to_wire(), "report": str(out)}, indent=2))
    else:
        typer.echo(_summary(measured))
        typer.echo(f"report: {out}")


def _summary(measured: "Measured") -> str:
    result = measured.figures
    lines = [f"{name}, forced choice: {value}" for name, value in result.forced_by_source.items()]
    if lines:
        lines.append(f"mean of the sources: {100 * result.forced_macro_average:.1f} %")
    photos = "test photos" if measured.split else "photos (all, as the folder has no test side)"
    lines += [
        f"right among all assigned, non-vehicles included: {result.assigned_right}",
        f"vehicles assigned: {result.vehicles_assigned}",
        f"non-vehicles assigned: {result.non_vehicles_assigned}",
        f"calibration error, debiased: {100 * result.calibration_error_debiased:.2f} %",
    ]
    model, count = measured.manifest.model_version, len(measured.photos)
    lines.append(f"model {model}, {count:,} {photos}, {measured.unreadable} unreadable")
    if measured.ignored:
        names = ", ".join(measured.ignored[:20])
        lines.append(f"folders that are not named like a class of this model: {names}")
    return "\n".join(lines)
