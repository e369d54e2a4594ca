"""Photos that meet no capacity are parked, whichever state meets it and whatever the error."""

from collections.abc import Callable
from itertools import cycle

import pytest
from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import (
    CustomErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import (  # noqa: E501 # moto's own path
    StateTaskService,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_aws_sdk import (  # noqa: E501 # moto's own path
    StateTaskServiceAwsSdk,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_dynamodb import (  # noqa: E501 # moto's own path
    StateTaskServiceDynamoDB,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_sqs import (  # noqa: E501 # moto's own path
    StateTaskServiceSqs,
)
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

from handlers.domain.controls import BREAKER_OPEN, INTAKE_PAUSED
from infra.state_machine.retry_limits import (
    LAMBDA_OUTAGES,
    LAMBDA_REFUSALS,
    SERVICE_ERRORS,
)
from tests.workflow.harness import (
    WorkflowHarness,
    a_decision,
    a_prepared_photo,
    a_refusal,
    always,
    an_event,
)

FaultOf = Callable[[str, str], None]  # a state fails with an error


@pytest.fixture
def fault(monkeypatch: pytest.MonkeyPatch) -> FaultOf:
    """Let a state's task fail with an error name whenever it is tried; an empty one repairs it."""
    original = StateTaskService._eval_execution
    faults: dict[str, str] = {}

    def execute(self: StateTaskService, env: Environment) -> None:
        error = faults.get(self.name)
        if not error:
            original(self, env)
            return
        details = TaskFailedEventDetails(
            error=error, cause="injected", resource="fault", resourceType="fault"
        )
        raise FailureEventException(
            FailureEvent(
                env=env,
                error_name=_error_name(error),
                event_type=HistoryEventType.TaskFailed,
                event_details=EventDetails(  # type: ignore[typeddict-item] # others are absent
                    taskFailedEventDetails=details
                ),
            )
        )

    monkeypatch.setattr(StateTaskService, "_eval_execution", execute)
    for service in (StateTaskServiceDynamoDB, StateTaskServiceSqs, StateTaskServiceAwsSdk):
        monkeypatch.setattr(service, "_from_error", _unless_injected(service._from_error))
    return faults.__setitem__


def _unless_injected(original: Callable[..., FailureEvent]) -> Callable[..., FailureEvent]:
    """Wrap a translation of errors so that an injected one keeps its name."""

    def translate(self: StateTaskService, env: Environment, ex: Exception) -> FailureEvent:
        if isinstance(ex, FailureEventException):
            return ex.failure_event
        return original(self, env, ex)

    return translate


def _error_name(error: str) -> CustomErrorName | StatesErrorName:
    if error.startswith("States."):
        (kind,) = (kind for kind in StatesErrorNameType if kind.to_name() == error)
        return StatesErrorName(typ=kind)
    return CustomErrorName(error)


FUNCTIONS = ("Serialize", "Classify", "Filter")
DECISIONS = ("Assign", "Reject", "OpenReview")
WITHOUT_PARKING = ("ClaimOfDriver", "Park", "SendReview", "MarkEnqueued")


def in_turn(states: tuple[str, ...], errors: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return every error with one state; that all states name all errors is another test's."""
    return list(zip(cycle(states), errors, strict=False))


def steps_towards(workflow: WorkflowHarness, state: str) -> None:
    """Let the photo take the route to a state."""
    if state == "Reject":
        workflow.steps["serialize"] = [always(a_refusal())]
    if state in {"OpenReview", "SendReview", "MarkEnqueued"}:
        workflow.steps["filter"] = [always(a_decision("review", "low_confidence"))]


def assert_parked(workflow: WorkflowHarness, reason: str) -> None:
    row = workflow.photo()
    assert (row["status"], row["pending"]) == ("received", "parked")
    assert (row["parked_reason"], row["parkings"], row["attempt"]) == (reason, 1, 1)
    assert row["claimed_at"] == row["received_at"] <= row["parked_at"]
    assert workflow.reviews() == workflow.failures() == workflow.assignments() == []


@pytest.mark.parametrize(
    ("state", "error"), in_turn(FUNCTIONS, (*LAMBDA_REFUSALS, *LAMBDA_OUTAGES))
)
def test_a_photo_without_capacity_of_a_function_is_parked(
    workflow: WorkflowHarness, fault: FaultOf, state: str, error: str
) -> None:
    fault(state, error)
    outcome = workflow.run(an_event())
    assert (outcome.status, outcome.states[-2:]) == ("SUCCEEDED", ["Park", "Parked"])
    assert_parked(workflow, error)


@pytest.mark.parametrize(("state", "error"), in_turn(DECISIONS, SERVICE_ERRORS[::2]))
def test_a_photo_whose_decision_cannot_be_written_is_parked(
    workflow: WorkflowHarness, fault: FaultOf, state: str, error: str
) -> None:
    steps_towards(workflow, state)
    fault(state, error)
    assert workflow.run(an_event()).states[-3:] == [state, "Park", "Parked"]
    assert_parked(workflow, error)


@pytest.mark.parametrize("reason", [INTAKE_PAUSED, BREAKER_OPEN])
def test_a_photo_that_is_held_back_calls_no_other_function(
    workflow: WorkflowHarness, reason: str
) -> None:
    held = a_prepared_photo(outcome="parked", reason=reason, wire_image="")
    workflow.steps["serialize"] = [always(held)]
    assert workflow.run(an_event()).states[-4:] == ["IsPrepared", "HoldBack", "Park", "Parked"]
    assert_parked(workflow, reason)
    assert [function for function, _ in workflow.calls] == ["serialize"]


def test_a_photo_in_flight_is_parked_when_the_breaker_opens(
    workflow: WorkflowHarness, fault: FaultOf
) -> None:
    fault("Classify", BREAKER_OPEN)
    workflow.run(an_event())
    assert_parked(workflow, BREAKER_OPEN)


@pytest.mark.parametrize("error", ["UntrustworthyPrediction", "States.TaskFailed"])
def test_any_other_error_fails_the_photo(
    workflow: WorkflowHarness, fault: FaultOf, error: str
) -> None:
    fault("Classify", error)
    assert workflow.run(an_event()).status == "FAILED"
    assert (workflow.photo()["status"], len(workflow.failures())) == ("failed", 1)


@pytest.mark.parametrize(("state", "error"), in_turn(WITHOUT_PARKING, SERVICE_ERRORS[1::2]))
def test_what_cannot_be_parked_is_left_to_the_sweeper_without_an_alarm(
    workflow: WorkflowHarness, fault: FaultOf, state: str, error: str
) -> None:
    steps_towards(workflow, state)
    fault(state, error)
    if state == "Park":
        fault("Classify", "EndpointBusy")
    outcome = workflow.run(an_event())
    assert (outcome.status, outcome.states[-1]) == ("SUCCEEDED", "LeftToSweeper")
    assert workflow.failures() == []
    statuses = [(row["status"], row.get("pending")) for row in workflow.photos()]
    expected = {"ClaimOfDriver": [], "Park": [("received", "received")]}
    assert statuses == expected.get(state, [("in_review", None)])


def test_an_older_attempt_cannot_park_a_newer_one(
    workflow: WorkflowHarness, fault: FaultOf
) -> None:
    def take_over(_payload: dict[str, object]) -> dict[str, object]:
        table = workflow.dynamodb.Table("photos")
        row = workflow.photo()
        table.put_item(Item=row | {"status": "requeued", "attempt": 2})
        return a_prepared_photo()

    workflow.steps["serialize"] = [take_over]
    fault("Classify", "EndpointBusy")
    assert workflow.run(an_event()).states[-1] == "FencedOff"
    assert "parked_at" not in workflow.photo()


def test_a_drained_photo_is_decided_by_its_next_attempt(
    workflow: WorkflowHarness, fault: FaultOf
) -> None:
    fault("Classify", "EndpointBusy")
    workflow.run(an_event())
    fault("Classify", "")
    row = workflow.photo()
    workflow.dynamodb.Table("photos").put_item(Item=row | {"status": "requeued", "attempt": 2})
    assert workflow.run(an_event(attempt=2)).status == "SUCCEEDED"
    assert workflow.photo()["status"] == "assigned"
    assert "pending" not in workflow.photo()
