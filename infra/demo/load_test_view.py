"""What a person, or a script, sees of a stream of photos."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

from infra.demo.demo_view import conservation

if TYPE_CHECKING:
    from rich.console import Console

    from infra.demo.load_test_report import StreamReport

_MOST_ROWS = 30


def stream_json(report: StreamReport) -> dict[str, object]:
    """One document."""
    return {
        "plan": {**asdict(report.plan), "photos": report.plan.photos},
        "totals": report.totals,
        "latency_seconds": report.latencies,
        "timeline": [asdict(sample) for sample in report.samples],
        "conserved": report.conserved,
        "violations": [asdict(each) for each in report.verdict.violations],
        "behind_seconds": report.behind_s,
        "seconds": report.seconds,
        "photos_per_second": round(len(report.outcomes) / max(report.seconds, 1e-9), 2),
        "peak_memory_mb": report.peak_memory_mb,
    }


def show_stream(report: StreamReport, console: Console) -> None:
    """Load over time, latencies, totals and the conservation line."""
    console.print(_timeline(report))
    totals = dict(report.totals)
    photos = totals.pop("photos")
    parts = " · ".join(f"{count} {name.replace('_', ' ')}" for name, count in totals.items())
    console.print(f"{photos} photo(s) in {report.seconds:.1f} s: {parts}")
    ranks = " · ".join(f"{name} {seconds:.2f} s" for name, seconds in report.latencies.items())
    console.print(f"Upload to outcome: {ranks or 'nothing ended'}")
    if report.behind_s > 1:
        console.print(f"The last upload was {report.behind_s:.1f} s late: this machine is full.")
    console.print(conservation(conserved=report.conserved, violations=report.verdict.violations))
    console.print(f"Peak memory of all processes: {report.peak_memory_mb:.0f} MB")


def _timeline(report: StreamReport) -> Table:
    table = Table(header_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    queues = list(report.samples[0].queues) if report.samples else []
    for name in ("seconds", "uploaded", "in flight", *queues):
        table.add_column(name, justify="right")
    every = max(1, -(-len(report.samples) // _MOST_ROWS))
    for sample in report.samples[::every]:
        depths = [str(sample.queues.get(queue, 0)) for queue in queues]
        numbers = (str(sample.uploaded), str(sample.in_flight))
        table.add_row(f"{sample.seconds:.0f}", *numbers, *depths)
    return table
