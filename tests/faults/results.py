"""The results of runs: one line of JSON a run, and the table that they make."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from tests.documents import cells
from tests.faults.catalogue import CATALOGUE
from tests.faults.invariants import DOUBLE, FAILED, LOST, MISJUDGED
from tests.faults.runs import RunResult

_HEAD = ("place", "fault", "runs", "lost", "double", "wrong", "failed", "below")
_OF_THREE = 3  # with 95 % confidence, a rate is below 3 / n where n runs show none


class ResultFile:
    """The results of one seed; runs are appended, and those that it has are not made again."""

    def __init__(self, folder: Path, *, seed: int) -> None:
        self._path = folder / f"seed-{seed}.jsonl"

    def next_number(self) -> int:
        """Return the number of the first run that is missing."""
        return 1 + max((result.number for result in _read(self._path)), default=-1)

    def append(self, result: RunResult) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(result.to_wire()) + "\n")


def all_results(folder: Path) -> list[RunResult]:
    """Return the results of all seeds in a folder."""
    return [result for path in sorted(folder.glob("seed-*.jsonl")) for result in _read(path)]


def table(results: Iterable[RunResult]) -> str:
    """Return the generated section: one row for each fault class, and the sum."""
    counted = [result for result in results if result.fired]
    rows = [cells(*_HEAD), cells(*("---" for _ in _HEAD))]
    for fault in CATALOGUE:
        own = [
            result
            for result in counted
            if (result.place, result.fault) == (fault.place, fault.name)
        ]
        rows.append(cells(fault.place, fault.name, *_counts(own)))
    rows.append(cells("all", "", *_counts(counted)))
    last = max((result.number for result in counted), default=-1)
    seeds = sorted({result.seed for result in counted})
    photos = sum(result.photos for result in counted)
    seconds = sum(bool(result.second) for result in counted)
    made = (
        f"Made on {datetime.now(UTC):%Y-%m-%d} by `make faults` with the seeds "
        f"{', '.join(map(str, seeds))}: {photos:,} photos, and a second fault of another class "
        f"in {seconds:,} of the runs. The highest number of a run is {last:,}. {_products(counted)}"
    )
    return "\n".join([*rows, "", made])


def _products(results: list[RunResult]) -> str:
    """Say which code the runs have tried."""
    runs = Counter(result.product for result in results)
    texts = (f"`{product}` in {count:,} runs" for product, count in runs.most_common())
    return f"Digest of the code that was tried: {', '.join(texts)}."


def _counts(results: list[RunResult]) -> Iterator[str]:
    breaches = Counter(kind for result in results for kind, _ in result.breaches)
    yield f"{len(results):,}"
    yield from (str(breaches[kind]) for kind in (LOST, DOUBLE, MISJUDGED, FAILED))
    runs_with_breach = sum(bool(result.breaches) for result in results)
    is_bounded = results and not runs_with_breach
    yield f"{min(1, _OF_THREE / len(results)):.4f}" if is_bounded else "none"


def _read(path: Path) -> Iterator[RunResult]:
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        wire = json.loads(line)
        wire["breaches"] = tuple((kind, detail) for kind, detail in wire["breaches"])
        yield RunResult(**wire)
