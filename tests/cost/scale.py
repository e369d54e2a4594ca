"""What a volume of photos asks of each service and of the settings: `docs/scale.md`."""

import math
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handlers.domain.ledger.schema import BY_HOUR, BY_PENDING, BY_RANGE, BY_REVIEW
from infra.config import stage_settings
from tests.conftest import ROOT
from tests.cost.model import WORK, ours

PAGE = ROOT / "docs" / "scale.md"
PHOTOS_A_DAY = (10_000, 1_000_000, 100_000_000)
SHARED_KEYS = (BY_HOUR, BY_PENDING, BY_RANGE, BY_REVIEW)
PEAK = 5  # times the mean of the day; assumed
QUOTAS: dict[str, dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "quotas.toml").read_text(encoding="utf-8")
)
_PROD = stage_settings("prod")
_ABOUT = f"""\
# Scale

Made by `python -m tests.cost --write` from the work of an assigned photo (`tests/cost/work.toml`),
the settings of stage `prod`, and AWS's default quotas in us-east-1 (`tests/cost/quotas.toml`, each
with its source and whether it was read there). A peak is taken as {PEAK} times the day's mean. What
exceeds a limit is bold. Retries, reviews and duplicates come on top.

"""
_PLAN = """
## What gives way, and what to do

- **Keys of indexes.** In {names}
  many photos share one key at a time: the hour, whether they have an outcome, the order range, the
  state of the review. A photo takes {units:.0f} write units of its hour, so {hottest}
  give way at {rate:.0f} photos a second; the table is then throttled too. No setting
  raises that rate. The plan: a shard, the first digits of `photo_id`, as a suffix of these keys;
  {shards} shards for the largest volume. Claim writes the suffixed keys as new attributes. New
  indexes are added beside the old ones, one at a time. The readers (report, redrive, sweeper,
  drain, status page, review session, dispatch) query all shards and merge them by the sort key. A
  backfill writes the attributes of old rows; then the old indexes go.
- **Starts of executions.** STANDARD needs a raised quota long before EXPRESS does. What exceeds it
  waits in EventBridge's retries; the dead-letter queue and its alarm show what waited too long.
- **Uploads.** S3 divides a prefix by itself as requests grow, and each driver has a folder; it
  answers "slow down" until it has.
- **The endpoint** scales to `endpoint_max_instance_count`; further photos are parked. Raise the
  setting, and the account's quota of the instance type.
- **The sweeper** lists `sweep_versions` in each sweep. A pass has to be shorter than the retention:
  beyond that, raise `sweep_versions`, or read S3's inventory instead of the bucket.
- **The report** reads rows into memory; beyond a function's memory it needs daily summaries.
"""
_DAY_S = 24 * 60 * 60
_REPORT_DAYS = 30  # of rows, which the report reads at once
_ROW_BYTES = 1_024  # measured: a little more


@dataclass(frozen=True, slots=True)
class Demand:
    """What the three volumes ask of one service, beside what it takes."""

    name: str
    needed: tuple[float, ...]  # by PHOTOS_A_DAY
    limit: float | None
    of: str  # where the limit is from

    def cells(self) -> tuple[str, ...]:
        """Return the row of the table; what exceeds the limit is bold."""
        return (
            self.name,
            *(
                f"**{_rounded(value)}**" if self.exceeds(value) else _rounded(value)
                for value in self.needed
            ),
            "" if self.limit is None else _rounded(self.limit),
            self.of,
        )

    def exceeds(self, value: float) -> bool:
        """Whether the limit is too low for this value."""
        return self.limit is not None and value > self.limit


def photos_a_second_of_one_key() -> float:
    """Return the rate at which one key of the busiest indexes takes no more writes."""
    return _quota("key_write_units_a_second") / _work("index_units")


def shards(photos_a_second: float) -> int:
    """Return into how many keys that of an hour has to be divided, to a power of two."""
    needed = photos_a_second / photos_a_second_of_one_key()
    return 1 if needed <= 1 else 2 ** math.ceil(math.log2(needed))


def demands() -> list[Demand]:
    """Return all rows of the table: at a peak, unless the name says otherwise."""
    return [
        Demand("photos a second", _at_peak(1), None, ""),
        _of_quota("starts, STANDARD", 1, "standard_starts_a_second"),
        _of_quota("transitions, STANDARD", _work("transitions"), "standard_transitions_a_second"),
        _of_quota("starts, EXPRESS", 1, "express_starts_a_second"),
        _of_quota("functions at a time", _work("express_s"), "lambda_concurrency"),
        _of_quota("events to targets", _work("events"), "events_to_targets_a_second"),
        _of_quota("write units", _work("write_units"), "table_write_units_a_second"),
        _of_quota("write units of one key", _work("index_units"), "key_write_units_a_second"),
        _of_quota("uploads under one prefix", _work("s3_puts"), "puts_of_a_prefix_a_second"),
        Demand(
            "instances of the endpoint",
            tuple(
                max(_PROD.endpoint_instance_count, math.ceil(calls))
                for calls in _at_peak(60 / _PROD.endpoint_target_invocations)
            ),
            _PROD.endpoint_max_instance_count,
            "`endpoint_max_instance_count`",
        ),
        Demand(
            "days of one pass of the sweeper over all versions",
            tuple(
                photos * _PROD.photo_retention_days / _versions_a_day() for photos in PHOTOS_A_DAY
            ),
            _PROD.photo_retention_days,
            "`photo_retention_days`",
        ),
        Demand(
            f"GB of rows that the report reads, {_REPORT_DAYS} days",
            tuple(photos * _REPORT_DAYS * _ROW_BYTES / 1024**3 for photos in PHOTOS_A_DAY),
            10,
            "the largest function",
        ),
        Demand(
            "USD a month, EXPRESS, without the endpoint",
            tuple(_chain_usd(photos) for photos in PHOTOS_A_DAY),
            None,
            "[what photos cost](cost.md)",
        ),
    ]


def page() -> str:
    """Return `docs/scale.md`."""
    columns = ("", *(f"{photos:,} photos a day" for photos in PHOTOS_A_DAY), "limit", "of")
    rows = (columns, ("---",) * len(columns), *(demand.cells() for demand in demands()))
    table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    return f"{_ABOUT}{table}\n{_plan()}"


def _plan() -> str:
    return _PLAN.format(
        names=", ".join(f"`{index.name}`" for index in SHARED_KEYS),
        hottest=f"`{BY_HOUR.name}` and `{BY_PENDING.name}`",
        units=_work("index_units"),
        rate=photos_a_second_of_one_key(),
        shards=shards(max(_at_peak(1))),
    )


def _work(quantity: str) -> float:
    return float(WORK["ours"][quantity]["value"])


def _quota(name: str) -> float:
    return float(QUOTAS[name]["value"])


def _at_peak(units_a_photo: float) -> tuple[float, ...]:
    return tuple(PEAK * photos / _DAY_S * units_a_photo for photos in PHOTOS_A_DAY)


def _of_quota(name: str, units_a_photo: float, quota: str) -> Demand:
    kind = "quota, adjustable" if QUOTAS[quota]["adjustable"] else "fixed"
    return Demand(
        name, _at_peak(units_a_photo), _quota(quota), f"{kind} ({QUOTAS[quota]['status']})"
    )


def _versions_a_day() -> float:
    return _PROD.sweep_versions * 24 * 60 / _PROD.sweep_every_minutes


def _chain_usd(photos_a_day: float) -> float:
    design = ours("EXPRESS", "real-time")
    return sum(item.month(photos_a_day) for item in design.items if item.name != "endpoint")


def _rounded(value: float) -> str:
    return f"{value:,.1f}" if value < 100 and value != int(value) else f"{value:,.0f}"
