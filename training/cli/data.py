"""`python -m training fetch`, `verdicts` and `validate`: the photos before anything is trained."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import DownloadColumn, Progress, TextColumn

from training.cli.errors import AsJson
from training.config import TrainConfig
from training.data.sources.cifar100 import ARCHIVE_NAME, MD5, URL
from training.data.sources.collecting import REPORT_NAME, SOURCE, collect
from training.data.sources.download import DownloadFailed, Remote, download
from training.data.sources.files import UnusableData
from training.data.sources.unpacked import SOURCE as CIFAR100
from training.data.sources.unpacked import unpack
from training.data.sources.verdict_places import FolderPhotos, S3Photos, lines_in_bucket, lines_of
from training.report.validation import render
from training.serving.errors import InvalidModel
from training.serving.predictor import Predictor
from training.validation.validate_folder import examine

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CANNOT_RUN = 2
SHIPPED = Path(__file__).resolve().parents[1] / "shipped"


def fetch(
    out: Annotated[Path, typer.Option(help="The data folder that it goes into.")],
    archive: Annotated[
        Path | None, typer.Option(help=f"A copy of {ARCHIVE_NAME} that you have; no network.")
    ] = None,
    url: Annotated[str, typer.Option(help="Where the archive is.")] = URL,
    md5: Annotated[str, typer.Option(help="The archive's checksum.")] = MD5,
    negatives: Annotated[
        int, typer.Option(min=0, help="So many pictures of other classes, on each side.")
    ] = 0,
) -> None:
    """Get CIFAR-100's official archive, and our classes of it as folders of pictures.

    A download that broke off goes on where it stopped. Example:
    python -m training fetch --out ../data --negatives 500
    """
    if (out / CIFAR100).exists():
        typer.echo(f"{out / CIFAR100} is there already; remove it to make it anew")
        return
    try:
        kept = archive or out / ".downloads" / ARCHIVE_NAME
        if archive is None:
            _download(Remote(url=url, md5=md5), kept)
        counts = unpack(kept, out, classes=TrainConfig().classes, negatives=negatives)
    except DownloadFailed as error:
        typer.echo(f"Cannot fetch: {error}", err=True)
        typer.echo(
            f"Run it again to go on, or get {ARCHIVE_NAME} elsewhere and name it with --archive; "
            "any folder <class>/* of photos will do as well: train --data FOLDER",
            err=True,
        )
        raise typer.Exit(CANNOT_RUN) from error
    except (UnusableData, OSError) as error:
        typer.echo(f"Cannot fetch: {error}", err=True)
        raise typer.Exit(CANNOT_RUN) from error
    typer.echo(f"wrote {out / CIFAR100}: " + ", ".join(f"{n} {name}" for name, n in counts.items()))


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
    """Turn reviewers' verdicts into labelled photos; contradictions are listed, never used.

    Example: python -m training verdicts --labels-bucket NAME --out build/data
    """
    if (labels is None) == (not labels_bucket):
        raise typer.BadParameter("give --labels or --labels-bucket")
    config = TrainConfig()
    others = [name for name in config.classes if name not in config.vehicles]
    try:
        lines = lines_of(labels) if labels else lines_in_bucket(_s3(), labels_bucket)
        found = collect(
            lines,
            FolderPhotos(photos) if photos else S3Photos(_s3()),
            out,
            classes=config.classes,
            negatives=others[0] if others else None,
        )
    except UnusableData as error:
        typer.echo(f"Cannot collect: {error}", err=True)
        raise typer.Exit(CANNOT_RUN) from error
    written = ", ".join(f"{count} {name}" for name, count in found.written.items())
    typer.echo(f"wrote {out / SOURCE}: {written or 'nothing'}")
    typer.echo(
        f"left out: {len(found.contradictions)} contradictions, {len(found.retracted)} taken back, "
        f"{len(found.unusable)} unusable, {len(found.unknown)} of other classes, "
        f"{len(found.gone)} without bytes, {found.malformed} malformed lines"
    )
    for each in found.contradictions:
        typer.echo(f"  {', '.join(each.photo_ids)}: {' or '.join(each.labels)} ({each.why})")
    typer.echo(f"all of it: {out / REPORT_NAME}")


def validate(
    folder: Annotated[list[Path], typer.Argument(help="Labelled photos; several are one set.")],
    html: Annotated[Path | None, typer.Option(help="Write a report with pictures.")] = None,
    as_json: AsJson = False,
    model: Annotated[Path, typer.Option(help="The model that doubts labels.")] = SHIPPED,
) -> None:
    """Look for what is wrong with labelled photos before anything is learnt from them.

    Exit code: 0 looked at, 2 could not; what was found is for people to judge.
    Example: python -m training validate ../shared/data --html build/validation.html
    """
    config = TrainConfig()
    try:
        predictor = Predictor.load(model)
        found = examine(
            folder,
            classes=config.classes,
            spec=predictor.manifest.input,
            archive_limit=config.archive_limit,
            predictor=predictor,
        )
        if html:
            html.parent.mkdir(parents=True, exist_ok=True)
            html.write_text(render(found), encoding="utf-8")
    except (InvalidModel, UnusableData, OSError) as error:
        typer.echo(f"Cannot validate: {error}", err=True)
        raise typer.Exit(CANNOT_RUN) from error
    if as_json:
        typer.echo(json.dumps(found.to_wire(), indent=2))
        return
    crossing = sum(each.crosses_sides for each in found.near_duplicates)
    typer.echo(f"{len(found.checked):,} files, {len(found.unreadable)} unreadable")
    typer.echo(f"same bytes: {len(found.duplicates)} groups, {len(found.leaks)} across the sides")
    typer.echo(f"look-alikes: {len(found.near_duplicates)} groups, {crossing} across the sides")
    typer.echo(f"label conflicts: {len(found.conflicts)}")
    typer.echo(f"suspicious labels: {len(found.suspicions)} ({found.judged_by or 'no model fits'})")
    for remark in found.remarks:
        typer.echo(f"note: {remark}")
    if html:
        typer.echo(f"report: {html}")


def _s3() -> "S3Client":
    import boto3  # noqa: PLC0415 # only who reads a bucket needs it

    return boto3.client("s3")


def _download(remote: Remote, target: Path) -> None:
    columns = (TextColumn("{task.description}"), DownloadColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(target.name)

        def moved(there: int, total: int) -> None:
            progress.update(task, completed=there, total=total or None)

        download(remote, target, progress=moved)
