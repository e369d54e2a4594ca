"""The price of a month: work by photo and by month, times the prices."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent
DAYS_A_MONTH = 365 / 12
PHOTOS_A_DAY = (300, 1_000, 10_000, 100_000)
KINDS = ("counted", "measured", "assumed")
_EXPRESS_GB = 64 / 1024  # billed in chunks of 64 MB
_EXPRESS_STEP_S = 0.1  # billed in tenths of a second


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / name).read_text(encoding="utf-8"))


PRICES = _read("prices.toml")
WORK = _read("work.toml")


@dataclass(frozen=True, slots=True)
class CostItem:
    """One quantity at one price."""

    name: str
    usd_a_photo: float
    usd_a_month: float
    kind: str  # how the quantity is known, one of KINDS


@dataclass(frozen=True, slots=True)
class Design:
    """One way to run the pipeline, with all that it pays for."""

    name: str
    items: tuple[CostItem, ...]

    def month(self, photos_a_day: int) -> float:
        """Return USD a month."""
        return sum(_month(item, photos_a_day) for item in self.items)

    def shares(self, photos_a_day: int) -> dict[str, float]:
        """Return the share of the month's price, by how the quantity is known."""
        return {
            kind: sum(_month(item, photos_a_day) for item in self.items if item.kind == kind)
            / self.month(photos_a_day)
            for kind in KINDS
        }

    @property
    def thousand_photos(self) -> float:
        """USD for 1,000 photos more."""
        return 1_000 * sum(item.usd_a_photo for item in self.items)


def _month(item: CostItem, photos_a_day: int) -> float:
    return item.usd_a_month + item.usd_a_photo * photos_a_day * DAYS_A_MONTH


def _usd(price: str) -> float:
    return float(PRICES[price]["usd"])


def _photo(part: str, quantity: str, price: str) -> CostItem:
    entry = WORK[part][quantity]
    return CostItem(quantity, entry["value"] * _usd(price), 0.0, entry["kind"])


def _endpoint(price: str, hours: float) -> CostItem:
    return CostItem("endpoint", 0.0, hours * _usd(price), "assumed")


def _chain() -> tuple[CostItem, ...]:
    alarms, metrics = WORK["ours"]["alarms"], WORK["ours"]["metrics"]
    calls = WORK["ours"]["drain_calls_a_day"]
    calls_a_month = calls["value"] * DAYS_A_MONTH
    drain_gb_s = WORK["ours"]["drain_gb_s"]
    drain_usd = calls_a_month * drain_gb_s["value"] * _usd("lambda_arm64_gb_s")
    return (
        _photo("ours", "functions", "lambda_request"),
        _photo("ours", "stream_functions", "lambda_request"),
        _photo("ours", "lambda_gb_s", "lambda_arm64_gb_s"),
        _photo("ours", "write_units", "dynamodb_write_unit"),
        _photo("ours", "s3_puts", "s3_put"),
        _photo("ours", "s3_gets", "s3_get"),
        _photo("ours", "events", "event"),
        CostItem("alarms", 0.0, alarms["value"] * _usd("alarm_month"), alarms["kind"]),
        CostItem("metrics", 0.0, metrics["value"] * _usd("metric_month"), metrics["kind"]),
        CostItem("drain_calls", 0.0, calls_a_month * _usd("lambda_request"), calls["kind"]),
        CostItem("drain_gb_s", 0.0, drain_usd, drain_gb_s["kind"]),
    )


def _machine(workflow_type: str) -> tuple[CostItem, ...]:
    if workflow_type == "STANDARD":
        return (_photo("ours", "transitions", "standard_transition"),)
    seconds = WORK["ours"]["express_s"]
    billed_s = -(-seconds["value"] // _EXPRESS_STEP_S) * _EXPRESS_STEP_S
    duration_usd = billed_s * _EXPRESS_GB * _usd("express_gb_s")
    return (
        CostItem("express_requests", _usd("express_request"), 0.0, "counted"),
        CostItem("express_s", duration_usd, 0.0, seconds["kind"]),
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
