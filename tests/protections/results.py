"""The recorded results of all trials, and the table that they make."""

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from tests.documents import cells
from tests.protections.catalogue import Protection
from tests.protections.trials import TrialResult

RESULTS = Path(__file__).with_name("results.json")

Json = dict[str, Any]


def read_results(path: Path = RESULTS) -> Json:
    """Return the results by the protection's name."""
    if not path.exists():
        return {}
    results: Json = json.loads(path.read_text(encoding="utf-8"))
    return results


def record(protection: Protection, result: TrialResult, path: Path = RESULTS) -> None:
    """Store the result of a protection whose tests failed as they should."""
    results = read_results(path)
    results[protection.name] = {
        "digest": protection.digest,
        "errors": result.errors,
        "tried_on": date.today().isoformat(),  # noqa: DTZ011 # of the machine that ran it
    }
    _write(results, path)


def forget(names: Iterable[str], path: Path = RESULTS) -> None:
    """Remove results, such as those of protections that are no longer in the catalogue."""
    results = read_results(path)
    for name in names:
        results.pop(name, None)
    _write(results, path)


def is_current(protection: Protection, results: Json) -> bool:
    """Whether there is a result of this very entry, with a failure of each of its tests."""
    result = results.get(protection.name, {})
    return result.get("digest") == protection.digest and tuple(sorted(result["errors"])) == tuple(
        sorted(protection.tests)
    )


def table(protections: Iterable[Protection]) -> str:
    """Return the generated section: one row for each protection, below its file."""
    rows = [cells("file", "protection", "lost without it", "test"), cells(*["---"] * 4)]
    previous = ""
    for protection in protections:
        file = "" if protection.file == previous else f"`{protection.file}`"
        previous = protection.file
        tests = ", ".join(f"`{test.split('::')[-1].split('[')[0]}`" for test in protection.tests)
        rows.append(cells(file, protection.name, protection.loses, tests))
    return "\n".join(rows)


def _write(results: Json, path: Path) -> None:
    text = json.dumps(dict(sorted(results.items())), indent=1)
    path.write_text(text + "\n", encoding="utf-8")
