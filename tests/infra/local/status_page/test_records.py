"""Counts that add up, pages that stay where they are, and seconds read from a history."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from infra.local.sagemaker.capture_lines import CaptureSettings
from infra.local.status_page.cards import PAGE_SIZE, STATES, Card, counts, sheet
from infra.local.status_page.stack_names import PagePlaces
from infra.local.status_page.steps import read_run
from infra.local.status_page.story import as_json, story

START = datetime(2026, 11, 22, 9, tzinfo=UTC)
Event = dict[str, Any]


def a_card(number: int = 1, **facts: object) -> Card:
    item = {
        "photo_id": f"{number:064x}",
        "status": "received",
        "received_at": f"2026-11-22T09:00:{number // 1000:02}.{number % 1000:03}Z",
    }
    return Card.from_item({**item, **facts})


def entered(second: float, name: str, kind: str = "Task") -> Event:
    return _event(second, f"{kind}StateEntered", stateEnteredEventDetails={"name": name})


def left(second: float, kind: str = "Task") -> Event:
    return _event(second, f"{kind}StateExited")


def _event(second: float, kind: str, **details: object) -> Event:
    return {"type": kind, "timestamp": START + timedelta(seconds=second), **details}


RUN = [
    _event(0, "ExecutionStarted"),
    entered(0, "Identify", "Choice"),
    left(0, "Choice"),
    entered(0, "ClaimOfDriver"),
    left(0.2),
    entered(0.2, "Serialize"),
    _event(1, "TaskFailed", taskFailedEventDetails={"error": "Lambda.TooManyRequestsException"}),
    left(2),
    entered(2, "OpenReview"),
    left(2.25),
    entered(2.25, "SendReview"),
    left(2.5),
]


def test_counts_add_up_whatever_stands_in_the_ledger() -> None:
    statuses = ["received", "requeued", "assigned", "assigned", "in_review", "failed", "nonsense"]
    cards = [a_card(number, status=status) for number, status in enumerate(statuses)]
    found = counts(cards, uploads=9)
    assert found["received"] == 9 == sum(found[state] for state in STATES)
    assert found["in_flight"] == 3 + 2
    assert found["unclaimed"] == 2


def test_counts_add_up_while_the_bucket_was_counted_earlier() -> None:
    found = counts([a_card(1), a_card(2, status="rejected")], uploads=1)
    assert found["received"] == 2 == sum(found[state] for state in STATES)
    assert found["unclaimed"] == 0


def test_pages_go_from_the_newest_to_the_oldest_without_gaps() -> None:
    cards = [a_card(number) for number in range(2 * PAGE_SIZE + 3)]
    seen: list[Card] = []
    before = ""
    while True:
        page = sheet(cards, before=before)
        assert page.position == len(seen) + 1
        assert page.of == len(cards)
        seen += page.cards
        before = page.older
        if not before:
            break
        cards = [*cards, a_card(500 + len(cards))]  # one more arrives: it is not on older pages
        seen = [cards[-1], *seen]
    assert seen == sorted(cards, key=lambda card: card.cursor, reverse=True)


def test_a_page_can_be_of_one_state() -> None:
    cards = [a_card(1), a_card(2, status="failed")]
    assert [card.status for card in sheet(cards, state="failed").cards] == ["failed"]
    nothing = sheet(cards, state="assigned")
    assert (nothing.position, nothing.of, nothing.older) == (0, 0, "")


def test_a_row_that_should_not_exist_is_shown_all_the_same() -> None:
    card = Card.from_item({"photo_id": "ab"})
    assert (card.state, card.key, card.confidence) == ("in_flight", "", None)


def test_a_guess_is_no_vehicle_where_none_was_seen() -> None:
    facts = {"vehicle": "bicycle", "confidence": Decimal("0.02")}
    none = a_card(classification=facts, review_reason="no_vehicle", status="in_review")
    assert (none.vehicle, none.reason) == ("", "no_vehicle")
    assert a_card(classification=facts).vehicle == "bicycle"
    assert a_card(classification=facts, vehicle="motorcycle").vehicle == "motorcycle"


def test_seconds_in_each_step() -> None:
    run = read_run([*RUN, _event(2.5, "ExecutionSucceeded")])
    assert run.has_ended
    assert run.seconds == 2.5
    assert [(phase["name"], phase["seconds"]) for phase in run.phases()] == [
        ("claim", 0.2),
        ("serialize", 1.8),
        ("record", 0.5),
    ]
    assert [step.name for step in run.steps][:2] == ["Identify", "ClaimOfDriver"]
    assert run.steps[2].errors == ("Lambda.TooManyRequestsException",)


def test_where_a_photo_is_now() -> None:
    run = read_run(RUN[:6])
    assert not run.has_ended
    assert run.seconds is None
    assert run.steps[-1].seconds is None
    assert run.phases()[-1] == {
        "name": "serialize",
        "seconds": 0.0,
        "since": (START + timedelta(seconds=0.2)).isoformat(),
    }


@pytest.mark.parametrize("end", ["ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted"])
def test_an_execution_that_dies_ends_its_last_state(end: str) -> None:
    details = {f"{end[0].lower()}{end[1:]}EventDetails": {"error": "States.Timeout"}}
    run = read_run([*RUN[:6], _event(900, end, **details)])
    assert run.has_ended
    assert run.steps[-1].seconds == 899.8
    assert run.steps[-1].errors == ("States.Timeout",)


def test_a_state_without_an_exit_ends_with_the_next() -> None:
    run = read_run([entered(0, "Serialize"), entered(3, "RecordFailure")])
    assert run.steps[0].seconds == 3


def test_an_unknown_execution_is_an_empty_story() -> None:
    row = {"photo_id": "ab", "status": "failed"}
    found = story(row, run=read_run([]), execution=None, capture=None, assignment=None)
    assert found["event"] is found["execution"] is found["decision"] is None
    assert found["states"] == []
    assert found["photo"]["state"] == "failed"


def test_dynamodbs_types_become_json() -> None:
    stored = {"n": Decimal(3), "x": Decimal("0.5"), "s": {"a"}, "at": START, "none": None}
    assert as_json(stored) == {"n": 3, "x": 0.5, "s": ["a"], "at": str(START), "none": None}


def test_places_are_read_from_the_outputs_and_told_as_options() -> None:
    names = ["IntakeBucket", "PhotosTable", "AssignmentsTable", "ReviewQueueUrl"]
    names += ["ReviewDeadLettersUrl", "FailuresQueueUrl", "IntakeDeadLettersUrl"]
    places = PagePlaces.of_stage(
        {name: name.lower() for name in names},
        endpoint_name="vehicle",
        capture=CaptureSettings(destination="s3://captures/some/prefix/"),
    )
    options = places.options()
    assert options[options.index("--photos-table") + 1] == "photostable"
    assert options[options.index("--capture-bucket") + 1] == "captures"
    assert options[options.index("--capture-prefix") + 1] == "some/prefix/vehicle/AllTraffic"
