"""The stage that meets the faults: the deployed state machine with the real functions, under moto.

Functions, reviewers' API, sweeper, drain and the operator's repairs are the product's own; moto
stands for AWS, and one fake for the model's endpoint.
"""

import io
import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest
from aws_lambda_powertools import Metrics
from botocore.exceptions import BotoCoreError, ClientError
from moto import mock_aws
from moto.core.base_backend import BaseBackend
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from moto.sqs.models import sqs_backends
from moto.stepfunctions.models import stepfunctions_backends
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.utils import TMP_THREADS

from handlers.aws import dead_letters, queue
from handlers.aws.controls_table import ControlsTable
from handlers.aws.dead_letters import DeadLetterReader
from handlers.aws.dynamodb import item_of
from handlers.aws.photos_table import PhotosTable
from handlers.domain.controls import IntakeControl, ThresholdControl
from handlers.domain.decision.threshold import STOPPED, override_text
from handlers.domain.errors import SconesError
from handlers.domain.ledger.identity import photo_id
from handlers.domain.ledger.schema import TABLES
from handlers.http_api.problems import REQUEST_IN_PROGRESS
from handlers.workflow import classify, serialize
from handlers.workflow import filter as filter_function
from monitoring.drain.drain import Drain
from monitoring.drain.policy import MAX_WAIT_S
from monitoring.reconciliation.reconcile import reconcile
from monitoring.reconciliation.redrive import clear_failures, redrive
from monitoring.reconciliation.repair_plan import RepairDeadlines
from tests.faults.seams import MACHINE, Crashed, FunctionEnded, Seams, install
from tests.handlers.api_client import Api, ApiResponse, Person, build
from tests.pictures import a_jpeg
from tests.workflow.definition_cache import definitions_parsed_once
from tests.workflow.faulty_pipeline import BUCKET, REPORTS_BUCKET, FaultyPipeline
from tests.workflow.harness import ARN, WorkflowHarness, an_event

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

BICYCLE, MOTORCYCLE, UNSURE, NOTHING, UNREADABLE, EMPTY = KINDS = (
    *("bicycle", "motorcycle", "unsure", "nothing", "unreadable", "empty"),
)
"""What a photo shows: the endpoint is sure of the first two alone."""

_AT_ONCE = RepairDeadlines(
    event=timedelta(0), execution=timedelta(0), start=timedelta(0)
)  # as `--older-than-minutes 0`
_ANSWERS = {
    BICYCLE: (0.99, 0.005),
    MOTORCYCLE: (0.005, 0.99),
    UNSURE: (0.5, 0.4),
    NOTHING: (0.01, 0.01),
}
_ENVIRONMENT = {
    "INTAKE_BUCKET": BUCKET,
    "CONTROLS_TABLE": "controls",
    "LEDGER_RETENTION_DAYS": "400",
    "ENDPOINT_NAME": "vehicle",
    "POLICY_OVERRIDE_PARAMETER": "/override",
    "AUDIT_SHARE": "0.3",
    "POWERTOOLS_METRICS_DISABLED": "true",
    "POWERTOOLS_TRACE_DISABLED": "true",
}
_FUNCTIONS: dict[str, Callable[[dict[str, Any], "LambdaContext"], dict[str, Any]]] = {
    "serialize": serialize.lambda_handler,
    "classify": classify.lambda_handler,
    "filter": filter_function.lambda_handler,
}
_CONTEXT = cast(
    "LambdaContext",
    SimpleNamespace(
        function_name="f",
        memory_limit_in_mb=128,
        invoked_function_arn=f"{ARN}f",
        aws_request_id="request",
        get_remaining_time_in_millis=lambda: 10_000,
    ),
)


@dataclass(slots=True, kw_only=True)
class Submission:
    """A reviewer's request; without a status the reviewer does not know what came of it."""

    photo: str
    path: str
    body: dict[str, Any]
    person: Person
    key: str
    kind: str  # verdict | undo
    status: int | None = None


@dataclass(slots=True, kw_only=True)
class FaultyStage:
    """One stage for many runs: `reset` empties it."""

    seams: Seams
    pipeline: FaultyPipeline
    api: Api
    environment: dict[str, str]
    kinds: dict[str, str] = field(default_factory=dict)  # by photo id
    events: list[dict[str, Any]] = field(default_factory=list)
    submissions: list[Submission] = field(default_factory=list)
    unassignable: set[str] = field(default_factory=set)  # uploaded while assignment was stopped
    is_stopped: bool = False
    # Instead of the next true answers; each is given what the photo shows.
    endpoint_answers: list[Callable[[str], bytes]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)  # of deliveries

    def restore_environment(self) -> None:
        """Set the functions' environment again, where tests have been given another one."""
        os.environ.update(self.environment)

    def reset(self) -> None:
        """Empty tables, queues and bucket, and forget the executions."""
        self.seams.faults.clear()
        self._empty_tables()
        for kept in sqs_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].queues.values():
            kept._messages.clear()
            kept.pending_messages.clear()
            kept.deleted_messages.clear()
        for bucket in (BUCKET, REPORTS_BUCKET):
            boto3.resource("s3").Bucket(bucket).object_versions.delete()
        for machine in stepfunctions_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].state_machines:
            machine.executions.clear()
        TMP_THREADS.clear()
        self.end_override()
        for record in (self.kinds, self.events, self.submissions, self.unassignable):
            record.clear()
        self.endpoint_answers.clear()
        classify._streak.end()
        self.forget_cached()

    def _empty_tables(self) -> None:
        tables = dynamodb_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].tables
        for schema in TABLES:
            tables[schema.name.lower()].items.clear()

    def forget_cached(self) -> None:
        """Let the functions read controls and parameters anew, as after a minute."""
        for cached in (serialize._controls, classify._controls, filter_function._overrides):
            cached.cache_clear()
        filter_function._parameters.cache_clear()

    def upload(self, key: str, kind: str, *, at: datetime) -> dict[str, Any]:
        """Put an object; return the event that S3 would send. Drivers have a permission."""
        upload = key.rpartition("/")[2].partition(".")[0]
        self.pipeline.workflow.dynamodb.Table("uploads").update_item(
            Key={"upload_id": upload},
            UpdateExpression="SET #key = :key",
            ExpressionAttributeNames={"#key": "key"},
            ExpressionAttributeValues={":key": key},
        )
        data = _data(kind)
        stored = boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=data)
        event = an_event(key, version_id=stored["VersionId"], time=f"{at:%Y-%m-%dT%H:%M:%SZ}")
        event["detail"]["bucket"]["name"] = BUCKET
        event["detail"]["object"] |= {"etag": stored["ETag"].strip('"'), "size": len(data)}
        photo = photo_id(
            bucket=BUCKET, key=key, etag=stored["ETag"].strip('"'), version_id=stored["VersionId"]
        )
        self.kinds[photo] = kind
        if self.is_stopped:
            self.unassignable.add(photo)
        self.events.append(event)
        return event

    def photo_of(self, event: dict[str, Any]) -> str:
        stored = event["detail"]["object"]
        return photo_id(
            bucket=BUCKET, key=stored["key"], etag=stored["etag"], version_id=stored["version-id"]
        )

    def deliver(self, event: dict[str, Any], *, wait: bool = True) -> None:
        """Start an execution, as EventBridge does with an event."""
        self.pipeline.workflow.stepfunctions.start_execution(
            stateMachineArn=self.pipeline.workflow.state_machine_arn,
            name=f"event-{next(self._numbers)}",
            input=json.dumps(event),
        )
        if wait:
            self.wait()

    def wait(self) -> None:
        """Wait until no execution runs."""
        for thread in list(TMP_THREADS):
            thread.join(60)
            assert not thread.is_alive(), "an execution did not end"
        TMP_THREADS.clear()

    def endpoint(self, photo: str) -> Any:
        """Answer as SageMaker does."""
        answer = self.endpoint_answers.pop() if self.endpoint_answers else true_answer
        return {"Body": io.BytesIO(answer(self.kinds[photo]))}

    def post(self, path: str, body: Any, person: Person, *, key: str) -> ApiResponse | None:
        """Call the reviewers' API; None: the function has ended without a reply."""
        with self.seams.acting("reviewer"), suppress(Crashed):
            return self.api.post(path, body, person, key=key)
        return None

    def take(self, person: Person) -> dict[str, Any] | None:
        """Return the review that a reviewer gets, if any."""
        response = self.post("/reviews/next", {}, person, key=f"n{len(self.submissions)}")
        if response is None or response.status != 200:
            return None
        review: dict[str, Any] | None = response.body["review"]
        return review

    def decide(self, review: dict[str, Any], verdict: str, person: Person) -> Submission:
        submission = Submission(
            photo=review["photo_id"],
            path=f"/reviews/{review['photo_id']}/verdict",
            body={
                "lease_id": review["lease_id"],
                "decision_seq": review["decision_seq"],
                "verdict": verdict,
            },
            person=person,
            key=f"s{len(self.submissions)}",
            kind="verdict",
        )
        self.submissions.append(submission)
        self.submit(submission)
        return submission

    def undo(self, decided: Submission) -> None:
        submission = Submission(
            photo=decided.photo,
            path=f"/reviews/{decided.photo}/undo",
            body={"decision_seq": decided.body["decision_seq"] + 1},
            person=decided.person,
            key=f"s{len(self.submissions)}",
            kind="undo",
        )
        self.submissions.append(submission)
        self.submit(submission)

    def submit(self, submission: Submission) -> None:
        """Send a request, for the first time or again."""
        response = self.post(
            submission.path, submission.body, submission.person, key=submission.key
        )
        if response is None or response.status >= 500:
            return
        if response.status == 409 and response.code == REQUEST_IN_PROGRESS.code:
            return  # the first try has ended without a reply: the reviewer repeats it later
        submission.status = response.status

    def forget_requests_in_progress(self) -> None:
        """Let the time pass after which a request without a reply may be repeated."""
        requests = self.pipeline.workflow.dynamodb.Table("requests")
        for item in requests.scan()["Items"]:
            if item["status"] == "INPROGRESS":
                requests.delete_item(Key={"id": item["id"]})

    def expire_lease(self, photo: str) -> None:
        boto3.client("dynamodb").update_item(
            TableName="photos",
            Key=item_of({"photo_id": photo}),
            UpdateExpression="SET lease_until = :past",
            ConditionExpression="attribute_exists(lease_until)",
            ExpressionAttributeValues=item_of({":past": "2026-01-01T00:00:00.000Z"}),
        )

    def show_messages(self) -> None:
        """Let the time pass for which received messages are hidden."""
        for kept in sqs_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].queues.values():
            for message in kept._messages:
                if message.visible_at:
                    message.change_visibility(0)
            kept.pending_messages.clear()

    def lose_messages(self) -> None:
        """Let the messages of all reviews expire."""
        name = self.pipeline.workflow.review_queue_url.rpartition("/")[2]
        sqs_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].queues[name]._messages.clear()

    def sweep(self, *, hours: float) -> None:
        """Run the sweeper in so many hours; a crash or an error ends the sweep."""
        with self.seams.acting("sweeper"), _ending():
            self.pipeline.sweeper(executor=self.pipeline.executor()).sweep(
                now=datetime.now(UTC) + timedelta(hours=hours)
            )
        self.wait()

    def drain(self) -> None:
        """Run a round of the drain once no photo has to wait; a crash or an error ends it."""
        elapsed = timedelta(seconds=MAX_WAIT_S)

        def sleep(seconds: float) -> None:
            nonlocal elapsed
            elapsed += timedelta(seconds=seconds)
            self.wait()
            self.forget_cached()

        drain = Drain(
            ledger=self._photos(),
            controls=self.controls(),
            executor=self.pipeline.executor(),
            sleep=sleep,
            clock=lambda: datetime.now(UTC) + elapsed,
        )
        with self.seams.acting("drain"), _ending():
            drain.round(lasts=timedelta(seconds=60))
        self.wait()

    def redrive(self) -> None:
        """Redrive what has failed, as `scones redrive` does."""
        ledger = self._photos()
        with self.seams.acting("operator"), _ending():
            failed = [row for row in ledger.all_rows() if row.get("status") == "failed"]
            list(redrive(failed, self.pipeline.executor(), now=datetime.now(UTC)))
        self.wait()
        with self.seams.acting("operator"), _ending():
            url = self.pipeline.workflow.failures_queue_url
            clear_failures(DeadLetterReader(boto3.client("sqs"), url=url), ledger)

    def reconcile(self) -> None:
        """Repair what is found, as `scones reconcile --repair --queues` does."""
        with self.seams.acting("operator"), _ending():
            reconcile(
                boto3.Session(),
                self.pipeline.places(),
                read_queues=True,
                deadlines=_AT_ONCE,
                executor=self.pipeline.executor(),
            )
        self.wait()

    def controls(self) -> ControlsTable:
        return ControlsTable(boto3.client("dynamodb"), table="controls")

    def pause(self, *, paused: bool) -> None:
        self.controls().write(IntakeControl(paused=paused))
        self.forget_cached()

    def stop_assignment(self) -> None:
        """Stop automatic assignment: record and parameter, as `scones threshold` writes them."""
        text = override_text(STOPPED)
        self.controls().write(ThresholdControl(override=text))
        boto3.client("ssm").put_parameter(
            Name="/override", Value=text, Type="String", Overwrite=True
        )
        self.is_stopped = True
        self.forget_cached()

    def end_override(self) -> None:
        if self.is_stopped:
            boto3.client("ssm").delete_parameter(Name="/override")
        self.is_stopped = False

    def _photos(self) -> PhotosTable:
        return PhotosTable(boto3.client("dynamodb"), table="photos")


def true_answer(kind: str) -> bytes:
    """Return the endpoint's answer to a photo that shows `kind`."""
    return an_answer(probabilities_of(kind))


def probabilities_of(kind: str) -> dict[str, float]:
    bicycle, motorcycle = _ANSWERS[kind]
    other = round(1 - bicycle - motorcycle, 6)
    return {BICYCLE: bicycle, MOTORCYCLE: motorcycle, "other": other}


def an_answer(probabilities: Mapping[str, object], *, version: str = "m1") -> bytes:
    return json.dumps({"probabilities": probabilities, "model_version": version}).encode()


@contextmanager
def faulty_stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyStage]:
    """Yield a stage whose clients, functions and state machine are made once."""
    for name, value in {
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }.items():
        monkeypatch.setenv(name, value)
    config: Any = {
        "stepfunctions": {"execute_state_machine": True},
        "core": {"reset_boto3_session": False},
    }
    with mock_aws(config=config), definitions_parsed_once():
        _share_clients(monkeypatch)
        _look_up_addresses_once(monkeypatch)
        build(monkeypatch)
        for name, value in _ENVIRONMENT.items():
            monkeypatch.setenv(name, value)
        for value in (*vars(serialize).values(), *vars(classify).values()):
            if hasattr(value, "cache_clear"):
                value.cache_clear()
        filter_function._settings.cache_clear()
        stage = _stage(monkeypatch)
        logging.disable(logging.CRITICAL)
        try:
            yield stage
        finally:
            logging.disable(logging.NOTSET)


def _stage(monkeypatch: pytest.MonkeyPatch) -> FaultyStage:
    s3 = boto3.resource("s3")
    for name in (BUCKET, REPORTS_BUCKET):
        s3.create_bucket(Bucket=name)
    s3.Bucket(BUCKET).Versioning().enable()
    harness = WorkflowHarness(steps={})
    harness.review_queue_url = harness.sqs.create_queue(QueueName="review")["QueueUrl"]
    harness.failures_queue_url = harness.sqs.create_queue(QueueName="failures")["QueueUrl"]
    harness.state_machine_arn = harness.deploy()
    seams = Seams()
    stage = FaultyStage(
        seams=seams,
        pipeline=FaultyPipeline(harness),
        api=Api(context=_CONTEXT),
        environment=dict(os.environ),
    )
    install(seams, monkeypatch, stage.endpoint)
    monkeypatch.setattr(lambda_eval_utils, "_invoke_lambda_function", _invoker(seams))
    monkeypatch.setattr(Metrics, "add_metric", lambda *_metric: None)  # they would be printed
    monkeypatch.setattr(retrier_decl, "time", SimpleNamespace(sleep=lambda _seconds: None))
    monkeypatch.setattr(dead_letters, "_WAIT_S", 0)  # moto waits in real time
    monkeypatch.setattr(queue, "_RECEIVERS", 1)  # moto answers one call after the other
    return stage


def _invoker(seams: Seams) -> Callable[..., dict[str, Any]]:
    def invoke(parameters: dict[str, Any], **_rest: object) -> dict[str, Any]:
        function = parameters["FunctionName"].removeprefix(ARN)
        payload = json.loads(parameters["Payload"])

        def handle() -> dict[str, Any]:
            with seams.in_function(function):
                return _FUNCTIONS[function](payload, _CONTEXT)

        try:
            response = seams.call(MACHINE, f"Invoke {function}", handle)
        except (Crashed, FunctionEnded, SconesError) as error:
            names = {Crashed: "Lambda.Unknown", FunctionEnded: str(error)}
            name = names.get(type(error), type(error).__name__)
            failure = {"errorType": name, "errorMessage": str(error)}
            return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": failure}
        return {"StatusCode": 200, "Payload": response}

    return invoke


def _share_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use one session, and one client for each service and configuration.

    Their creation takes longer than a run.
    """
    real: Any = boto3.Session.client  # its overloads name every service
    session = boto3.Session()
    clients: dict[str, Any] = {}

    def client(_session: boto3.Session, service_name: str, *_: Any, **options: Any) -> Any:
        config = options.get("config")
        key = f"{service_name} {config and sorted(vars(config).items(), key=str)}"
        if key not in clients:
            clients[key] = real(session, service_name, config=config)
        return clients[key]

    monkeypatch.setattr(boto3.Session, "client", client)

    def share(new: boto3.Session, **_options: object) -> None:
        new.__dict__.update(vars(session))

    monkeypatch.setattr(boto3.Session, "__init__", share)


def _look_up_addresses_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let moto make the addresses of a service once, not for each call."""
    addresses: Any = vars(BaseBackend)["urls"].fget  # of a property: not in its type
    monkeypatch.setattr(BaseBackend, "urls", property(_once_a_class(addresses)))


def _once_a_class(read: Callable[[object], Any]) -> Callable[[object], Any]:
    values: dict[type, Any] = {}

    def cached(instance: object) -> Any:
        if type(instance) not in values:
            values[type(instance)] = read(instance)
        return values[type(instance)]

    return cached


@contextmanager
def _ending() -> Iterator[None]:
    """A process that ends with a crash, or with an error that it reports."""
    with suppress(Crashed, SconesError, BotoCoreError, ClientError):
        yield


@cache
def _data(kind: str) -> bytes:
    if kind == EMPTY:
        return b""
    return b"no picture" if kind == UNREADABLE else a_jpeg((320, 240))
