"""The deployed state machine with fakes of its Lambda functions, and builders of their data."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
from moto.stepfunctions.parser.utils import TMP_THREADS

from handlers.domain.ledger.schema import ASSIGNMENTS
from infra.state_machine import WorkflowResources, definition
from tests.conftest import ROOT
from tests.tables import create_photos_table, create_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBServiceResource
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

GOLDEN_EVENT = ROOT / "tests" / "events" / "s3_object_created.json"
ARN = "arn:aws:lambda:us-east-1:123456789012:function:"
ROLE = "arn:aws:iam::123456789012:role/machine"

Step = Callable[[dict[str, Any]], dict[str, Any]]


def a_prepared_photo(**changes: Any) -> dict[str, Any]:
    return {
        "outcome": "prepared",
        "reason": "",
        "message": "",
        "wire_image": "aW1hZ2U=",
        "quality": {"brightness": 0.5},
        "order_id": "",
        "kept_until": "1798761600",
    } | changes


def a_refusal(reason: str = "corrupt") -> dict[str, Any]:
    return a_prepared_photo(
        outcome="refused", reason=reason, message="Please.", wire_image="", quality={}
    )


def a_prediction() -> dict[str, Any]:
    return {"probabilities": {"bicycle": 0.99, "other": 0.01}, "model_version": "m1"}


def a_decision(outcome: str = "assign", reason: str = "", **changes: Any) -> dict[str, Any]:
    return {
        "outcome": outcome,
        "review": "open" if reason else "none",
        "review_reason": reason,
        "vehicle": "bicycle",
        "order_range": "nearby",
        "confidence": "0.99",
        "model_version": "m1",
        "valid_until": "2026-11-23T10:00:00Z",
        "classification": {"M": {"confidence": {"N": "0.99"}}},
        "quality": {"M": {"brightness": {"N": "0.5"}}},
    } | changes


def an_event(
    key: str = "intake/d1/u1.jpg",
    *,
    version_id: str | None = None,
    time: str = "2026-11-22T18:00:00Z",
    attempt: int | None = None,
) -> dict[str, Any]:
    """Return the event that S3 sends for a new object; the input of a takeover has an attempt."""
    event: dict[str, Any] = json.loads(GOLDEN_EVENT.read_text(encoding="utf-8"))
    event["time"] = time
    event["detail"]["object"]["key"] = key
    if version_id is None:
        del event["detail"]["object"]["version-id"]
    else:
        event["detail"]["object"]["version-id"] = version_id
    return event if attempt is None else event | {"attempt": attempt}


@dataclass
class ExecutionResult:
    """One finished execution: its error and cause if it failed, and the states it entered."""

    arn: str
    status: str
    error: str
    cause: str
    states: list[str]


@dataclass
class WorkflowHarness:
    """The deployed state machine, the fakes of its Lambda functions, its tables and its queues.

    `steps` has the fakes by function: each call takes the next one, and the last one is repeated.
    """

    steps: dict[str, list[Step]]
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    state_machine_arn: str = ""
    review_queue_url: str = ""
    failures_queue_url: str = ""

    @cached_property
    def stepfunctions(self) -> "SFNClient":
        return boto3.client("stepfunctions", region_name="us-east-1")

    @cached_property
    def sqs(self) -> "SQSClient":
        return boto3.client("sqs", region_name="us-east-1")

    @cached_property
    def dynamodb(self) -> "DynamoDBServiceResource":
        return boto3.resource("dynamodb", region_name="us-east-1")

    def run(self, event: dict[str, Any], *, name: str | None = None) -> ExecutionResult:
        """Run an execution to its end."""
        threads_before = len(TMP_THREADS)
        arn = self.stepfunctions.start_execution(
            stateMachineArn=self.state_machine_arn,
            name=name or f"run-{time.monotonic_ns()}",
            input=json.dumps(event),
        )["executionArn"]
        TMP_THREADS[threads_before].join(20)  # the execution's
        execution = self.stepfunctions.describe_execution(executionArn=arn)
        assert execution["status"] != "RUNNING", "the execution did not end"
        history = self.stepfunctions.get_execution_history(executionArn=arn)["events"]
        return ExecutionResult(
            arn=arn,
            status=execution["status"],
            error=execution.get("error", ""),
            cause=execution.get("cause", ""),
            states=[
                event["stateEnteredEventDetails"]["name"]
                for event in history
                if "stateEnteredEventDetails" in event
            ],
        )

    def deploy(self, edit: Callable[[dict[str, Any]], object] = lambda _definition: None) -> str:
        """Create a state machine from the definition after `edit`; return its ARN."""
        edited = definition(_resources(self))
        edit(edited)
        response = self.stepfunctions.create_state_machine(
            name=f"machine-{time.monotonic_ns()}", roleArn=ROLE, definition=json.dumps(edited)
        )
        return response["stateMachineArn"]

    def create_tables(self) -> None:
        create_photos_table()
        create_table(self.dynamodb.meta.client, ASSIGNMENTS, "assignments")

    def reset(self) -> None:
        """Empty tables and queues."""
        for table in self.dynamodb.tables.all():
            table.delete()
        self.create_tables()
        for url in (self.review_queue_url, self.failures_queue_url):
            if url in self.sqs.list_queues().get("QueueUrls", []):
                self.sqs.delete_queue(QueueUrl=url)
            self.sqs.create_queue(QueueName=url.rsplit("/", 1)[1])

    def invoke(self, function: str, payload: dict[str, Any]) -> dict[str, Any]:
        self.calls.append((function, payload))
        queue = self.steps[function]
        step = queue.pop(0) if len(queue) > 1 else queue[0]
        return step(payload)

    def photos(self) -> list[dict[str, Any]]:
        return self.dynamodb.Table("photos").scan()["Items"]

    def photo(self) -> dict[str, Any]:
        (row,) = self.photos()
        return row

    def assignments(self) -> list[dict[str, Any]]:
        return self.dynamodb.Table("assignments").scan()["Items"]

    def messages(self, url: str) -> list[dict[str, Any]]:
        response = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in response.get("Messages", [])]

    def reviews(self) -> list[dict[str, Any]]:
        return self.messages(self.review_queue_url)

    def failures(self) -> list[dict[str, Any]]:
        return self.messages(self.failures_queue_url)


def always(response: dict[str, Any]) -> Step:
    return lambda _payload: response


def _resources(workflow: WorkflowHarness) -> WorkflowResources:
    return WorkflowResources(
        serialize_function_arn=f"{ARN}serialize",
        classify_function_arn=f"{ARN}classify",
        filter_function_arn=f"{ARN}filter",
        photos_table="photos",
        assignments_table="assignments",
        review_queue_url=workflow.review_queue_url,
        failures_queue_url=workflow.failures_queue_url,
    )
