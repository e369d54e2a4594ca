"""How often the report is wrong, measured: `python -m monitoring.simulate`.

False alarms of each test, its power, whole months of quiet days, and the accuracy as it is told
beside the truth. `--windows 10000 --replays 200` takes about an hour on one core.
"""

import argparse
import sys
from collections.abc import Iterable
from typing import TextIO

from monitoring.simulation.accuracy import Told, told
from monitoring.simulation.false_alarms import SIZES, Rate, rates
from monitoring.simulation.replays import Replayed, replayed
from monitoring.simulation.world import World

QUIET = World()
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


def main() -> None:
    """Prints the tables in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--windows", type=int, default=1_000, help="of each size and change")
    parser.add_argument("--baselines", type=int, default=100)
    parser.add_argument("--replays", type=int, default=20)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--a-day", type=int, nargs="+", default=[100])
    parser.add_argument("--only", choices=["alarms", "power", "replays", "accuracy"], default=None)
    chosen = parser.parse_args()
    tables = {"alarms": _alarms, "power": _power, "accuracy": _accuracy, "replays": _replays}
    for name, table in tables.items():
        if chosen.only in {None, name}:
            table(chosen, sys.stdout)


def _alarms(chosen: argparse.Namespace, out: TextIO) -> None:
    found = rates(
        QUIET,
        actual=QUIET,
        sizes=tuple(chosen.sizes),
        windows=chosen.windows,
        baselines=chosen.baselines,
        seed=SEED,
    )
    _rates(f"False alarms, {chosen.windows} quiet windows each", found, out)


def _power(chosen: argparse.Namespace, out: TextIO) -> None:
    for name, world in CHANGES.items():
        found = rates(
            QUIET,
            actual=world,
            sizes=(100, 300, 1_000),
            windows=min(chosen.windows, 2_000),
            baselines=chosen.baselines,
            seed=SEED + 1,
        )
        _rates(f"Power: {name}", found, out)


def _rates(title: str, found: Iterable[Rate], out: TextIO) -> None:
    _line(out, f"\n{title}\n\n| test | n | windows | p < .01 | p < .001 |\n|---|---|---|---|---|")
    for rate in sorted(found, key=lambda each: (each.test, each.n)):
        _line(
            out,
            f"| {rate.test} | {rate.n:,} | {rate.windows:,} | {rate.watch_share:.2%} | "
            f"{rate.act_share:.2%} |",
        )


def _accuracy(chosen: argparse.Namespace, out: TextIO) -> None:
    worlds = {
        "calibrated": QUIET,
        "harder photos, calibrated": QUIET.shifted(sure_share=0.6),
        "over-confident": QUIET.shifted(honesty=0.905),
    }
    _line(
        out,
        "\nAccuracy as told, minus the truth\n\n| world | n | audited | truth | reviewed only | "
        "estimate | audits and reviews | covered | half width |\n" + "|---" * 9 + "|",
    )
    for name, world in worlds.items():
        for n, share in ((1_000, 0.02), (1_000, 0.05), (3_000, 0.02), (10_000, 0.02)):
            each = told(
                name, world, n=n, audit_share=share, windows=max(chosen.windows, 500), seed=SEED
            )
            _line(out, _told(each))


def _told(each: Told) -> str:
    return (
        f"| {each.world} | {each.n:,} | {each.audit_share:.0%} | {each.truth:.3f} | "
        f"{each.reviewed_only:+.3f} | {each.estimated:+.3f} | {each.audited:+.3f} | "
        f"{each.covered:.1%} | {each.half_width:.3f} |"
    )


def _replays(chosen: argparse.Namespace, out: TextIO) -> None:
    _line(
        out,
        "\nQuiet days through the whole report\n\n| photos a day | replays | days | ACT a month | "
        "verdicts | which |\n|---|---|---|---|---|---|",
    )
    for a_day in chosen.a_day:
        found = replayed(
            QUIET, a_day=a_day, replays=chosen.replays, days=chosen.days, seed=SEED + 2
        )
        _line(out, _replayed(found))


def _replayed(found: Replayed) -> str:
    said = ", ".join(f"{name} {count:,}" for name, count in sorted(found.verdicts.items()))
    loud = ", ".join(f"{name} {count}" for name, count in found.loud.most_common())
    return (
        f"| {found.a_day} | {found.replays} | {found.days} | {found.acts_a_month:.2f} | "
        f"{said} | {loud} |"
    )


def _line(out: TextIO, text: str) -> None:
    out.write(f"{text}\n")
    out.flush()


if __name__ == "__main__":
    main()
