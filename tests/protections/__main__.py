"""Removes protections one by one: `python -m tests.protections`.

An interrupted run goes on where it stopped: a protection whose entry is as it was tried is left
out. `--only` tries some of them again. `--find` looks for the tests of one that has none yet.
"""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from tests.conftest import ROOT
from tests.documents import replaced
from tests.protections.catalogue import Protection, read_catalogue
from tests.protections.results import forget, is_current, read_results, record, table
from tests.protections.trials import Tree, is_of_texts

DOCUMENT, SECTION = "docs/protections.md", "protections"
_FIRST_FAILURES = 3  # of `--find`


def main(
    *,
    only: Annotated[str, typer.Option(help="Protections whose name has this text.")] = "",
    find: Annotated[str, typer.Option(help="Run these tests, and show which fail.")] = "",
) -> None:
    """Fail if a test passes without its protection, or fails for another reason."""
    catalogue = read_catalogue()
    chosen = [protection for protection in catalogue if only in protection.name]
    if not only:
        forget({*read_results()} - {protection.name for protection in catalogue})
        results = read_results()
        chosen = [protection for protection in catalogue if not is_current(protection, results)]
    with tempfile.TemporaryDirectory(prefix="scones-") as folder, Tree(Path(folder)) as tree:
        if find:
            for protection in chosen:
                _find(tree, protection, find)
            return
        failed = _try_all(tree, chosen)
    path = ROOT / DOCUMENT
    path.write_text(replaced(path, SECTION, table(catalogue)), encoding="utf-8")
    raise typer.Exit(1 if failed else 0)


def _try_all(tree: Tree, chosen: list[Protection]) -> int:
    """Return the number of protections without a test that fails as it should."""
    failing = set(tree.failing({test for protection in chosen for test in protection.tests}))
    failed = 0
    for protection in chosen:
        result = tree.trial(protection)
        complaints = [
            *(f"{test} is of stored texts" for test in protection.tests if is_of_texts(test)),
            *(f"{test} fails with it, too" for test in protection.tests if test in failing),
            *result.complaints,
        ]
        typer.echo(f"{'FAILED' if complaints else 'ok':<6}  {protection.name}")
        for complaint in complaints:
            typer.echo(f"        {complaint}")
        failed += bool(complaints)
        if not complaints:
            record(protection, result)
    return failed


def _find(tree: Tree, protection: Protection, tests: str) -> None:
    """Print the first tests that fail without the protection, the fastest of them first."""
    with tree.without(protection):
        answer = tree.run([f"--maxfail={_FIRST_FAILURES}", *tests.split()])
    failures = [record for record in answer["records"] or () if record["outcome"] == "failed"]
    typer.echo(f"{protection.name}: {len(failures)} in {answer['cpu_s']} s of CPU")
    for failure in sorted(failures, key=lambda record: record["seconds"]):
        facts = (failure["test"], failure["phase"], failure["error"], failure["message"])
        typer.echo("        " + " | ".join(facts))


if __name__ == "__main__":
    typer.run(main)
