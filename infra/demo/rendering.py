"""The results of a demo run and of a load test, as text for a person and as JSON for scripts."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from infra.operations.plain_text import plain_text

if TYPE_CHECKING:
    from rich.console import Console

    from infra.demo.load_test_report import LoadTestReport
    from infra.demo.runner import DemoReport
    from infra.operations.outcomes import Outcome
    from monitoring.reconciliation.checker import ConservationResult

_STYLES = {"assigned": "green", "in_review": "yellow", "rejected": "magenta", "failed": "bold red"}
_MAX_VIOLATIONS = 20
_MAX_ROWS = 30


def demo_document(report: DemoReport) -> dict[str, object]:
    """Return one JSON document: every photo, the totals and whether they are conserved."""
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
        "violations": _violations(report.conservation),
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


def show_demo(report: DemoReport, console: Console) -> None:
    """Print a row a photo, the totals, conservation, and where the capture files are."""
    console.print(_photo_table(report))
    console.print(_totals(report.totals, report.seconds))
    console.print(_conservation(report.conservation, conserved=report.conserved))
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


def load_test_document(report: LoadTestReport) -> dict[str, object]:
    """Return one JSON document: plan, totals, latencies, the load over time and conservation."""
    return {
        "plan": {**asdict(report.plan), "photos": report.plan.photos},
        "totals": report.totals,
        "latency_seconds": report.latencies,
        "timeline": [asdict(sample) for sample in report.samples],
        "conserved": report.conserved,
        "violations": _violations(report.conservation),
        "behind_seconds": report.behind_s,
        "seconds": report.seconds,
        "photos_per_second": round(len(report.outcomes) / max(report.seconds, 1e-9), 2),
        "peak_memory_mb": report.peak_memory_mb,
    }


def show_load_test(report: LoadTestReport, console: Console) -> None:
    """Print load over time, totals, latencies and conservation."""
    console.print(_timeline(report))
    console.print(_totals(report.totals, report.seconds))
    ranks = " · ".join(f"{name} {seconds:.2f} s" for name, seconds in report.latencies.items())
    console.print(f"Upload to outcome: {ranks or 'no photo has an outcome'}")
    if report.behind_s > 1:
        console.print(
            f"The last upload was {report.behind_s:.1f} s late: this machine cannot keep the rate."
        )
    console.print(_conservation(report.conservation, conserved=report.conserved))
    console.print(f"Peak memory of all processes: {report.peak_memory_mb:.0f} MB")


def _photo_table(report: DemoReport) -> Table:
    table = Table(header_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("photo", overflow="fold")
    table.add_column("outcome", no_wrap=True)
    table.add_column("vehicle", no_wrap=True)
    table.add_column("conf.", justify="right", no_wrap=True)
    table.add_column("reason", no_wrap=True)
    table.add_column("sec.", justify="right", no_wrap=True)
    for outcome in report.outcomes:
        # Text, so that a file name cannot be read as markup.
        table.add_row(
            Text(plain_text(str(_below(outcome, report.root)))),
            Text(outcome.outcome.replace("_", " "), _STYLES.get(outcome.outcome, "bold red")),
            outcome.vehicle or "–",
            "–" if outcome.confidence is None else f"{outcome.confidence:.3f}",
            Text(outcome.reason or ""),
            "–" if outcome.seconds is None else f"{outcome.seconds:.2f}",
        )
    return table


def _timeline(report: LoadTestReport) -> Table:
    table = Table(header_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    queues = list(report.samples[0].queues) if report.samples else []
    for name in ("seconds", "uploaded", "in flight", *queues):
        table.add_column(name, justify="right")
    every = max(1, -(-len(report.samples) // _MAX_ROWS))
    for sample in report.samples[::every]:
        depths = [str(sample.queues.get(queue, 0)) for queue in queues]
        numbers = (str(sample.uploaded), str(sample.in_flight))
        table.add_row(f"{sample.seconds:.0f}", *numbers, *depths)
    return table


def _totals(totals: dict[str, int], seconds: float) -> str:
    counts = " · ".join(
        f"{count} {name.replace('_', ' ')}" for name, count in totals.items() if name != "photos"
    )
    return f"{totals['photos']} photo(s) in {seconds:.1f} s: {counts}"


def _conservation(result: ConservationResult, *, conserved: bool) -> Text:
    """Return whether every photo is accounted for, and the first violations."""
    if conserved:
        return Text(
            "Conserved: every photo ended in exactly one way, "
            "and ledger, assignments and queues agree.",
            "green",
        )
    text = Text(f"NOT conserved: {len(result.violations)} violation(s).", "bold red")
    for violation in result.violations[:_MAX_VIOLATIONS]:
        text.append(
            f"\n  {violation.rule}: {violation.detail} ({violation.photo_id})", "not bold red"
        )
    return text


def _violations(result: ConservationResult) -> list[dict[str, str]]:
    return [
        {
            "rule": violation.rule,
            "photo_id": violation.photo_id,
            "detail": violation.detail,
        }
        for violation in result.violations
    ]


def _below(outcome: Outcome, root: Path) -> Path:
    path = outcome.upload.path
    return path.relative_to(root) if path != root else Path(path.name)
