"""The prices of all designs as JSON and as `docs/cost.md`."""

from typing import Any

from tests.conftest import ROOT
from tests.cost.model import KINDS, PHOTOS_A_DAY, PRICES, STATUSES, WORK, designs

PAGE = ROOT / "docs" / "cost.md"
_AIM_PHOTOS_A_DAY = 1_000
_AIM = 0.1
_ABOUT = f"""\
# What photos cost

Made by `python -m tests.cost --write` from the work of one assigned photo
(`tests/cost/work.toml`) and one table of prices (`tests/cost/prices.toml`, {PRICES["region"]},
{PRICES["date"]}, each with its source). Prices are in USD.

The course's design is one `ml.m5.large` endpoint for 24 hours, three functions and a STANDARD state
machine, taken from its description; it has no ledger, alarms, metrics or drain. This system's
endpoint is one `ml.c5.large`: always on, or on for
{WORK["shared"]["open_hours_a_day"]["value"]} hours of every day. The rows with a serverless
endpoint are a calculation only: the system has no such setting, and a serverless endpoint has no
Data Capture, which the daily report reads. No design includes logs, traces, storage, the HTTP
APIs, the report, the sweeper, reviews, retries or more than one instance.

"""
_SURE = f"""
## How sure it is

At {_AIM_PHOTOS_A_DAY:,} photos a day these shares of a month's price rest on quantities that are
counted by a test, measured on a local stage on {WORK["measured"]} (commit `{WORK["commit"]}`), or
assumed; and on prices that were read on a page of AWS, on a page of others (secondary), or on none
(assumed).

"""


def document() -> dict[str, Any]:
    """Return a JSON object: for each design, the prices and how they are known."""
    first = designs()[0]
    course = first.month(_AIM_PHOTOS_A_DAY)
    course_after_free = first.month_after_free(_AIM_PHOTOS_A_DAY)
    return {
        design.name: {
            "usd_for_1000_photos": round(design.thousand_photos, 4),
            "usd_a_month": {str(count): round(design.month(count), 2) for count in PHOTOS_A_DAY},
            "of_the_course": round(design.month(_AIM_PHOTOS_A_DAY) / course, 3),
            "of_the_course_after_free": round(
                design.month_after_free(_AIM_PHOTOS_A_DAY) / course_after_free, 3
            ),
            "quantities": _rounded(design.shares_of_kinds(_AIM_PHOTOS_A_DAY)),
            "prices": _rounded(design.shares_of_statuses(_AIM_PHOTOS_A_DAY)),
        }
        for design in designs()
    }


def table() -> str:
    """Return the Markdown table of the prices of all designs."""
    columns = (
        *("design", "1,000 photos more"),
        *(f"month at {count:,} a day" for count in PHOTOS_A_DAY),
        *(f"of the course's at {_AIM_PHOTOS_A_DAY:,}", "the same after free amounts"),
    )
    rows = [
        (
            *(name, f"{row['usd_for_1000_photos']:.3f}"),
            *(f"{usd:,.2f}" for usd in row["usd_a_month"].values()),
            *(f"{row['of_the_course']:.0%}", f"{row['of_the_course_after_free']:.0%}"),
        )
        for name, row in document().items()
    ]
    return _markdown(columns, rows)


def certainty() -> str:
    """Return the Markdown table of how the prices of all designs are known."""
    columns = (
        "design",
        *(f"quantities {kind}" for kind in KINDS),
        *(f"prices {status}" for status in STATUSES),
    )
    rows = [
        (
            name,
            *(f"{share:.0%}" for share in (*row["quantities"].values(), *row["prices"].values())),
        )
        for name, row in document().items()
    ]
    return _markdown(columns, rows)


def page() -> str:
    """Return `docs/cost.md`."""
    return f"{_ABOUT}{table()}{_aim()}{_SURE}{certainty()}"


def _aim() -> str:
    rows = document().items()
    before = ", ".join(name for name, row in rows if row["of_the_course"] <= _AIM) or "none"
    after = (
        ", ".join(name for name, row in rows if row["of_the_course_after_free"] <= _AIM) or "none"
    )
    return (
        "\n`off-hours` and `serverless` save the endpoint's price, EXPRESS saves that of"
        f" transitions.\nForms at or under a tenth of the course's price at {_AIM_PHOTOS_A_DAY:,}"
        f" photos a day: {before}.\nWith the amounts that AWS leaves out of every month's bill of"
        f" an account: {after}.\n"
    )


def _rounded(shares: dict[str, float]) -> dict[str, float]:
    return {name: round(share, 3) for name, share in shares.items()}


def _markdown(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)]) + "\n"
