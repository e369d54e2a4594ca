"""Measure how often the report is wrong: `python -m monitoring.simulation`.

False alarms and power of each test, months of quiet days through the whole report, the reported
accuracy beside the truth, and the statements about the budget of wrong assignments.
`--windows 10000 --replays 200` takes an hour on one core.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from monitoring.simulation.accuracy import AccuracyResult, simulate_accuracy
from monitoring.simulation.budget import (
    CHANGING,
    STEADY,
    BudgetResult,
    mean_widths,
    simulate_budget,
)
from monitoring.simulation.false_alarms import SIZES, Rate, rates
from monitoring.simulation.population import Population
from monitoring.simulation.replays import ReplayResult, simulate_replays

QUIET = Population()
REVIEWS_DOUBLED = QUIET.shifted(sure_share=0.65)
CHANGES = {
    "mix 50/50 to 70/30": QUIET.shifted(first_share=0.7),
    "confidence: reviews more than double": REVIEWS_DOUBLED,
    "confidence: fewer sure ones, .85 to .75": QUIET.shifted(sure_share=0.75),
    "confidence: sure ones less sure, 14 to 7": QUIET.shifted(sureness=7.0),
    "brightness +0.5 sd": QUIET.shifted(quality_shift={"brightness": 0.5}),
    "brightness -0.5 sd": QUIET.shifted(quality_shift={"brightness": -0.5}),
}
SEED = 20_261_122
REPLAY_COLUMNS = "| photos a day | replays | days | ACT a month | verdicts | checks |"
NOT_GRADED = "not graded"  # the report shows these and draws no conclusion
POWER_SIZES = (100, 300, 1_000)
LEAST_ACCURACY_WINDOWS = 500
BUDGET_TRUTHS = {"at_budget": (0.005, 4_000), "risk_0.1": (0.001, 4_000), "risk_2": (0.02, 2_000)}
BUDGET_TRUTHS |= {"risk_5": (0.05, 1_000)}  # the name has the risk in per cent; audits in each run
SHORT = {
    "windows": 20,
    "baselines": 1,
    "replays": 1,
    "days": 2,
    "sizes": [100],
    "accuracy_windows": 20,
    "budget_runs": 20,
}


def main() -> None:
    """Print the tables in Markdown, or all results as one JSON object."""
    chosen = _options()
    parts = {
        "alarms": _alarms,
        "power": _power,
        "accuracy": _accuracy,
        "replays": _replays,
        "budget": _budget,
    }
    results: dict[str, object] = {}
    for name, part in parts.items():
        if chosen.only in {None, name}:
            results[name] = part(chosen)
    if chosen.json:
        sys.stdout.write(json.dumps(results, indent=2) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--windows", type=int, default=1_000, help="windows of each size and change"
    )
    parser.add_argument("--baselines", type=int, default=100, help="windows share them")
    parser.add_argument("--replays", type=int, default=20, help="runs of --days days")
    parser.add_argument("--days", type=int, default=90, help="days of each replay")
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=list(SIZES), help="photos in a window"
    )
    parser.add_argument(
        "--a-day", type=int, nargs="+", default=[100], help="photos a day of a replay"
    )
    parser.add_argument(
        "--budget-runs", type=int, default=2_000, help="runs of the audits of one decision rule"
    )
    parser.add_argument(
        "--only", choices=["alarms", "power", "replays", "accuracy", "budget"], default=None
    )
    parser.add_argument("--short", action="store_true", help="take seconds, to see that it works")
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object instead of tables"
    )
    chosen = parser.parse_args()
    chosen.accuracy_windows = max(chosen.windows, LEAST_ACCURACY_WINDOWS)
    if chosen.short:
        vars(chosen).update(SHORT)
    return chosen


def _alarms(chosen: argparse.Namespace) -> dict[str, Any]:  # JSON values
    measured = list(
        rates(
            QUIET,
            actual=QUIET,
            sizes=tuple(chosen.sizes),
            windows=chosen.windows,
            baselines=chosen.baselines,
            seed=SEED,
        )
    )
    _print(chosen, _rate_rows(f"False alarms, {chosen.windows} quiet windows each", measured))
    shares = [rate.watch_share for rate in measured if NOT_GRADED not in rate.test]
    return {"least": min(shares), "most": max(shares), "rates": _shares(measured)}


def _power(chosen: argparse.Namespace) -> dict[str, Any]:  # JSON values
    results = {}
    for name, population in CHANGES.items():
        measured = list(
            rates(
                QUIET,
                actual=population,
                sizes=tuple(chosen.sizes) if chosen.short else POWER_SIZES,
                windows=min(chosen.windows, 2_000),
                baselines=chosen.baselines,
                seed=SEED + 1,
            )
        )
        _print(chosen, _rate_rows(f"Power: {name}", measured))
        results[name] = _shares(measured)
    return results


def _shares(measured: list[Rate]) -> dict[str, dict[int, float]]:
    """Return the share of windows with p < 0.01, by test and number of photos."""
    shares: dict[str, dict[int, float]] = {}
    for rate in measured:
        shares.setdefault(rate.test, {})[rate.n] = rate.watch_share
    return shares


def _rate_rows(title: str, measured: list[Rate]) -> Iterator[str]:
    yield f"\n{title}\n\n| test | n | windows | p < .01 | p < .001 |\n|---|---|---|---|---|"
    for rate in sorted(measured, key=lambda rate: (rate.test, rate.n)):
        yield (
            f"| {rate.test} | {rate.n:,} | {rate.windows:,} | {rate.watch_share:.2%} | "
            f"{rate.act_share:.2%} |"
        )


def _accuracy(chosen: argparse.Namespace) -> dict[str, Any]:  # JSON values
    populations = {
        "calibrated": QUIET,
        "harder photos, calibrated": QUIET.shifted(sure_share=0.6),
        "over-confident": QUIET.shifted(honesty=0.905),
    }
    windows = chosen.accuracy_windows
    measured = [
        simulate_accuracy(name, population, n=n, audit_share=share, windows=windows, seed=SEED)
        for name, population in populations.items()
        for n, share in ((1_000, 0.02), (1_000, 0.05), (3_000, 0.02), (10_000, 0.02))
    ]
    _print(chosen, _accuracy_rows(measured))
    # Where the model is over-confident, the estimate without labels is off.
    drifted = [result for result in measured if result.population == "over-confident"]
    return {
        "least_covered": min(result.covered for result in drifted),
        "most_covered": max(result.covered for result in drifted),
        "estimate_off": max(abs(result.estimated) for result in drifted),
        "windows": [asdict(result) for result in measured],
    }


def _accuracy_rows(measured: list[AccuracyResult]) -> Iterator[str]:
    yield (
        "\nReported accuracy minus the truth\n\n| population | n | audited | truth | reviewed only "
        "| estimate | audits and reviews | covered | half width |\n" + "|---" * 9 + "|"
    )
    for result in measured:
        yield (
            f"| {result.population} | {result.n:,} | {result.audit_share:.0%} | {result.truth:.3f} "
            f"| {result.reviewed_only:+.3f} | {result.estimated:+.3f} | {result.audited:+.3f} | "
            f"{result.covered:.1%} | {result.half_width:.3f} |"
        )


def _budget(chosen: argparse.Namespace) -> dict[str, Any]:  # JSON values
    runs = chosen.budget_runs
    measured = {
        name: {
            result.shares: result
            for result in (
                simulate_budget(risk=risk, shares=shares, runs=runs, audits=audits, seed=SEED + 3)
                for shares in (STEADY, CHANGING)
            )
        }
        for name, (risk, audits) in BUDGET_TRUTHS.items()
    }
    results = [result for by_shares in measured.values() for result in by_shares.values()]
    always, at_one_look = mean_widths(risk=0.005, audits=1_200, runs=runs, seed=SEED + 4)
    _print(chosen, _budget_rows(results))
    return {
        name: {shares: asdict(result) for shares, result in by_shares.items()}
        for name, by_shares in measured.items()
    } | {
        "least_covered": min(result.covered for result in results),
        "width": always,
        "width_at_one_look": at_one_look,
    }


def _budget_rows(results: list[BudgetResult]) -> Iterator[str]:
    yield (
        "\nBudget of 0.5 % wrong automatic assignments\n\n| truth | audit shares | runs | audits | "
        "broken | kept | audits until broken | audits until kept | covered |\n" + "|---" * 9 + "|"
    )
    for result in results:
        yield (
            f"| {result.risk:.1%} | {result.shares} | {result.runs:,} | {result.audits:,} | "
            f"{result.broken:,} | {result.kept:,} | {result.until_broken:,.0f} | "
            f"{result.until_kept:,.0f} | {result.covered:.1%} |"
        )


def _replays(chosen: argparse.Namespace) -> dict[int, Any]:  # JSON values
    _print(
        chosen,
        [f"\nQuiet days through the whole report\n\n{REPLAY_COLUMNS}\n|---|---|---|---|---|---|"],
    )
    results = {}
    for a_day in chosen.a_day:
        result = simulate_replays(
            QUIET, a_day=a_day, replays=chosen.replays, days=chosen.days, seed=SEED + 2
        )
        _print(chosen, [_replay_row(result)])
        results[a_day] = {"acts_a_month": result.acts_a_month, "verdicts": dict(result.verdicts)}
    return results


def _replay_row(result: ReplayResult) -> str:
    verdicts = ", ".join(f"{name} {count:,}" for name, count in sorted(result.verdicts.items()))
    acts = ", ".join(f"{name} {count}" for name, count in result.act_checks.most_common())
    return (
        f"| {result.a_day} | {result.replays} | {result.days} | {result.acts_a_month:.2f} | "
        f"{verdicts} | {acts} |"
    )


def _print(chosen: argparse.Namespace, lines: Iterable[str]) -> None:
    """Print lines as soon as they are known: a long run shows its progress."""
    if not chosen.json:
        for line in lines:
            sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
