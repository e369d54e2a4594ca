"""Makes runs with injected faults: `python -m tests.faults --runs 1000 --seed 1`.

An interrupted seed goes on where it stopped. `--write` puts the results of all seeds into the
document.
"""

import time
from pathlib import Path
from typing import Annotated

import pytest
import typer

from tests.conftest import ROOT
from tests.documents import replaced
from tests.faults.results import ResultFile, all_results, table
from tests.faults.runs import run
from tests.faults.stage import faulty_stage

DOCUMENT, SECTION = "docs/reliability.md", "fault matrix"
_RUNS_OF_A_STAGE = 500  # then a new one: moto remembers what was deleted


def main(
    *,
    runs: Annotated[int, typer.Option(min=0, help="Runs of the seed in all.")] = 1000,
    seed: Annotated[int, typer.Option(help="Draws the faults.")] = 1,
    minutes: Annotated[float, typer.Option(min=0.01, help="Stop after so many.")] = 60 * 24,
    folder: Annotated[Path, typer.Option(help="Folder of the results.")] = ROOT
    / ".scones"
    / "faults",
    write: Annotated[bool, typer.Option(help="Write the table into the document.")] = False,
) -> None:
    """Inject faults; fail if a run has lost or doubled a photo, or decided one wrongly."""
    results = ResultFile(folder, seed=seed)
    end = time.monotonic() + minutes * 60
    while (first := results.next_number()) < runs and time.monotonic() < end:
        with pytest.MonkeyPatch.context() as patch, faulty_stage(patch) as stage:
            for number in range(first, min(first + _RUNS_OF_A_STAGE, runs)):
                if time.monotonic() > end:
                    break
                results.append(run(stage, number, seed=seed))
    breached = [result for result in all_results(folder) if result.breaches]
    for result in breached:
        typer.echo(f"seed {result.seed}, run {result.number}: {result.fault}, {result.second}")
        for kind, detail in result.breaches:
            typer.echo(f"  {kind}: {detail}")
    typer.echo(table(all_results(folder)))
    if write:
        path = ROOT / DOCUMENT
        path.write_text(replaced(path, SECTION, table(all_results(folder))), encoding="utf-8")
    raise typer.Exit(1 if breached else 0)


if __name__ == "__main__":
    typer.run(main)
