"""Every route through the workflow: the rows, messages and assignments that it writes."""

import base64
import json
from typing import NoReturn

import pytest

from handlers.domain.errors import EndpointUnavailable, UntrustworthyPrediction
from handlers.domain.photo.wire_image import WIRE_MAX_BYTES
from tests.workflow.harness import (
    WorkflowHarness,
    a_decision,
    a_prediction,
    a_prepared_photo,
    a_refusal,
    an_event,
)


def test_a_confident_photo_is_assigned(workflow: WorkflowHarness) -> None:
    outcome = workflow.run(an_event(version_id="v1"))
    assert outcome.status == "SUCCEEDED", outcome
    row = workflow.photo()
    assert (row["status"], row["vehicle"], row["order_range"]) == ("assigned", "bicycle", "nearby")
    assert (row["review"], row["decision_seq"], row["attempt"]) == ("none", 0, 1)
    assert row["received_hour"] == row["received_at"][:13]
    assert "pending" not in row
    (assignment,) = workflow.assignments()
    assert assignment["photo_id"] == row["photo_id"]
    assert assignment["valid_until"] == "2026-11-23T10:00:00Z"
    assert workflow.reviews() == workflow.failures() == []


def test_an_unsure_photo_waits_for_a_reviewer(workflow: WorkflowHarness) -> None:
    workflow.steps["filter"] = [lambda _payload: a_decision("review", "low_confidence")]
    assert workflow.run(an_event()).status == "SUCCEEDED"
    row = workflow.photo()
    assert (row["status"], row["review"], row["review_reason"]) == (
        "in_review",
        "open",
        "low_confidence",
    )
    assert row["enqueued_at"] >= row["received_at"]
    (message,) = workflow.reviews()
    assert message["photo_id"] == row["photo_id"]
    assert message["reason"] == "low_confidence"
    assert message["photo"]["key"] == "intake/d1/u1.jpg"
    assert workflow.assignments() == []


def test_an_audited_photo_is_assigned_and_reviewed(workflow: WorkflowHarness) -> None:
    workflow.steps["filter"] = [lambda _payload: a_decision("assign_and_audit", "audit")]
    workflow.run(an_event())
    row = workflow.photo()
    assert (row["status"], row["review"], row["review_reason"]) == ("assigned", "open", "audit")
    assert row["enqueued_at"]
    assert [message["reason"] for message in workflow.reviews()] == ["audit"]
    assert len(workflow.assignments()) == 1


def test_a_refused_photo_is_rejected_with_reason_and_message(workflow: WorkflowHarness) -> None:
    workflow.steps["serialize"] = [lambda _payload: a_refusal("corrupt")]
    outcome = workflow.run(an_event())
    assert outcome.status == "SUCCEEDED"
    row = workflow.photo()
    assert (row["status"], row["reason"], row["message"]) == ("rejected", "corrupt", "Please.")
    assert workflow.assignments() == workflow.reviews() == workflow.failures() == []
    assert [function for function, _ in workflow.calls] == ["serialize"]


def _raise(error: Exception) -> NoReturn:
    raise error


@pytest.mark.parametrize("step", ["serialize", "classify", "filter"])
def test_a_permanent_error_fails_the_photo_at_once(workflow: WorkflowHarness, step: str) -> None:
    workflow.steps[step] = [lambda _payload: _raise(UntrustworthyPrediction("sum is 2"))]
    outcome = workflow.run(an_event())
    assert (outcome.status, outcome.error) == ("FAILED", "PhotoFailed")
    assert outcome.cause.startswith("UntrustworthyPrediction: ")
    row = workflow.photo()
    assert (row["status"], row["reason"]) == ("failed", "UntrustworthyPrediction")
    (failure,) = workflow.failures()
    assert failure["photo_id"] == row["photo_id"]
    assert failure["execution_arn"] == outcome.arn
    assert "sum is 2" in failure["error"]["Cause"]
    assert [function for function, _ in workflow.calls].count(step) == 1
    assert workflow.assignments() == []


def test_a_transient_error_is_retried(workflow: WorkflowHarness) -> None:
    unavailable = EndpointUnavailable("throttled")
    workflow.steps["classify"] = [
        lambda _payload: _raise(unavailable),
        lambda _payload: _raise(unavailable),
        lambda _payload: a_prediction(),
    ]
    assert workflow.run(an_event()).status == "SUCCEEDED"
    assert workflow.photo()["status"] == "assigned"


def test_a_folder_marker_succeeds_without_a_row(workflow: WorkflowHarness) -> None:
    outcome = workflow.run(an_event("intake/d1/"))
    assert (outcome.status, outcome.states) == ("SUCCEEDED", ["Identify", "FolderMarker"])
    assert workflow.photos() == []


def test_the_row_of_a_photo_without_a_driver_has_no_driver(workflow: WorkflowHarness) -> None:
    workflow.steps["filter"] = [lambda _payload: a_decision("review", "no_driver")]
    workflow.run(an_event("intake/photo.jpg"))
    _, payload = workflow.calls[0]
    assert "driver_id" not in payload["photo"]
    assert "driver_id" not in workflow.photo()


def test_a_decision_to_assign_without_a_driver_is_a_recorded_failure(
    workflow: WorkflowHarness,
) -> None:
    outcome = workflow.run(an_event("intake/photo.jpg"))
    assert (outcome.status, workflow.photo()["reason"]) == ("FAILED", "InvalidDecision")
    assert workflow.assignments() == []
    assert len(workflow.failures()) == 1


def test_state_with_the_largest_wire_image_stays_under_64_kib(workflow: WorkflowHarness) -> None:
    largest = base64.b64encode(bytes(WIRE_MAX_BYTES)).decode()
    workflow.steps["serialize"] = [lambda _payload: a_prepared_photo(wire_image=largest)]
    workflow.run(an_event("intake/" + "d" * 500 + "/" + "u" * 512 + ".jpg", version_id="v" * 32))
    _, payload = next(call for call in workflow.calls if call[0] == "filter")
    assert len(json.dumps(payload)) + len(largest) < 65_536


def test_state_over_the_limit_of_step_functions_never_assigns(workflow: WorkflowHarness) -> None:
    """AWS cannot catch this error: the row stays `received`, and the sweeper finds it."""
    workflow.steps["serialize"] = [lambda _payload: a_prepared_photo(wire_image="x" * 300_000)]
    assert workflow.run(an_event()).status == "FAILED"
    assert workflow.photo()["status"] in {"received", "failed"}
    assert workflow.assignments() == []
