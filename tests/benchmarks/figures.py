"""`make figures`: measures the claims of `docs/figures.toml` again and compares.

Exit code: 0 if all that could be measured agree, 1 if a figure differs or its command fails.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from rich.console import Console
from rich.markup import escape

from tests.benchmarks import documents
from tests.benchmarks.claims import COSTS, TORCH, TRAINING_BIN, Claim, load_claims, resolve
from tests.conftest import ROOT


class CannotMeasure(Exception):
    """A claim's command failed, or its output does not contain the figure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A claim and its new measurement."""

    claim: Claim
    now: str = ""
    agrees: bool = False
    skipped: str = ""  # why it was not measured


def main() -> int:
    """Print the table, line by line as it is measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cost", choices=COSTS, default="minutes", help="up to this [minutes]")
    parser.add_argument("--only", default="", help="ids that start with this")
    parser.add_argument("--write", action="store_true", help="bring the documents up to date")
    options = parser.parse_args()
    claims = load_claims()
    if options.write:
        documents.write(claims)
        return 0
    allowed = COSTS[: COSTS.index(options.cost) + 1]
    chosen = [claim for claim in claims.values() if claim.id.startswith(options.only)]
    console, failed = Console(highlight=False, width=120), 0
    for result in measured([claim for claim in chosen if claim.cost in allowed]):
        failed += not (result.agrees or result.skipped)
        console.print(_line(result))
    left = sum(claim.cost not in allowed for claim in chosen)
    console.print(f"{failed} differ or failed; {left} cost more and were left out")
    return 1 if failed else 0


def measured(claims: Iterable[Claim]) -> Iterator[Result]:
    """Measure every claim in turn; a command that several claims share runs once."""
    for claim in claims:
        if reason := claim.missing():
            yield Result(claim=claim, skipped=reason)
            continue
        try:
            value = _now(claim)
        except (CannotMeasure, LookupError, OSError, ValueError) as error:
            yield Result(claim=claim, now=f"failed: {error!r}")
            continue
        yield Result(claim=claim, now=claim.shown(value), agrees=claim.agrees(value))


def _now(claim: Claim) -> Any:  # a JSON value
    if not claim.read:
        return recorded(claim)
    return resolve(printed(claim.command, in_training=TORCH in claim.needs), claim.read)


def recorded(claim: Claim) -> Any:  # a JSON value
    """Return the value in a claim's committed record. Raises: LookupError, OSError, ValueError."""
    name, _, pointer = claim.record.partition("#")
    return resolve(json.loads((ROOT / name).read_text(encoding="utf-8")), pointer)


@cache
def printed(command: str, *, in_training: bool = False) -> Any:  # JSON values
    """Return the JSON object at the end of a command's output. Raises: CannotMeasure."""
    own = TRAINING_BIN if in_training else ROOT / ".venv" / "bin"
    environment = {**os.environ, "PATH": f"{own}{os.pathsep}{os.environ.get('PATH', '')}"}
    try:
        completed = subprocess.run(
            shlex.split(command),
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(completed.stdout[completed.stdout.index("{") :])
    except subprocess.CalledProcessError as error:
        raise CannotMeasure(f"{command}: {error.stderr.strip()[-500:]}") from error
    except (OSError, ValueError) as error:
        raise CannotMeasure(f"{command}: {error}") from error


def _line(result: Result) -> str:
    claim = result.claim
    if result.skipped:
        return escape(f"skipped  {claim.id}: {result.skipped}")
    word = "[green]agrees [/green]" if result.agrees else "[red]DIFFERS[/red]"
    return f"{word}  " + escape(f"{claim.id}: claimed {claim.text()}, now {result.now}")


if __name__ == "__main__":
    sys.exit(main())
