"""The schedules call their functions: here only the emulator's Scheduler does it."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from tests.e2e.chain.conftest import TIMEOUT_S, Chain
from tests.e2e.chain.test_repairs import LONG_AGO, change

pytestmark = pytest.mark.e2e


@pytest.fixture
def due_now(chain: Chain) -> None:
    """Schedule each of the stack's targets once more, at a moment in the past."""
    scheduler = chain.stage.client("scheduler")
    schedules = scheduler.list_schedules()["Schedules"]
    assert len(schedules) == 3
    for number, listed in enumerate(schedules):
        schedule = scheduler.get_schedule(Name=listed["Name"], GroupName=listed["GroupName"])
        scheduler.create_schedule(
            Name=f"due-now-{number}",
            ScheduleExpression=f"at({datetime.now(UTC) - timedelta(minutes=1):%Y-%m-%dT%H:%M:%S})",
            FlexibleTimeWindow={"Mode": "OFF"},
            ActionAfterCompletion="DELETE",
            Target=schedule["Target"],
        )


def test_the_schedules_sweep_and_report(chain: Chain, request: pytest.FixtureRequest) -> None:
    photo = chain.upload("intake/s1/stuck.jpg", chain.picture())
    chain.outcome(photo)
    change(chain, photo, status="received", pending="received", claimed_at=LONG_AGO)
    assert not yesterdays_reports(chain)
    request.getfixturevalue("due_now")
    row = chain.outcome(photo)
    assert (row["status"], row["attempt"]) == ("assigned", 2)
    deadline = time.monotonic() + TIMEOUT_S
    while not yesterdays_reports(chain) and time.monotonic() < deadline:
        time.sleep(0.1)
    (page,) = yesterdays_reports(chain)
    assert page.endswith("/day/report.html")
    assert len(chain.stage.client("scheduler").list_schedules()["Schedules"]) == 3


def yesterdays_reports(chain: Chain) -> list[str]:
    """Return the pages of all days but today, for which other tests make reports."""
    response = chain.stage.client("s3").list_objects_v2(
        Bucket=chain.stage.outputs["ReportsBucket"], Prefix="reports/"
    )
    today = datetime.now(UTC).date().isoformat()
    keys = [stored["Key"] for stored in response.get("Contents", ())]
    return [key for key in keys if key.endswith("/report.html") and f"/{today}/" not in key]
