"""A driver sees the assignment in force, and which photos it has superseded."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from handlers.domain.timestamps import stamp
from tests.handlers.api_client import DAN, DORA, Api
from tests.handlers.drivers_api.ledger import put_assignment, put_photo


def in_hours(hours: float) -> str:
    return stamp(datetime.now(UTC) + timedelta(hours=hours))


def put_assigned(second: int, **row: Any) -> str:
    return put_photo(
        driver="dora",
        upload=f"u{second}",
        uploaded_at=f"2026-11-22T12:00:{second:02d}Z",
        valid_until=in_hours(1),
        **row,
    )


def test_a_driver_sees_the_assignment_of_the_later_photo_on_both(api: Api) -> None:
    first = put_assigned(0)
    second = put_assigned(1, vehicle="motorcycle", order_range="distant")
    put_assignment(second)
    current = api.get("/assignment", DORA).body["assignment"]
    assert (current["photo_id"], current["vehicle"]) == (second, "motorcycle")
    assert current["order_range"] == "distant"
    superseded = {
        photo["photo_id"]: photo["superseded"] for photo in api.get("/photos", DORA).body["photos"]
    }
    assert superseded == {first: True, second: False}
    assert api.get(f"/photos/{first}", DORA).body["superseded"]
    assert api.get("/uploads/u0", DORA).body["photo"]["superseded"]
    assert not api.get("/uploads/u1", DORA).body["photo"]["superseded"]


def test_a_photo_that_is_not_assigned_is_not_superseded(api: Api) -> None:
    rejected = put_photo(driver="dora", upload="r", status="rejected", reason="retake")
    put_assignment(put_assigned(1))
    assert not api.get(f"/photos/{rejected}", DORA).body["superseded"]


def test_no_assignment_of_the_caller_is_null(api: Api) -> None:
    put_assignment(put_assigned(0))
    assert api.get("/assignment", DAN).body == {"assignment": None}


def test_an_assignment_that_has_ended_is_not_in_force(api: Api) -> None:
    photo_id = put_assigned(0)
    put_assignment(photo_id, valid_until=in_hours(-1))
    assert api.get("/assignment", DORA).body == {"assignment": None}
    assert not api.get(f"/photos/{photo_id}", DORA).body["superseded"]


@pytest.mark.parametrize("changed", [{"vehicle": None}, {"valid_until": "tomorrow"}])
def test_an_unreadable_assignment_is_not_shown_as_none_and_hides_no_photo(
    api: Api, caplog: pytest.LogCaptureFixture, changed: dict[str, Any]
) -> None:
    photo_id = put_assigned(0)
    put_assignment(photo_id, **changed)
    response = api.get("/assignment", DORA)
    assert (response.status, response.code) == (500, "internal")
    assert api.get(f"/photos/{photo_id}", DORA).body["status"] == "assigned"
    assert "assignment_row_malformed" in caplog.text
