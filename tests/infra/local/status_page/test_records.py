"""Counts add up, pages keep their photos, and seconds are read from a history."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from infra.local.sagemaker.capture_lines import CaptureSettings
from infra.local.status_page.cards import PAGE_SIZE, STATES, Card, card_page, counts
from infra.local.status_page.stack_names import StackNames
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


def test_counts_add_up_whatever_the_ledger_holds() -> None:
    statuses = ["received", "requeued", "assigned", "assigned", "in_review", "failed", "nonsense"]
    cards = [a_card(number, status=status) for number, status in enumerate(statuses)]
    totals = counts(cards, uploads=9)
    assert totals["received"] == 9 == sum(totals[state] for state in STATES)
    assert totals["in_flight"] == 3 + 2
    assert totals["unclaimed"] == 2


def test_counts_add_up_although_the_bucket_was_counted_earlier() -> None:
    totals = counts([a_card(1), a_card(2, status="rejected")], uploads=1)
    assert totals["received"] == 2 == sum(totals[state] for state in STATES)
    assert totals["unclaimed"] == 0


def test_pages_go_from_the_newest_to_the_oldest_without_gaps() -> None:
    cards = [a_card(number) for number in range(2 * PAGE_SIZE + 3)]
    seen: list[Card] = []
    before = ""
    while True:
        page = card_page(cards, before=before)
        assert page.position == len(seen) + 1
        assert page.of == len(cards)
        seen += page.cards
        before = page.older
        if not before:
            break
        cards = [
            *cards,
            a_card(500 + len(cards)),
        ]  # a new photo is not on older pages
        seen = [cards[-1], *seen]
    assert seen == sorted(cards, key=lambda card: card.cursor, reverse=True)


def test_a_page_can_hold_one_state() -> None:
    cards = [a_card(1), a_card(2, status="failed")]
    assert [card.status for card in card_page(cards, state="failed").cards] == ["failed"]
    empty = card_page(cards, state="assigned")
    assert (empty.position, empty.of, empty.older) == (0, 0, "")


def test_a_row_that_should_not_exist_is_shown() -> None:
    card = Card.from_item({"photo_id": "ab"})
    assert (card.state, card.key, card.confidence) == ("in_flight", "", None)


def test_a_photo_without_a_vehicle_shows_no_guess() -> None:
    facts = {"vehicle": "bicycle", "confidence": Decimal("0.02")}
    without = a_card(classification=facts, review_reason="no_vehicle", status="in_review")
    assert (without.vehicle, without.reason) == ("", "no_vehicle")
    assert a_card(classification=facts).vehicle == "bicycle"
    assert a_card(classification=facts, vehicle="motorcycle").vehicle == "motorcycle"


def test_a_run_sums_the_seconds_of_its_phases() -> None:
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


def test_a_running_execution_is_in_its_last_phase() -> None:
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


def test_an_unknown_execution_gives_an_empty_story() -> None:
    row = {"photo_id": "ab", "status": "failed"}
    document = story(row, run=read_run([]), execution=None, capture=None, assignment=None)
    assert document["event"] is document["execution"] is document["decision"] is None
    assert document["states"] == []
    assert document["photo"]["state"] == "failed"


def test_types_of_dynamodb_become_json() -> None:
    stored = {"n": Decimal(3), "x": Decimal("0.5"), "s": {"a"}, "at": START, "none": None}
    assert as_json(stored) == {"n": 3, "x": 0.5, "s": ["a"], "at": str(START), "none": None}


def test_names_are_read_from_the_outputs_and_become_options() -> None:
    outputs = ["IntakeBucket", "PhotosTable", "AssignmentsTable", "ReviewQueueUrl"]
    outputs += ["ReviewDeadLettersUrl", "FailuresQueueUrl", "IntakeDeadLettersUrl"]
    names = StackNames.of_stage(
        {name: name.lower() for name in outputs},
        endpoint_name="vehicle",
        capture=CaptureSettings(destination="s3://captures/some/prefix/"),
    )
    options = names.options()
    assert options[options.index("--photos-table") + 1] == "photostable"
    assert options[options.index("--capture-bucket") + 1] == "captures"
    assert options[options.index("--capture-prefix") + 1] == "some/prefix/vehicle/AllTraffic"
