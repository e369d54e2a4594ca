"""What a person, or a script, sees of a demo run."""

from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.demo.runner import DemoReport
from infra.operations.outcomes import Outcome
from monitoring.reconciliation.checker import Violation

_STYLES = {"assigned": "green", "in_review": "yellow", "rejected": "magenta", "failed": "bold red"}
_MOST_FINDINGS = 20


def as_json(report: DemoReport) -> dict[str, object]:
    """One document with every photo, the totals and whether they are conserved."""
    return {
        "photos": [
            {
                "path": str(_below(outcome, report.root)),
                "photo_id": outcome.upload.photo_id,
                "outcome": outcome.outcome,
                "vehicle": outcome.vehicle,
                "confidence": outcome.confidence,
                "reason": outcome.reason,
                "seconds": outcome.seconds,
            }
            for outcome in report.outcomes
        ],
        "totals": report.totals,
        "conserved": report.conserved,
        "violations": [
            {"rule": each.rule, "photo_id": each.photo_id, "detail": each.detail}
            for each in report.violations
        ],
        "capture": {
            "location": report.captures.location,
            "copied_to": str(report.captures.folder),
            "files": report.captures.files,
            "records": report.captures.records,
        },
        "seconds": report.seconds,
        "photos_per_second": round(len(report.outcomes) / max(report.seconds, 1e-9), 2),
        "peak_memory_mb": report.peak_memory_mb,
    }


def show(report: DemoReport, console: Console) -> None:
    """A row a photo, the totals, the conservation line, and where the capture files are."""
    console.print(_table(report))
    totals = dict(report.totals)
    photos = totals.pop("photos")
    parts = " · ".join(f"{count} {name.replace('_', ' ')}" for name, count in totals.items())
    console.print(f"{photos} photo(s) in {report.seconds:.1f} s: {parts}")
    console.print(conservation(conserved=report.conserved, violations=report.violations))
    captures = report.captures
    console.print(
        f"Data Capture: {captures.records} records in {captures.files} file(s) under "
        f"{captures.location}",
        Text(f"copied to {captures.folder}"),
        sep="\n              ",
        highlight=False,
        soft_wrap=True,
    )
    console.print(f"Peak memory of all processes: {report.peak_memory_mb:.0f} MB")


def _table(report: DemoReport) -> Table:
    table = Table(header_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("photo", overflow="fold")
    table.add_column("outcome", no_wrap=True)
    table.add_column("vehicle", no_wrap=True)
    table.add_column("conf.", justify="right", no_wrap=True)
    table.add_column("reason", no_wrap=True)
    table.add_column("sec.", justify="right", no_wrap=True)
    for each in report.outcomes:
        # Text, so that a file name cannot be read as markup.
        table.add_row(
            Text(_name(each, report.root)),
            Text(each.outcome.replace("_", " "), _STYLES.get(each.outcome, "bold red")),
            each.vehicle or "–",
            "–" if each.confidence is None else f"{each.confidence:.3f}",
            Text(each.reason or ""),
            "–" if each.seconds is None else f"{each.seconds:.2f}",
        )
    return table


def conservation(*, conserved: bool, violations: tuple[Violation, ...]) -> Text:
    """The line that says whether the promise held, and what broke it."""
    if conserved:
        return Text(
            "Conserved: every photo ended in exactly one way, "
            "and ledger, assignments and queues agree.",
            "green",
        )
    text = Text(f"NOT conserved: {len(violations)} broken promises.", "bold red")
    for violation in violations[:_MOST_FINDINGS]:
        text.append(
            f"\n  {violation.rule}: {violation.detail} ({violation.photo_id})", "not bold red"
        )
    return text


def _below(outcome: Outcome, root: Path) -> Path:
    path = outcome.upload.path
    return path.relative_to(root) if path != root else Path(path.name)


def _name(outcome: Outcome, root: Path) -> str:
    """The file's name below the folder; what a terminal cannot or must not show is escaped."""
    text = str(_below(outcome, root)).encode("utf-8", "backslashreplace").decode()
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)
