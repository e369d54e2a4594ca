"""The table of bursts and outages, as JSON for the claims and as `docs/bursts.md`."""

import json
from collections.abc import Iterable
from typing import Any

from tests.bursts.scenarios import Comparison, Outcome
from tests.conftest import ROOT

RECORD = ROOT / "tests" / "bursts" / "outcomes.json"
PAGE = ROOT / "docs" / "bursts.md"
_COLUMNS = (
    *("load", "account limit", "failed before", "failed now", "lost now", "parked for a while"),
    *("all decided after, s", "floor, s", "in time if within, s", "in time before", "in time now"),
    *("transitions a photo before", "now", "most"),
)
_ABOUT = """\
# Bursts and an endpoint that is down

Made by `python -m tests.bursts --write` from a discrete-event model: the states, retriers and
catchers are the state machine's own definition, and the drain, the breaker and the cache of the
controls are the product's code. Modelled are AWS, the durations of functions and the endpoint's
rate. *Before* is the same chain with five retries and without parking, breaker and drain. The floor
is the length of the outage and the larger of the functions' time by the account limit and the
photos by the endpoint's rate. `make burst-emulator` compares the model with a local stage that
throttles.

"""


def document(comparisons: Iterable[Comparison]) -> dict[str, Any]:
    """Return a JSON object: for each scenario's id, the outcomes before and now."""
    return {
        comparison.scenario.id: {
            "name": comparison.scenario.name,
            "concurrency": comparison.scenario.concurrency,
            "before": _outcome(comparison.before),
            "now": _outcome(comparison.now),
        }
        for comparison in comparisons
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "failed": {"count": outcome.failed, "of": outcome.photos},
        "lost": {"count": outcome.lost, "of": outcome.photos},
        "parked": {"count": outcome.parked, "of": outcome.photos},
        "ended_s": round(outcome.ended_s, 1),
        "floor_s": round(outcome.floor_s, 1),
        "limit_s": round(outcome.limit_s, 1),
        "in_time": outcome.in_time,
        "transitions": round(outcome.transitions, 1),
        "most_transitions": outcome.most_transitions,
    }


def table(rows: dict[str, Any]) -> str:
    """Return the Markdown table of a document."""
    lines = ["| " + " | ".join(_COLUMNS) + " |", "|" + "---|" * len(_COLUMNS)]
    lines += ["| " + " | ".join(_cells(row)) + " |" for row in rows.values()]
    return "\n".join(lines) + "\n"


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    before, now = row["before"], row["now"]
    return (
        row["name"],
        f"{row['concurrency']:,}",
        *(f"{outcome['failed']['count']:,}" for outcome in (before, now)),
        *(f"{now[figure]['count']:,}" for figure in ("lost", "parked")),
        *(f"{now[figure]:,.0f}" for figure in ("ended_s", "floor_s", "limit_s")),
        *("yes" if outcome["in_time"] else "no" for outcome in (before, now)),
        *(f"{outcome['transitions']:.0f}" for outcome in (before, now)),
        str(now["most_transitions"]),
    )


def page(rows: dict[str, Any]) -> str:
    """Return `docs/bursts.md`."""
    return _ABOUT + table(rows)


def write(rows: dict[str, Any]) -> None:
    """Store a document as the record, and its page."""
    RECORD.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(page(rows), encoding="utf-8")
