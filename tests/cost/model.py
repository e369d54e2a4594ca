"""The price of a month: work by photo and by month, times the prices."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent
DAYS_A_MONTH = 365 / 12
PHOTOS_A_DAY = (300, 1_000, 10_000, 100_000)
KINDS = ("counted", "measured", "assumed")  # how a quantity is known
STATUSES = ("read", "secondary", "assumed")  # how a price is known
_EXPRESS_GB = 64 / 1024  # billed in chunks of 64 MB
_EXPRESS_STEP_S = 0.1  # billed in tenths of a second


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / name).read_text(encoding="utf-8"))


PRICES = _read("prices.toml")
WORK = _read("work.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class CostItem:
    """Units of one price: for each photo, and for each month whatever the number of photos."""

    name: str
    price: str  # a table of prices.toml
    kind: str  # how the quantity is known, one of KINDS
    a_photo: float = 0.0
    a_month: float = 0.0

    @property
    def status(self) -> str:
        """How the price is known, one of STATUSES."""
        return str(PRICES[self.price]["status"])

    def units(self, photos_a_day: float) -> float:
        """Return the units of a month."""
        return self.a_month + self.a_photo * photos_a_day * DAYS_A_MONTH

    def month(self, photos_a_day: float) -> float:
        """Return USD a month."""
        return self.units(photos_a_day) * _usd(self.price)


@dataclass(frozen=True, slots=True)
class Design:
    """One way to run the pipeline, with all that it pays for."""

    name: str
    items: tuple[CostItem, ...]

    def month(self, photos_a_day: float) -> float:
        """Return USD a month, without free amounts."""
        return sum(item.month(photos_a_day) for item in self.items)

    def month_after_free(self, photos_a_day: float) -> float:
        """Return USD a month in an account whose free amounts this stage alone uses."""
        total = 0.0
        for price in {item.price for item in self.items}:
            items = [item for item in self.items if item.price == price]
            units = sum(item.units(photos_a_day) for item in items)
            total += max(0.0, units - PRICES[price]["free"]) * _usd(price)
        return total

    def shares_of_kinds(self, photos_a_day: float) -> dict[str, float]:
        """Return the shares of the month's price, by how the quantities are known."""
        return self._shares(photos_a_day, KINDS, lambda item: item.kind)

    def shares_of_statuses(self, photos_a_day: float) -> dict[str, float]:
        """Return the shares of the month's price, by how the prices are known."""
        return self._shares(photos_a_day, STATUSES, lambda item: item.status)

    @property
    def thousand_photos(self) -> float:
        """USD for 1,000 photos more."""
        return 1_000 * sum(item.a_photo * _usd(item.price) for item in self.items)

    def _shares(
        self, photos_a_day: float, groups: tuple[str, ...], group_of: Callable[[CostItem], str]
    ) -> dict[str, float]:
        total = self.month(photos_a_day)
        return {
            group: sum(item.month(photos_a_day) for item in self.items if group_of(item) == group)
            / total
            for group in groups
        }


def _usd(price: str) -> float:
    return float(PRICES[price]["usd"])


def _photo(part: str, quantity: str, price: str) -> CostItem:
    entry = WORK[part][quantity]
    return CostItem(name=quantity, price=price, kind=entry["kind"], a_photo=entry["value"])


def _fixed(quantity: str, price: str, *, times: float = 1.0) -> CostItem:
    entry = WORK["ours"][quantity]
    return CostItem(name=quantity, price=price, kind=entry["kind"], a_month=entry["value"] * times)


def _endpoint(price: str, hours: float) -> CostItem:
    return CostItem(name="endpoint", price=price, kind="assumed", a_month=hours)


def _chain() -> tuple[CostItem, ...]:
    drain_calls = WORK["ours"]["drain_calls_a_day"]["value"] * DAYS_A_MONTH
    return (
        _photo("ours", "functions", "lambda_request"),
        _photo("ours", "stream_functions", "lambda_request"),
        _photo("ours", "lambda_gb_s", "lambda_arm64_gb_s"),
        _photo("ours", "write_units", "dynamodb_write_unit"),
        _photo("ours", "s3_puts", "s3_put"),
        _photo("ours", "s3_gets", "s3_get"),
        _photo("ours", "events", "event"),
        _fixed("alarms", "alarm_month"),
        _fixed("metric_hours_a_day", "metric_month", times=1 / 24),
        _fixed("drain_calls_a_day", "lambda_request", times=DAYS_A_MONTH),
        _fixed("drain_gb_s", "lambda_arm64_gb_s", times=drain_calls),
    )


def _machine(workflow_type: str) -> tuple[CostItem, ...]:
    if workflow_type == "STANDARD":
        return (_photo("ours", "transitions", "standard_transition"),)
    seconds = WORK["ours"]["express_s"]
    billed_s = -(-seconds["value"] // _EXPRESS_STEP_S) * _EXPRESS_STEP_S
    return (
        CostItem(name="express_requests", price="express_request", kind="counted", a_photo=1.0),
        CostItem(
            name="express_s",
            price="express_gb_s",
            kind=seconds["kind"],
            a_photo=billed_s * _EXPRESS_GB,
        ),
    )


def course() -> Design:
    """Return the course's design: one endpoint for 24 hours, three functions, STANDARD."""
    hours = WORK["shared"]["hours_a_month"]["value"]
    return Design(
        "the course's design",
        (
            _photo("course", "transitions", "standard_transition"),
            _photo("course", "functions", "lambda_request"),
            _photo("course", "lambda_gb_s", "lambda_x86_gb_s"),
            _photo("course", "s3_puts", "s3_put"),
            _photo("course", "s3_gets", "s3_get"),
            _endpoint("ml_m5_large_hour", hours),
        ),
    )


def ours(workflow_type: str, endpoint: str) -> Design:
    """Return this system with an endpoint that is `real-time`, `off-hours` or `serverless`."""
    hours = WORK["shared"]["hours_a_month"]["value"]
    open_hours = WORK["shared"]["open_hours_a_day"]["value"] * DAYS_A_MONTH
    endpoints = {
        "real-time": _endpoint("ml_c5_large_hour", hours),
        "off-hours": _endpoint("ml_c5_large_hour", open_hours),
        "serverless": _photo("ours", "serverless_gb_s", "serverless_gb_s"),
    }
    items = (*_chain(), *_machine(workflow_type), endpoints[endpoint])
    return Design(f"{workflow_type}, {endpoint}", items)


def designs() -> tuple[Design, ...]:
    """Return the course's design and all forms of this system."""
    return (
        course(),
        *(
            ours(workflow_type, endpoint)
            for workflow_type in ("STANDARD", "EXPRESS")
            for endpoint in ("real-time", "off-hours", "serverless")
        ),
    )
