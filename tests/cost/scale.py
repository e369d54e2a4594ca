"""What a volume of photos asks of the ledger and the state machine: `docs/scale.md`."""

from handlers.domain.ledger.schema import BY_HOUR, BY_PENDING, BY_RANGE, BY_REVIEW
from tests.conftest import ROOT
from tests.cost.model import WORK

PAGE = ROOT / "docs" / "scale.md"
PHOTOS_A_DAY = (10_000, 1_000_000, 100_000_000)
# One key of an index, for items of at most 1 KB:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
PARTITION_WRITE_UNITS_A_SECOND = 1_000
SHARED_KEYS = (BY_HOUR, BY_PENDING, BY_RANGE, BY_REVIEW)
_COLUMNS = (
    *("photos a day", "photos per second", "transitions per second", "write units per second"),
    "of what one index key takes",
)
_DAY_S = 24 * 60 * 60


def photos_a_second_of_one_key() -> float:
    """Return the rate at which one key of `by_hour` or `by_pending` takes no more writes."""
    return PARTITION_WRITE_UNITS_A_SECOND / float(WORK["ours"]["index_units"]["value"])


def page() -> str:
    """Return `docs/scale.md`."""
    names = ", ".join(f"`{index.name}`" for index in SHARED_KEYS)
    lines = [
        "# Scale",
        "",
        "Made by `python -m tests.cost --write`: means over a day, for assigned photos without",
        "retries; a peak is a multiple of them. The work of a photo is that of",
        "`tests/cost/work.toml`.",
        "",
        "| " + " | ".join(_COLUMNS) + " |",
        "|---|---|---|---|---|",
    ]
    for photos_a_day in PHOTOS_A_DAY:
        rate = photos_a_day / _DAY_S
        cells = (
            f"{photos_a_day:,}",
            f"{rate:,.1f}",
            f"{rate * WORK['ours']['transitions']['value']:,.0f}",
            f"{rate * WORK['ours']['write_units']['value']:,.0f}",
            f"{rate / photos_a_second_of_one_key():.0%}",
        )
        lines.append("| " + " | ".join(cells) + " |")
    lines += [
        "",
        f"In {names} many photos share one key at a time. A photo takes",
        f"{WORK['ours']['index_units']['value']} write units of an index at a key that takes",
        f"{PARTITION_WRITE_UNITS_A_SECOND:,} per second, so `by_hour` and `by_pending` give way at",
        f"{photos_a_second_of_one_key():.0f} photos per second; the table is then throttled too.",
        "Beyond that rate the keys have to be sharded, and their readers have to merge the shards.",
    ]
    return "\n".join(lines) + "\n"
