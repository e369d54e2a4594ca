"""Every way through the machine, by what it leaves behind."""

import base64
import json
from typing import NoReturn

import pytest

from handlers.domain.errors import EndpointUnavailable, UntrustworthyPrediction
from handlers.domain.photo.wire_image import WIRE_MAX_BYTES
from tests.workflow.machine import (
    Machine,
    a_decision,
    a_prediction,
    a_prepared_photo,
    a_refusal,
    an_event,
)


def test_a_confident_photo_is_assigned(machine: Machine) -> None:
    outcome = machine.run(an_event(version_id="v1"))
    assert outcome.status == "SUCCEEDED", outcome
    row = machine.photo()
    assert (row["status"], row["vehicle"], row["order_range"]) == ("assigned", "bicycle", "nearby")
    assert (row["review"], row["decision_seq"], row["attempt"]) == ("none", 0, 1)
    assert row["received_hour"] == row["received_at"][:13]
    assert "pending" not in row
    (assignment,) = machine.assignments()
    assert assignment["photo_id"] == row["photo_id"]
    assert assignment["valid_until"] == "2026-11-23T10:00:00Z"
    assert machine.reviews() == machine.failures() == []


def test_an_unsure_photo_waits_for_a_person(machine: Machine) -> None:
    machine.steps["filter"] = [lambda _payload: a_decision("review", "low_confidence")]
    assert machine.run(an_event()).status == "SUCCEEDED"
    row = machine.photo()
    assert (row["status"], row["review"], row["review_reason"]) == (
        "in_review",
        "open",
        "low_confidence",
    )
    assert row["enqueued_at"] >= row["received_at"]
    (message,) = machine.reviews()
    assert message["photo_id"] == row["photo_id"]
    assert message["reason"] == "low_confidence"
    assert message["photo"]["key"] == "intake/d1/u1.jpg"
    assert machine.assignments() == []


def test_an_audited_photo_is_assigned_and_reviewed(machine: Machine) -> None:
    machine.steps["filter"] = [lambda _payload: a_decision("assign_and_audit", "audit")]
    machine.run(an_event())
    row = machine.photo()
    assert (row["status"], row["review"], row["review_reason"]) == ("assigned", "open", "audit")
    assert row["enqueued_at"]
    assert [message["reason"] for message in machine.reviews()] == ["audit"]
    assert len(machine.assignments()) == 1


def test_a_refused_photo_is_rejected_with_a_sentence(machine: Machine) -> None:
    machine.steps["serialize"] = [lambda _payload: a_refusal("corrupt")]
    outcome = machine.run(an_event())
    assert outcome.status == "SUCCEEDED"
    row = machine.photo()
    assert (row["status"], row["reason"], row["message"]) == ("rejected", "corrupt", "Please.")
    assert machine.assignments() == machine.reviews() == machine.failures() == []
    assert [function for function, _ in machine.calls] == ["serialize"]


def _raise(error: Exception) -> NoReturn:
    raise error


@pytest.mark.parametrize("step", ["serialize", "classify", "filter"])
def test_a_permanent_error_fails_the_photo_at_once(machine: Machine, step: str) -> None:
    machine.steps[step] = [lambda _payload: _raise(UntrustworthyPrediction("sum is 2"))]
    outcome = machine.run(an_event())
    assert (outcome.status, outcome.error) == ("FAILED", "PhotoFailed")
    assert outcome.cause.startswith("UntrustworthyPrediction: ")
    row = machine.photo()
    assert (row["status"], row["reason"]) == ("failed", "UntrustworthyPrediction")
    (failure,) = machine.failures()
    assert failure["photo_id"] == row["photo_id"]
    assert failure["execution_arn"] == outcome.arn
    assert "sum is 2" in failure["error"]["Cause"]
    assert [function for function, _ in machine.calls].count(step) == 1
    assert machine.assignments() == []


def test_a_transient_error_is_tried_again(machine: Machine) -> None:
    unavailable = EndpointUnavailable("throttled")
    machine.steps["classify"] = [
        lambda _payload: _raise(unavailable),
        lambda _payload: _raise(unavailable),
        lambda _payload: a_prediction(),
    ]
    assert machine.run(an_event()).status == "SUCCEEDED"
    assert machine.photo()["status"] == "assigned"


def test_a_transient_error_that_stays_fails_the_photo(machine: Machine) -> None:
    machine.steps["classify"] = [lambda _payload: _raise(EndpointUnavailable("down"))]
    assert machine.run(an_event()).cause.startswith("EndpointUnavailable")
    assert machine.photo()["status"] == "failed"
    assert [function for function, _ in machine.calls].count("classify") == 6


def test_a_folder_marker_ends_quietly(machine: Machine) -> None:
    outcome = machine.run(an_event("intake/d1/"))
    assert (outcome.status, outcome.states) == ("SUCCEEDED", ["Identify", "FolderMarker"])
    assert machine.photos() == []


def test_a_photo_without_a_driver_is_claimed_without_one(machine: Machine) -> None:
    machine.steps["filter"] = [lambda _payload: a_decision("review", "no_driver")]
    machine.run(an_event("intake/photo.jpg"))
    _, payload = machine.calls[0]
    assert "driver_id" not in payload["photo"]
    assert "driver_id" not in machine.photo()


def test_a_decision_that_assigns_nobody_is_a_recorded_failure(machine: Machine) -> None:
    outcome = machine.run(an_event("intake/photo.jpg"))
    assert (outcome.status, machine.photo()["reason"]) == ("FAILED", "InvalidDecision")
    assert machine.assignments() == []
    assert len(machine.failures()) == 1


def test_state_with_the_largest_wire_image_stays_under_64_kib(machine: Machine) -> None:
    largest = base64.b64encode(bytes(WIRE_MAX_BYTES)).decode()
    machine.steps["serialize"] = [lambda _payload: a_prepared_photo(wire_image=largest)]
    machine.run(an_event("intake/" + "d" * 500 + "/" + "u" * 512 + ".jpg", version_id="v" * 32))
    _, payload = next(call for call in machine.calls if call[0] == "filter")
    assert len(json.dumps(payload)) + len(largest) < 65_536


def test_state_over_the_limit_of_step_functions_never_assigns(machine: Machine) -> None:
    """On AWS no catch sees this: the row stays `received`, and the sweeper finds it."""
    machine.steps["serialize"] = [lambda _payload: a_prepared_photo(wire_image="x" * 300_000)]
    assert machine.run(an_event()).status == "FAILED"
    assert machine.photo()["status"] in {"received", "failed"}
    assert machine.assignments() == []
