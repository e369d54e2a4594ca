"""Fuzzes the targets one after the other: `python -m tests.fuzz --minutes 30`.

Inputs that raise or hang are findings. They and the corpus stay in a folder outside the repository,
because an input may crash other software as well.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from tests.conftest import ROOT

_TARGETS = ("photo", "captures", "event", "message", "label", "policy")
_SLOWEST_S = 10  # a photo, under the fuzzer's instrumentation


def main(
    *,
    minutes: Annotated[float, typer.Option(min=0.01, help="Minutes of each target.")] = 1,
    target: Annotated[list[str] | None, typer.Option(help="Only these targets.")] = None,
    folder: Annotated[Path | None, typer.Option(help="Folder of corpus and findings.")] = None,
) -> None:
    """Fuzz the readers of outside data with coverage guidance."""
    folder = folder or Path(tempfile.gettempdir()) / "scones-fuzz"
    if folder.resolve().is_relative_to(ROOT):
        raise typer.BadParameter("findings must stay outside the repository")
    failed = [name for name in target or _TARGETS if not _fuzz(name, minutes, folder / name)]
    if failed:
        typer.echo(f"findings of {', '.join(failed)} in {folder}")
        raise typer.Exit(1)


def _fuzz(name: str, minutes: float, folder: Path) -> bool:
    """Fuzz one target in a process of its own; return whether nothing was found."""
    corpus, findings = folder / "corpus", folder / "findings"
    corpus.mkdir(parents=True, exist_ok=True)
    findings.mkdir(exist_ok=True)
    typer.echo(f"{name}: {minutes:g} minutes")
    limits = [f"-max_total_time={round(minutes * 60)}", f"-timeout={_SLOWEST_S}", "-rss_limit_mb=0"]
    command = [sys.executable, "-m", "tests.fuzz.instrumented", name, str(corpus), *limits]
    result = subprocess.run([*command, f"-artifact_prefix={findings}/"], cwd=ROOT, check=False)
    return result.returncode == 0


if __name__ == "__main__":
    typer.run(main)
