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
    from training.evaluation.model_comparison import ModelComparison

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
    photos: Annotated[
        Path | None,
        typer.Option(help="Also list every photo, in a .csv or .json file.", metavar="FILE"),
    ] = None,
    model: Annotated[Path, typer.Option(help="Folder of model and manifest.")] = MODEL,
    against: Annotated[
        Path | None,
        typer.Option(help="Another model to compare with, on the same photos.", metavar="MODEL"),
    ] = None,
    held_back: Annotated[
        bool,
        typer.Option(
            "--held-back",
            help="In a folder without a split: only the photos that training holds back.",
        ),
    ] = False,
) -> None:
    """Measure a model on labelled photos, as it is served; writes an HTML report.

    Warns of photos that the model was trained on, and names files that cannot be read.

    Exit code: 0 measured, 2 no photos, photos of one class alone, unknown classes or no model.
    """
    # Imported here, as the other commands start faster without ONNX Runtime.
    from training.report.evaluation import render  # noqa: PLC0415
    from training.report.evaluation_summary import summary  # noqa: PLC0415
    from training.report.photo_list import FORMATS, photo_list  # noqa: PLC0415

    if photos is not None and photos.suffix.lower() not in FORMATS:
        raise typer.BadParameter(f"--photos needs a name that ends in {' or '.join(FORMATS)}")
    with exit_on_error(interrupted="no report was written."):
        measured, comparison = _measure(model, against, folder, held_back=held_back)
        _write(out, render(measured, comparison))
        if photos is not None:
            _write(photos, photo_list(measured, photos.suffix.lower()))
    if as_document:
        document = {**measured.to_wire(), "report": str(out)}
        if comparison:
            document["against"] = comparison.to_wire()
        typer.echo(json.dumps(document, indent=2))
    else:
        typer.echo(summary(measured, comparison))
        typer.echo(f"report: {out}")


def _measure(
    model: Path, against: Path | None, folder: Path, *, held_back: bool
) -> "tuple[Measured, ModelComparison | None]":
    # Imported here for the same reason as in `evaluate`.
    from training.data.sources.files import UnusableData  # noqa: PLC0415
    from training.evaluation.evaluate_folder import measure  # noqa: PLC0415
    from training.evaluation.model_comparison import compare_with  # noqa: PLC0415
    from training.evaluation.training_photos import TrainingPhotos  # noqa: PLC0415
    from training.serving.errors import InvalidModel  # noqa: PLC0415
    from training.serving.predictor import Predictor  # noqa: PLC0415

    try:
        predictor = Predictor.load(model)
        listed = TrainingPhotos.load(model, predictor.manifest)
        other = None if against is None else Predictor.load(against)
        measured = measure(predictor, folder, held_back=held_back, training_photos=listed)
        if against is None or other is None:
            return measured, None
        listed = TrainingPhotos.load(against, other.manifest)
        return measured, compare_with(measured, other, listed)
    except (InvalidModel, UnusableData, OSError) as error:
        raise NotMeasured(str(error)) from error


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Line ends as they are: those of CSV are its own, and a name may hold one.
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise NotWritten(str(error)) from error
