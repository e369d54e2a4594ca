"""The prices of all designs as JSON and as `docs/cost.md`."""

from typing import Any

from tests.conftest import ROOT
from tests.cost.model import KINDS, PHOTOS_A_DAY, PRICES, WORK, designs

PAGE = ROOT / "docs" / "cost.md"
_AIM_PHOTOS_A_DAY = 1_000
_AIM = 0.1
_ABOUT = f"""\
# What photos cost

Made by `python -m tests.cost --write` from the work of one assigned photo
(`tests/cost/work.toml`) and one table of prices (`tests/cost/prices.toml`, {PRICES["region"]},
{PRICES["date"]}, each with its source). Prices are in USD, without free tiers; those from memory
are to be checked before they are quoted.

The course's design is one `ml.m5.large` endpoint for 24 hours, three functions and a STANDARD state
machine, taken from its description; it has no ledger, alarms, metrics or drain. This system's
endpoint is one `ml.c5.large`: always on, or on for
{WORK["shared"]["open_hours_a_day"]["value"]} hours of every day. The rows with a serverless
endpoint are a calculation only: the system has no such setting, and a serverless endpoint has no
Data Capture, which the daily report reads. No design includes logs, traces, storage, the HTTP
APIs, the report, the sweeper, reviews, retries or more than one instance.

The last columns say how the quantities behind the price at {_AIM_PHOTOS_A_DAY:,} photos a day are
known: counted by a test, measured on a local stage on {WORK["measured"]} (commit
`{WORK["commit"]}`), or assumed.

"""


def document() -> dict[str, Any]:
    """Return a JSON object: for each design, the prices and how they are known."""
    course = designs()[0].month(_AIM_PHOTOS_A_DAY)
    return {
        design.name: {
            "usd_for_1000_photos": round(design.thousand_photos, 4),
            "usd_a_month": {str(count): round(design.month(count), 2) for count in PHOTOS_A_DAY},
            "of_the_course": round(design.month(_AIM_PHOTOS_A_DAY) / course, 3),
            "shares": {
                kind: round(share, 3) for kind, share in design.shares(_AIM_PHOTOS_A_DAY).items()
            },
        }
        for design in designs()
    }


def table() -> str:
    """Return the Markdown table of all designs."""
    columns = (
        *("design", "1,000 photos more"),
        *(f"month at {count:,} a day" for count in PHOTOS_A_DAY),
        *(f"of the course's at {_AIM_PHOTOS_A_DAY:,}", *KINDS),
    )
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    for name, row in document().items():
        cells = (
            *(name, f"{row['usd_for_1000_photos']:.3f}"),
            *(f"{usd:,.2f}" for usd in row["usd_a_month"].values()),
            f"{row['of_the_course']:.0%}",
            *(f"{share:.0%}" for share in row["shares"].values()),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def page() -> str:
    """Return `docs/cost.md`."""
    tenth = [name for name, row in document().items() if row["of_the_course"] <= _AIM]
    reached = ", ".join(tenth) or "none"
    return (
        f"{_ABOUT}{table()}\n"
        f"Forms within the aim, a tenth of the course's price at {_AIM_PHOTOS_A_DAY:,} photos a"
        f" day: {reached}.\n"
    )
