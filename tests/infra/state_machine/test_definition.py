"""The definition as a snapshot to read, and the properties of each of its states."""

import inspect
import json
from typing import Any

import pytest

from handlers.domain import errors
from infra.state_machine import EXPRESS, STANDARD, RetryLimits, WorkflowResources
from infra.state_machine import definition as definition_of
from infra.state_machine.assignment import CANCELLED
from tests.infra import snapshot
from tests.infra.state_machine.dataflow import S3_EVENT, Paths, UnguardedRead, unguarded_reads
from tests.infra.state_machine.unportable import unportable_forms
from tests.infra.template import Json, Template, machine_definition, states_of

_AWS_PREFIXES = ("States.", "Lambda.", "Sandbox.", "DynamoDB.", "DynamoDb.", "SQS.", "Sqs.")
# No Catch can catch these.
_UNCATCHABLE = {"States.Runtime", "States.DataLimitExceeded"}

# Raised by a function that the workflow does not invoke, that of the stream.
OUTSIDE_OF_THE_WORKFLOW = {"PublishFailed"}
NOT_WORTH_A_RETRY = {"BreakerOpen"}


@pytest.fixture
def definition(prod_pipeline: Template) -> Json:
    return machine_definition(prod_pipeline)


def test_the_definition_is_the_one_in_the_snapshot(definition: Json) -> None:
    snapshot.matches("workflow.asl.json", json.dumps(definition, indent=2) + "\n")


def test_both_stages_run_the_same_definition(local_pipeline: Template, definition: Json) -> None:
    assert machine_definition(local_pipeline) == definition


def test_every_task_is_bounded_retried_and_caught(definition: Json) -> None:
    for name, state in states_of(definition):
        if state["Type"] == "Task":
            assert state["TimeoutSeconds"] > 0, name
            assert state["Retry"], name
            assert ["States.ALL"] in [catch["ErrorEquals"] for catch in state["Catch"]], name


def test_retries_are_bounded_and_spread(definition: Json) -> None:
    """Photos come in bursts: without jitter, all that failed together would retry together."""
    retries = [retry for _, state in states_of(definition) for retry in state.get("Retry", ())]
    for retry in retries:
        assert retry["JitterStrategy"] == "FULL"
        assert 1 <= retry["MaxAttempts"] <= 24
        assert retry["MaxDelaySeconds"] <= 30


@pytest.mark.parametrize(("limits", "waits_s"), [(STANDARD, 600), (EXPRESS, 180)])
def test_retries_end_in_time_to_park_the_photo(limits: RetryLimits, waits_s: int) -> None:
    """The machine's own time-out cannot be caught, and would leave the photo to the sweeper."""
    machine = definition_of(a_workflow(retry_limits=limits))
    assert machine["TimeoutSeconds"] == limits.machine_s
    functions = [machine["States"][name] for name in ("Serialize", "Classify", "Filter")]
    refusals = [state["Retry"][0] for state in functions]
    assert sum(map(_longest_waits_s, refusals)) <= waits_s < limits.machine_s
    for state in functions:  # slow or down, while the others work
        outages = state["Retry"][1]
        tries = 1 + outages["MaxAttempts"]
        longest_s = tries * state["TimeoutSeconds"] + _longest_waits_s(outages)
        assert longest_s <= waits_s


def test_the_template_names_no_partition(pipeline: Template) -> None:
    """A literal one would fail in the partitions of China and of the US government."""
    machine = pipeline.only("AWS::StepFunctions::StateMachine")
    text = json.dumps(machine["DefinitionString"])
    assert "arn:aws" not in text
    assert text.count('{"Ref": "AWS::Partition"}') > 10


def _longest_waits_s(retry: Json) -> int:
    return sum(
        min(retry["IntervalSeconds"] * retry["BackoffRate"] ** number, retry["MaxDelaySeconds"])
        for number in range(retry["MaxAttempts"])
    )


def test_every_task_parks_its_photo_or_leaves_it_to_the_sweeper(definition: Json) -> None:
    """But for those that record a failure."""
    for name, state in states_of(definition):
        if state["Type"] != "Task" or name in {"RecordFailure", "SendFailure"}:
            continue
        (catch,) = (rule for rule in state["Catch"] if rule["Next"] in {"Park", "LeftToSweeper"})
        retried = {error for retry in state["Retry"] for error in retry["ErrorEquals"]}
        assert retried - {CANCELLED} <= set(catch["ErrorEquals"]), name
        is_last = name in {"Claim", "ClaimOfDriver", "Park", "SendReview", "MarkEnqueued"}
        assert (catch["Next"] == "LeftToSweeper") is is_last, name
        assert state["Catch"].index(catch) < len(state["Catch"]) - 1


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_every_integration_is_one_of_the_partition(partition: str) -> None:
    machine = definition_of(a_workflow(partition=partition))
    resources = [state["Resource"] for _, state in states_of(machine) if "Resource" in state]
    assert len(resources) > 10
    assert all(resource.startswith(f"arn:{partition}:states:::") for resource in resources)


def test_every_error_that_a_state_names_exists(definition: Json) -> None:
    ours = {name for name, member in inspect.getmembers(errors, inspect.isclass)}
    named = {
        error
        for _, state in states_of(definition)
        for rule in [*state.get("Retry", ()), *state.get("Catch", ())]
        for error in rule["ErrorEquals"]
    }
    assert {name for name in named if not name.startswith(_AWS_PREFIXES)} <= ours
    assert not named & _UNCATCHABLE


def test_every_transient_error_is_retried_and_no_permanent_one(definition: Json) -> None:
    retried = {
        error
        for _, state in states_of(definition)
        for rule in state.get("Retry", ())
        for error in rule["ErrorEquals"]
    }
    transient = {cls.__name__ for cls in errors.TransientError.__subclasses__()}
    assert transient - OUTSIDE_OF_THE_WORKFLOW - NOT_WORTH_A_RETRY <= retried
    assert not {cls.__name__ for cls in errors.PermanentError.__subclasses__()} & retried


def test_the_catcher_of_all_errors_is_last_and_names_no_others(definition: Json) -> None:
    """AWS refuses a definition in which it does not."""
    for _, state in states_of(definition):
        for rule in state.get("Catch", ())[:-1]:
            assert "States.ALL" not in rule["ErrorEquals"]


def test_no_state_reads_a_path_that_may_be_absent(definition: Json) -> None:
    assert _unguarded_paths(definition) == set()


def test_every_interpreter_reads_the_definition_as_aws_does(pipeline: Template) -> None:
    assert unportable_forms(machine_definition(pipeline)) == []


def test_an_unguarded_read_of_the_version_is_noticed(definition: Json) -> None:
    """The test above fails if the guard is removed."""
    choices = definition["States"]["Identify"]["Choices"]
    definition["States"]["Identify"]["Choices"] = [
        {"Variable": "$.detail.object.key", "StringMatches": "*", "Next": choice["Next"]}
        for choice in choices
    ]
    version = "$.detail.object.version-id"
    assert UnguardedRead(state="IdentifyVersion", path=version) in unguarded_reads(definition)


def test_a_field_that_a_functions_response_lacks_is_noticed(definition: Json) -> None:
    del definition["States"]["Filter"]["ResultSelector"]["vehicle.$"]
    assert _unguarded_paths(definition) == {"$.decision.vehicle"}


def test_a_field_that_the_event_lacks_is_noticed(definition: Json) -> None:
    without_size = S3_EVENT - {("detail", "object", "size")}
    assert _unguarded_paths(definition, without_size) == {"$.detail.object.size"}


def a_workflow(**options: Any) -> WorkflowResources:
    return WorkflowResources(
        serialize_function_arn="serialize",
        classify_function_arn="classify",
        filter_function_arn="filter",
        photos_table="photos",
        assignments_table="assignments",
        review_queue_url="reviews",
        failures_queue_url="failures",
        **options,
    )


def _unguarded_paths(definition: Json, given: Paths = S3_EVENT) -> set[str]:
    return {read.path for read in unguarded_reads(definition, given)}
