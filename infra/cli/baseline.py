"""`scones baseline`: a quiet window of the system's own becomes what its days are compared with."""

import json
from statistics import median
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.errors import AsJson, exit_on_error, plain_text
from infra.cli.reconciliation import Stack
from infra.cli.target import target

if TYPE_CHECKING:
    from monitoring.report.baseline import Baseline
    from monitoring.report.observed_baseline import Proposal
    from monitoring.report.store import ReportStore

Json = dict[str, Any]  # Any: JSON
_NONE = "no baseline was made of the system's own days: scones baseline --from DAY --to DAY"


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
    from infra.operations import baselines  # noqa: PLC0415

    if forget and (start or end or dry_run):
        raise typer.BadParameter("--forget needs nothing but --model")
    if start is None and (end or dry_run):
        raise typer.BadParameter("a baseline needs its first day: --from")
    with exit_on_error(interrupted="try again: twice is once."):
        system = target(stack)
        where = (system.session, system.report_function)
        if forget:
            found: Json = {"forgotten": baselines.forget(*where, version=model)}
            text = f"forgotten: {plain_text(found['forgotten'])}; its evaluation counts again"
        elif start is None:
            kept = baselines.kept(*where)
            found = {name: _summary(each) if each else None for name, each in kept.items()}
            text = "\n".join(map(_line, found.items())) or _NONE
        else:
            made, store = baselines.proposed(*where, start=start, end=end, version=model)
            found, text = _made(made, None if dry_run else store)
    typer.echo(json.dumps(found, indent=2) if as_document else text)


def _made(made: "Proposal", store: "ReportStore | None") -> tuple[Json, str]:
    """Kept where there is a store for it; as document and as text."""
    found = _document(made) | {"kept": store is not None}
    text = _text(found)
    if store is not None:
        key = store.keep_observed(made.baseline.model_version, made.baseline.to_json())
        text += f"\nkept as {plain_text(key)}: reports compare with it from now on"
    return found, text


def _document(made: "Proposal") -> Json:
    return {
        **_summary(made.baseline),
        "instead_of": _summary(made.instead_of) if made.instead_of else None,
        "warnings": list(made.warnings()),
    }


def _summary(found: "Baseline") -> Json:
    total = found.assigned + found.review
    return {
        "model_version": found.model_version,
        "observed": found.is_observed,
        "from": found.observed_from,
        "to": found.observed_to,
        "n": found.n,
        "threshold": found.threshold,
        "predicted": dict(found.predicted),
        "formats": dict(found.formats),
        "review_rate": round(found.review / total, 4) if total else None,
        "medians": {
            name: median(values)
            for name, values in found.values.items()
            if values and name not in found.predicted
        },
    }


def _text(found: Json) -> str:
    lines = [f"baseline of model {_line((found['model_version'], found))}", *_rows(found)]
    before = found["instead_of"]
    if before:
        lines += [f"instead of {_line((before['model_version'], before))}", *_rows(before)]
    lines += [f"warning: {plain_text(each)}" for each in found["warnings"]]
    return "\n".join(lines)


def _line(named: tuple[str, Json | None]) -> str:
    version, found = named
    if found is None:
        return f"{plain_text(version)}: the file is malformed; make it anew or --forget it"
    days = f"{found['from']} to {found['to']}" if found["observed"] else "its evaluation"
    return f"{plain_text(version)}: {days}, {found['n']:,} photos"


def _rows(found: Json) -> list[str]:
    medians = ", ".join(f"{name} {value:,.4g}" for name, value in found["medians"].items())
    rate = found["review_rate"]
    rows = {
        "most probable": _shares(found["predicted"]),
        "formats": _shares(found["formats"]),
        "asked a person": f"{rate:.1%}" if rate is not None else "",
        "threshold": f"{found['threshold']:g}",
        "medians": medians,
    }
    return [f"  {name:<16}{plain_text(value)}" for name, value in rows.items() if value]


def _shares(counts: dict[str, int]) -> str:
    total = sum(counts.values())
    return ", ".join(f"{name} {n / total:.1%}" for name, n in counts.items()) if total else ""
