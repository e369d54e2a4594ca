"""`python -m training fetch`, `verdicts` and `validate`: get photos and check them."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import DownloadColumn, Progress, TextColumn

from monitoring.rendering.format import printable
from training.cli.errors import CANNOT_RUN
from training.cli.options import SHIPPED, AsJson
from training.config import TrainConfig
from training.data.sources import cifar100
from training.data.sources.cifar100 import ARCHIVE_NAME, MD5, URL
from training.data.sources.collecting import REPORT_NAME, SOURCE, collect
from training.data.sources.download import DownloadFailed, Remote, download
from training.data.sources.files import UnusableData
from training.data.sources.refused import copy_refused
from training.data.sources.verdict_places import FolderPhotos, S3Photos, lines_in_bucket, lines_of
from training.evaluation.out_of_fold import OUT_OF_FOLD_NAME, OutOfFold
from training.report.validation import render
from training.serving.errors import InvalidModel
from training.serving.predictor import Predictor
from training.validation.findings import Validation
from training.validation.validate_folder import validate_folders

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_MOST_NAMED = 20  # doubtful labels in the terminal


def fetch(
    out: Annotated[Path, typer.Option(help="The data folder that it goes into.")],
    archive: Annotated[
        Path | None, typer.Option(help=f"A copy of {ARCHIVE_NAME} that you have; no network.")
    ] = None,
    url: Annotated[str, typer.Option(help="Where the archive is.")] = URL,
    md5: Annotated[str, typer.Option(help="The archive's checksum.")] = MD5,
    negatives: Annotated[
        int, typer.Option(min=0, help="Number of pictures of other classes, on each side.")
    ] = 0,
) -> None:
    """Get CIFAR-100's official archive, and write its pictures of our classes into folders.

    An interrupted download continues where it stopped. Example:
    python -m training fetch --out ../data --negatives 500
    """
    folder = out / cifar100.SOURCE
    if folder.exists():
        typer.echo(f"{folder} exists already; remove it to write it again")
        return
    try:
        path = archive or out / ".downloads" / ARCHIVE_NAME
        if archive is None:
            _download(Remote(url=url, md5=md5), path)
        counts = cifar100.unpack(path, out, classes=TrainConfig().classes, negatives=negatives)
    except DownloadFailed as error:
        typer.echo(f"Cannot fetch: {error}", err=True)
        typer.echo(
            f"Run it again to continue, or get {ARCHIVE_NAME} elsewhere and name it with "
            "--archive; any folder <class>/* of photos works as well: train --data FOLDER",
            err=True,
        )
        raise typer.Exit(CANNOT_RUN) from error
    except (UnusableData, OSError) as error:
        typer.echo(f"Cannot fetch: {error}", err=True)
        raise typer.Exit(CANNOT_RUN) from error
    typer.echo(f"wrote {folder}: " + ", ".join(f"{n} {name}" for name, n in counts.items()))


def verdicts(
    out: Annotated[Path, typer.Option(help="The data folder that they go into.")],
    labels: Annotated[
        Path | None, typer.Option(help="Ground-truth lines: a .jsonl file or a folder of them.")
    ] = None,
    photos: Annotated[
        Path | None, typer.Option(help="The photos, by key or by photo id; without: from S3.")
    ] = None,
    labels_bucket: Annotated[str, typer.Option(help="Instead of --labels: the bucket.")] = "",
) -> None:
    """Turn reviewers' verdicts into labelled photos; contradictions are listed and not used.

    Example: python -m training verdicts --labels-bucket NAME --out build/data
    """
    if (labels is None) == (not labels_bucket):
        raise typer.BadParameter("give --labels or --labels-bucket")
    config = TrainConfig()
    others = [name for name in config.classes if name not in config.vehicles]
    try:
        lines = lines_of(labels) if labels else lines_in_bucket(_s3(), labels_bucket)
        if labels_bucket:
            copy_refused(_s3(), labels_bucket, out)
        collected = collect(
            lines,
            FolderPhotos(photos) if photos else S3Photos(_s3()),
            out,
            classes=config.classes,
            negatives=others[0] if others else None,
        )
    except UnusableData as error:
        typer.echo(f"Cannot collect: {error}", err=True)
        raise typer.Exit(CANNOT_RUN) from error
    written = ", ".join(f"{count} {name}" for name, count in collected.written.items())
    typer.echo(f"wrote {out / SOURCE}: {written or 'no photos'}")
    typer.echo(
        f"left out: {len(collected.contradictions)} contradictions, "
        f"{len(collected.retracted)} undone, {len(collected.unusable)} unusable, "
        f"{len(collected.unknown)} of other classes, {len(collected.gone)} without bytes, "
        f"{collected.malformed} malformed lines"
    )
    for contradiction in collected.contradictions:
        ids, names = ", ".join(contradiction.photo_ids), " or ".join(contradiction.labels)
        typer.echo(f"  {ids}: {names} ({contradiction.reason})")
    typer.echo(f"details: {out / REPORT_NAME}")


def validate(
    folder: Annotated[list[Path], typer.Argument(help="Labelled photos; several are one set.")],
    html: Annotated[Path | None, typer.Option(help="Write a report with pictures.")] = None,
    as_json: AsJson = False,
    model: Annotated[
        Path, typer.Option(help="The model whose predictions are compared with the labels.")
    ] = SHIPPED,
    out_of_fold: Annotated[
        Path | None,
        typer.Option(
            help=f"{OUT_OF_FOLD_NAME} of `train --work`: for photos that the model has learnt."
        ),
    ] = None,
) -> None:
    """Check labelled photos for duplicates, leaks and wrong labels before training on them.

    Labels that the model contradicts are listed, most doubtful first. Exit code: 0 checked, 2 could
    not; people decide about the findings.
    Example: python -m training validate ../shared/data --html build/validation.html
    """
    config = TrainConfig()
    try:
        predictor = Predictor.load(model)
        validation = validate_folders(
            folder,
            classes=config.classes,
            spec=predictor.manifest.input,
            archive_limit=config.archive_limit,
            predictor=predictor,
            out_of_fold=OutOfFold.load(out_of_fold) if out_of_fold else None,
        )
        if html:
            html.parent.mkdir(parents=True, exist_ok=True)
            html.write_text(render(validation), encoding="utf-8")
    except (InvalidModel, UnusableData, OSError) as error:
        typer.echo(printable(f"Cannot validate: {error}"), err=True)
        raise typer.Exit(CANNOT_RUN) from error
    if as_json:
        typer.echo(json.dumps(validation.to_wire(), indent=2))
    else:
        _show(validation)
        if html:
            typer.echo(f"report: {html}")


def _show(validation: Validation) -> None:
    crossing = sum(group.crosses_sides for group in validation.near_duplicates)
    typer.echo(f"{len(validation.checked):,} files, {len(validation.unreadable)} unreadable")
    typer.echo(
        f"same bytes: {len(validation.duplicates)} groups, {len(validation.leaks)} across the sides"
    )
    typer.echo(
        f"look-alikes: {len(validation.near_duplicates)} groups, {crossing} across the sides"
    )
    typer.echo(f"label conflicts: {len(validation.conflicts)}")
    typer.echo(f"suspicious labels: {len(validation.suspicions)} ({_doubted_by(validation)})")
    for suspicion in validation.suspicions[:_MOST_NAMED]:
        typer.echo(printable(f"  {suspicion.doubt:.2f} {suspicion.predicted}? {suspicion.checked}"))
    if len(validation.suspicions) > _MOST_NAMED:
        typer.echo("  --json lists all, --html shows them")
    for remark in validation.remarks:
        typer.echo(printable(f"note: {remark}"))


def _doubted_by(validation: Validation) -> str:
    models = [validation.model_version] if validation.model_version else []
    if validation.out_of_fold:
        models.append(f"out of fold: {validation.out_of_fold} photos")
    return ", ".join(models) or "no model knows these classes"


def _s3() -> "S3Client":
    import boto3  # noqa: PLC0415 # needed only to read a bucket

    return boto3.client("s3")


def _download(remote: Remote, target: Path) -> None:
    columns = (TextColumn("{task.description}"), DownloadColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(target.name)

        def show_progress(received: int, total: int) -> None:
            progress.update(task, completed=received, total=total or None)

        download(remote, target, progress=show_progress)
