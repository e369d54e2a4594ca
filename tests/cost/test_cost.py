"""The committed page of prices holds, and what it calls counted is counted here."""

import json
from typing import Any

import pytest

from infra.config import stage_settings
from tests.conftest import ROOT
from tests.cost import scale
from tests.cost.model import (
    KINDS,
    PHOTOS_A_DAY,
    PRICES,
    STATUSES,
    WORK,
    CostItem,
    Design,
    course,
    designs,
    ours,
)
from tests.cost.table import PAGE, page
from tests.infra.our_metrics import published_by_us

SNAPSHOT = ROOT / "tests" / "infra" / "snapshots" / "pipeline.prod.json"
# Published when something fails, and on a day without errors not at all.
METRICS_OF_ERRORS = {"CapturesLost", "ChangesNotPublished", "ChangesUnreadable", "PhotosHeldBack"}
PROD: dict[str, dict[str, Any]] = json.loads(SNAPSHOT.read_text(encoding="utf-8"))["Resources"]


def test_the_page_is_up_to_date() -> None:
    """`python -m tests.cost --write` renews it."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_the_alarms_are_those_of_the_template() -> None:
    alarms = [row for row in PROD.values() if row["Type"] == "AWS::CloudWatch::Alarm"]
    assert WORK["ours"]["alarms"] == {"value": len(alarms), "kind": "counted"}


def test_the_hours_of_metrics_are_those_in_which_the_functions_publish() -> None:
    """A metric is billed for hours with a value; the report publishes once a day."""
    metrics = published_by_us()
    assert {name for name, _ in metrics} >= METRICS_OF_ERRORS
    hours = {
        (name, service): 1 if service == "report" else 24
        for name, service in metrics
        if name not in METRICS_OF_ERRORS
    }
    counted = {"value": sum(hours.values()), "kind": "counted"}
    assert WORK["ours"]["metric_hours_a_day"] == counted


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


def test_each_price_names_its_source_and_status() -> None:
    prices = [entry for entry in PRICES.values() if isinstance(entry, dict)]
    assert prices
    for entry in prices:
        assert entry["status"] in STATUSES
        assert entry["source"].startswith("https://") != (entry["status"] == "assumed"), entry
        if entry["status"] == "read":
            assert entry["source"].startswith("https://aws.amazon.com/"), entry


@pytest.mark.parametrize("design", designs(), ids=lambda design: design.name)
def test_the_shares_of_a_month_make_a_whole(design: Design) -> None:
    for photos_a_day in PHOTOS_A_DAY:
        assert sum(design.shares_of_kinds(photos_a_day).values()) == pytest.approx(1)
        assert sum(design.shares_of_statuses(photos_a_day).values()) == pytest.approx(1)


def test_free_amounts_are_left_out_once_for_all_items_of_a_price() -> None:
    """Three functions and two of the stream share one million calls a month."""
    items = tuple(
        CostItem(name=name, price="lambda_request", kind="counted", a_month=800_000)
        for name in ("workflow", "stream")
    )
    design = Design("two items", items)
    assert design.month(0) == pytest.approx(0.32)
    assert design.month_after_free(0) == pytest.approx(0.12)


def test_a_month_of_the_course_is_the_endpoint_and_its_photos() -> None:
    """730 hours at 0.115 USD, and 1,000 photos on each of 30.4 days at 0.081 USD for 1,000."""
    assert course().month(1_000) == pytest.approx(83.95 + 2.47, abs=0.01)


def test_a_tenth_of_the_course_needs_free_amounts_and_a_serverless_endpoint() -> None:
    """Alarms and metrics alone cost more than a tenth without free amounts."""
    cheapest = ours("EXPRESS", "serverless")
    a_tenth = course().month(1_000) / 10
    assert sum(item.a_month and item.month(0) for item in cheapest.items) > a_tenth
    assert cheapest.month_after_free(1_000) <= course().month_after_free(1_000) / 10
    assert "of an account: EXPRESS, serverless.\n" in page()


def test_the_instance_type_is_the_priced_one() -> None:
    assert stage_settings("prod").endpoint_instance_type == "ml.c5.large"
    assert ours("STANDARD", "real-time").month(0) > 730 * PRICES["ml_c5_large_hour"]["usd"]


def test_the_page_of_scale_is_up_to_date() -> None:
    assert scale.PAGE.read_text(encoding="utf-8") == scale.page()


def test_one_key_of_an_index_suffices_for_a_million_photos_a_day_and_not_for_a_hundred() -> None:
    limit = scale.photos_a_second_of_one_key()
    assert limit == pytest.approx(333, abs=1)
    assert 5 * 1_000_000 / 86_400 < limit < 5 * 100_000_000 / 86_400


@pytest.mark.parametrize(("rate", "count"), [(0.1, 1), (333, 1), (334, 2), (5_787, 32)])
def test_shards_take_the_peak(rate: float, count: int) -> None:
    assert scale.shards(rate) == count
    assert count * scale.photos_a_second_of_one_key() >= rate


def test_ten_thousand_photos_a_day_need_no_change() -> None:
    assert not [demand.name for demand in scale.demands() if demand.exceeds(demand.needed[0])]


def test_a_million_photos_a_day_need_the_sweeper_and_the_report_changed() -> None:
    changed = [demand.name for demand in scale.demands() if demand.exceeds(demand.needed[1])]
    assert [name.split()[0] for name in changed] == ["days", "GB"]


def test_the_arithmetic_of_a_peak() -> None:
    """5 x 100 million photos / 86,400 s; 9 transitions, 21 write units and 0.4 s each."""
    by_name = {demand.name: demand.needed[2] for demand in scale.demands()}
    assert by_name["photos a second"] == pytest.approx(5_787, abs=1)
    assert by_name["transitions, STANDARD"] == pytest.approx(9 * 5_787.04, abs=1)
    assert by_name["write units"] == pytest.approx(21 * 5_787.04, abs=1)
    assert by_name["functions at a time"] == pytest.approx(0.4 * 5_787.04, abs=1)
    assert by_name["instances of the endpoint"] == 83


def test_each_quota_names_its_source_and_status() -> None:
    for name, quota in scale.QUOTAS.items():
        assert quota["status"] in STATUSES, name
        assert bool(quota["source"]) != (quota["status"] == "assumed"), name
