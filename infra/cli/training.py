"""`scones train`: the loop from reviewers' verdicts to a model that waits for approval.

Training has an environment of its own, as torch is large; this command runs its steps there.
"""

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from infra.cli.errors import NotSetUp, exit_on_error

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv-training" / "bin" / "python"
SHIPPED = str(ROOT / "training" / "shipped")
DATA = ROOT.parent / "shared" / "data"
_S3 = "s3://"

Run = Callable[[Sequence[str]], int]


def train(
    *,
    labels: Annotated[
        str | None,
        typer.Option(help="Labels from verdicts: a folder, a .jsonl file or s3://BUCKET."),
    ] = None,
    photos: Annotated[
        Path | None, typer.Option(help="Photos of these labels. Default: read from S3.")
    ] = None,
    data: Annotated[
        Path, typer.Option(help="Folder of labelled photos.", show_default="../shared/data")
    ] = DATA,
    out: Annotated[Path, typer.Option(help="Folder of the new model.")] = Path("build/model"),
    current: Annotated[
        str,
        typer.Option(
            help="Model to beat: a folder, a model package ARN, or `approved`.",
            show_default="the shipped model",
        ),
    ] = SHIPPED,
    register: Annotated[
        bool, typer.Option("--register", help="Register the model for approval in SageMaker.")
    ] = False,
    bucket: Annotated[str, typer.Option(help="With --register: bucket of the model files.")] = "",
    image_uri: Annotated[
        str, typer.Option(help="With --register: image of the serving container.")
    ] = "",
    epochs: Annotated[
        int | None, typer.Option(min=1, max=200, help="Training epochs of 5,000 photos.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of every random choice.")] = 1,
) -> None:
    """Train on labelled photos and verdicts, then compare with the current model.

    The promotion gate compares both models on the same photos. Contradicting verdicts are listed
    and not used. Exit code: 0 better, 1 refused by the gate, 2 could not run, 130 interrupted.
    """
    if register and not (bucket and image_uri):
        raise typer.BadParameter("--register needs --bucket and --image-uri")
    # The steps run at the project's root, so paths must not depend on the current folder.
    data, out = data.absolute(), out.absolute()
    sources = [data]
    steps: list[list[str]] = []
    if labels:
        sources.append(out.parent / "verdicts")
        steps.append(["verdicts", *_where(labels, photos), "--out", str(sources[-1])])
    places = [word for place in sources for word in ("--data", str(place))]
    steps.append(["train", *places, "--out", str(out), "--seed", str(seed)])
    if epochs:
        steps[-1] += ["--epochs", str(epochs)]
    steps.append(["promote", str(out), *places, "--current", _model(current)])
    if register:
        steps[-1] += ["--bucket", bucket, "--image-uri", image_uri]
    with exit_on_error(interrupted="run it again: it continues from its last checkpoint."):
        raise typer.Exit(run_all(steps, in_training))


def run_all(steps: Sequence[Sequence[str]], run: Run) -> int:
    """Run the steps up to the first that fails, and return the exit code."""
    for step in steps:
        code = run(step)
        if code != 0:
            return code
    return 0


def in_training(step: Sequence[str]) -> int:
    """Run `python -m training …` in the environment that has torch; return the exit code.

    Raises: NotSetUp.
    """
    if not PYTHON.exists():
        raise NotSetUp("training is not set up: run `make setup-training`.")
    # Our own interpreter and module, without a shell.
    return subprocess.run(  # noqa: S603 # our own arguments
        [PYTHON, "-m", "training", *step], cwd=ROOT, check=False
    ).returncode


def _model(place: str) -> str:
    return str(Path(place).absolute()) if Path(place).is_dir() else place


def _where(labels: str, photos: Path | None) -> list[str]:
    options = ["--photos", str(photos.absolute())] if photos else []
    if not labels.startswith(_S3):
        return ["--labels", str(Path(labels).absolute()), *options]
    bucket, _, prefix = labels.removeprefix(_S3).partition("/")
    if prefix.strip("/") not in {"", "labels"}:
        raise typer.BadParameter(
            f"labels are under labels/ of their bucket; name the bucket only: s3://{bucket}"
        )
    return ["--labels-bucket", bucket, *options]
