"""The committed page of prices holds, and what it calls counted is counted here."""

import json
from typing import Any

import pytest

from infra.config import stage_settings
from tests.conftest import ROOT
from tests.cost import scale
from tests.cost.model import KINDS, PHOTOS_A_DAY, PRICES, WORK, course, designs, ours
from tests.cost.table import PAGE, page
from tests.infra.our_metrics import published_by_us

SNAPSHOT = ROOT / "tests" / "infra" / "snapshots" / "pipeline.prod.json"
PROD: dict[str, dict[str, Any]] = json.loads(SNAPSHOT.read_text(encoding="utf-8"))["Resources"]


def test_the_page_is_up_to_date() -> None:
    """`python -m tests.cost --write` renews it."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_the_alarms_are_those_of_the_template() -> None:
    alarms = [row for row in PROD.values() if row["Type"] == "AWS::CloudWatch::Alarm"]
    assert WORK["ours"]["alarms"] == {"value": len(alarms), "kind": "counted"}


def test_the_metrics_are_those_that_the_functions_publish() -> None:
    assert WORK["ours"]["metrics"] == {"value": len(published_by_us()), "kind": "counted"}


def test_the_calls_of_the_drain_are_those_of_its_schedule() -> None:
    (schedule,) = (
        row
        for name, row in PROD.items()
        if name.startswith("MonitoringDrain") and row["Type"] == "AWS::Scheduler::Schedule"
    )
    assert schedule["Properties"]["ScheduleExpression"] == "rate(1 minute)"
    assert WORK["ours"]["drain_calls_a_day"] == {"value": 24 * 60, "kind": "counted"}


@pytest.mark.parametrize("part", ["ours", "course", "shared"])
def test_each_quantity_has_a_kind(part: str) -> None:
    assert {entry["kind"] for entry in WORK[part].values()} <= set(KINDS)


def test_each_price_has_a_source() -> None:
    prices = [entry for entry in PRICES.values() if isinstance(entry, dict)]
    assert prices
    for entry in prices:
        assert entry["source"] == "memory" or entry["source"].startswith("https://"), entry


@pytest.mark.parametrize("design", designs(), ids=lambda design: design.name)
def test_the_shares_of_a_month_make_a_whole(design: Any) -> None:
    for photos_a_day in PHOTOS_A_DAY:
        assert sum(design.shares(photos_a_day).values()) == pytest.approx(1)


def test_a_month_of_the_course_is_the_endpoint_and_its_photos() -> None:
    """730 hours at 0.115 USD, and 1,000 photos on each of 30.4 days at 0.081 USD for 1,000."""
    assert course().month(1_000) == pytest.approx(83.95 + 2.47, abs=0.01)


def test_no_form_reaches_a_tenth_of_the_course_yet() -> None:
    """Alarms and metrics alone cost more; the page names the forms that reach it."""
    a_tenth = course().month(1_000) / 10
    fixed = sum(item.usd_a_month for item in ours("EXPRESS", "serverless").items)
    assert fixed > a_tenth
    assert page().endswith("photos a day: none.\n")


def test_the_instance_type_is_the_priced_one() -> None:
    assert stage_settings("prod").endpoint_instance_type == "ml.c5.large"
    assert ours("STANDARD", "real-time").month(0) > 730 * PRICES["ml_c5_large_hour"]["usd"]


def test_the_page_of_scale_is_up_to_date() -> None:
    assert scale.PAGE.read_text(encoding="utf-8") == scale.page()


def test_one_key_of_an_index_suffices_for_a_million_photos_a_day_and_not_for_a_hundred() -> None:
    limit = scale.photos_a_second_of_one_key()
    assert 1_000_000 / 86_400 < limit < 100_000_000 / 86_400
