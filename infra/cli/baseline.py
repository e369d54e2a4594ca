"""`scones baseline`: list, make or remove the baselines from quiet windows of a system."""

import json
from statistics import median
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.errors import exit_on_error
from infra.cli.options import AsJson, Stack
from infra.cli.target import target
from infra.operations.plain_text import plain_text

if TYPE_CHECKING:
    from monitoring.report.baseline import Baseline
    from monitoring.report.observed_baseline import Proposal
    from monitoring.report.store import ReportStore

Json = dict[str, Any]  # Any: JSON
_NONE = "no observed baseline; make one from quiet days: scones baseline --from DAY --to DAY"


def baseline(
    *,
    start: Annotated[
        str | None,
        typer.Option("--from", help="First day of a quiet window: 2026-11-01 or yesterday."),
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", help="Last day of the window, inclusive.")
    ] = None,
    model: Annotated[
        str,
        typer.Option(
            help="Model version. Default: the most frequent in the window.", metavar="VERSION"
        ),
    ] = "",
    forget: Annotated[
        bool, typer.Option("--forget", help="Remove it; the evaluation's baseline counts again.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show the new baseline.")] = False,
    stack: Stack = None,
    as_document: AsJson = False,
) -> None:
    """List the baselines, or make one from a quiet window of this system.

    The report compares every day with the baseline of its model. Each model ships with one made
    from its evaluation photos, which differ from drivers' photos.

    Exit code: 0 done, 2 refused or wrong input, 3 nothing runs.
    """
    # numpy takes half a second to import, which no other command should wait for.
    from infra.operations import baselines  # noqa: PLC0415 # as above

    if forget and (start or end or dry_run):
        raise typer.BadParameter("--forget goes with --model only")
    if start is None and (end or dry_run):
        raise typer.BadParameter("a baseline needs the first day of its window: --from")
    with exit_on_error(interrupted="run it again."):
        system = target(stack)
        if forget:
            version = baselines.forget(system, version=model)
            document: Json = {"forgotten": version}
            text = f"removed: {plain_text(version)}; the baseline of its evaluation counts again"
        elif start is None:
            observed = baselines.observed_baselines(system)
            document = {name: _summary(kept) if kept else None for name, kept in observed.items()}
            text = "\n".join(map(_line, document.items())) or _NONE
        else:
            proposed, store = baselines.propose(system, start=start, end=end, version=model)
            document, text = _keep(proposed, None if dry_run else store)
    typer.echo(json.dumps(document, indent=2) if as_document else text)


def _keep(proposed: "Proposal", store: "ReportStore | None") -> tuple[Json, str]:
    """Keep the baseline if there is a `store` for it; return it as a document and as text."""
    document = _document(proposed) | {"kept": store is not None}
    text = _text(document)
    if store is not None:
        baseline = proposed.baseline
        key = store.keep_observed(baseline.model_version, baseline.to_json())
        text += f"\nkept as {plain_text(key)}: reports compare with it from now on"
    return document, text


def _document(proposed: "Proposal") -> Json:
    replaced = proposed.instead_of
    return {
        **_summary(proposed.baseline),
        "instead_of": _summary(replaced) if replaced else None,
        "warnings": list(proposed.warnings()),
    }


def _summary(baseline: "Baseline") -> Json:
    total = baseline.assigned + baseline.review
    return {
        "model_version": baseline.model_version,
        "observed": baseline.is_observed,
        "from": baseline.observed_from,
        "to": baseline.observed_to,
        "n": baseline.n,
        "threshold": baseline.threshold,
        "predicted": dict(baseline.predicted),
        "formats": dict(baseline.formats),
        "review_rate": round(baseline.review / total, 4) if total else None,
        "medians": {
            name: median(values)
            for name, values in baseline.values.items()
            if values and name not in baseline.predicted
        },
    }


def _text(document: Json) -> str:
    lines = [f"baseline of model {_line((document['model_version'], document))}", *_rows(document)]
    replaced = document["instead_of"]
    if replaced:
        lines += [f"instead of {_line((replaced['model_version'], replaced))}", *_rows(replaced)]
    lines += [f"warning: {plain_text(warning)}" for warning in document["warnings"]]
    return "\n".join(lines)


def _line(entry: tuple[str, Json | None]) -> str:
    version, summary = entry
    if summary is None:
        return f"{plain_text(version)}: the file is malformed; make it again or --forget it"
    days = f"{summary['from']} to {summary['to']}" if summary["observed"] else "its evaluation"
    return f"{plain_text(version)}: {days}, {summary['n']:,} photos"


def _rows(summary: Json) -> list[str]:
    medians = ", ".join(f"{name} {value:,.4g}" for name, value in summary["medians"].items())
    rate = summary["review_rate"]
    rows = {
        "most probable": _shares(summary["predicted"]),
        "formats": _shares(summary["formats"]),
        "sent to review": f"{rate:.1%}" if rate is not None else "",
        "threshold": f"{summary['threshold']:g}",
        "medians": medians,
    }
    return [f"  {name:<16}{plain_text(value)}" for name, value in rows.items() if value]


def _shares(counts: dict[str, int]) -> str:
    total = sum(counts.values())
    return ", ".join(f"{name} {n / total:.1%}" for name, n in counts.items()) if total else ""
