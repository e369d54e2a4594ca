"""Classify, against endpoints with valid, malformed and failing responses."""

import base64
import io
import json
import time
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ConnectTimeoutError
from botocore.response import StreamingBody
from botocore.stub import Stubber

from handlers.aws.controls_table import ControlsTable
from handlers.aws.endpoint import Endpoint
from handlers.domain.breaker import LASTS_S, PHOTOS
from handlers.domain.decision.prediction import Prediction
from handlers.domain.errors import (
    BreakerOpen,
    EndpointBusy,
    EndpointUnavailable,
    LedgerUnavailable,
    MissingSetting,
    PhotoRefusedByModel,
    UntrustworthyPrediction,
)
from handlers.domain.ledger.schema import CONTROLS
from handlers.workflow import classify
from infra.function_specs import FUNCTIONS
from infra.state_machine.lambdas import RESULT_FIELDS
from tests.tables import create_table

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

pytestmark = pytest.mark.usefixtures("aws")

ANSWER = {"probabilities": {"bicycle": 0.97, "other": 0.03}, "model_version": "m1"}
EXPECTED = {
    "EndpointName": "vehicle",
    "Body": b"jpeg",
    "ContentType": "image/jpeg",
    "Accept": "application/json",
    "InferenceId": "a" * 64,
}


@pytest.fixture(autouse=True)
def controls(aws: None, monkeypatch: pytest.MonkeyPatch) -> ControlsTable:
    """The stage's controls: the breaker is closed until a test opens it."""
    del aws
    for cached in (classify._endpoint, classify._controls, classify._controls_table):
        cached.cache_clear()
    classify._streak.end()
    monkeypatch.setenv("CONTROLS_TABLE", "controls")
    dynamodb = boto3.client("dynamodb")
    create_table(dynamodb, CONTROLS, "controls")
    return ControlsTable(dynamodb, table="controls")


def an_event(photo_id: str = "a" * 64, *, probe: bool = False) -> dict[str, Any]:
    image = base64.b64encode(b"jpeg").decode()
    return {"photo_id": photo_id, "probe": probe, "execution": "arn", "wire_image": image}


def an_endpoint(stubbed: bytes | dict[str, Any]) -> Endpoint:
    runtime = boto3.client("sagemaker-runtime")
    stubber = Stubber(runtime)
    if isinstance(stubbed, bytes):
        body = StreamingBody(io.BytesIO(stubbed), len(stubbed))
        stubber.add_response("invoke_endpoint", {"Body": body}, EXPECTED)
    else:
        stubber.add_client_error("invoke_endpoint", **stubbed)
    stubber.activate()
    return Endpoint(runtime, name="vehicle")


def ask(endpoint: Endpoint) -> object:
    return endpoint.classify(b"jpeg", inference_id="a" * 64).to_wire()


def test_a_prediction_is_returned_unchanged() -> None:
    assert ask(an_endpoint(json.dumps(ANSWER).encode())) == ANSWER


def test_the_function_passes_the_photo_id_as_inference_id(
    context: "LambdaContext", monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = an_endpoint(json.dumps(ANSWER).encode())
    monkeypatch.setenv("ENDPOINT_NAME", "vehicle")
    monkeypatch.setattr(classify, "_endpoint", lambda: endpoint)
    monkeypatch.setattr(classify, "_captures", lambda: None)
    result = classify.lambda_handler(an_event(), context)
    assert result == ANSWER
    assert set(result) == set(RESULT_FIELDS["Classify"])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[0.9, 0.1]",
        b'{"probabilities": {"a": NaN}, "model_version": "m"}',
        b'{"probabilities": {"a": 1.0}, "model_version": "m", "padding": "%s"}' % (b"x" * 70_000),
    ],
)
def test_a_malformed_answer_is_refused(body: bytes) -> None:
    with pytest.raises(UntrustworthyPrediction):
        ask(an_endpoint(body))


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("ModelNotReadyException", None),
        ("InternalFailure", None),
        *(("ModelError", status) for status in (0, 408, 424, 425, 499, 500, 502, 504)),
        ("ValidationError", None),  # during its replacement, an endpoint is not found for a moment
    ],
)
def test_a_failing_endpoint_is_a_transient_error(code: str, status: int | None) -> None:
    fields = {} if status is None else {"OriginalStatusCode": status}
    with pytest.raises(EndpointUnavailable):
        ask(an_endpoint({"service_error_code": code, "modeled_fields": fields or None}))


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("ThrottlingException", None),
        ("ServiceUnavailable", None),
        ("ModelError", 429),
        ("ModelError", 503),
    ],
)
def test_an_endpoint_without_capacity_is_busy(code: str, status: int | None) -> None:
    fields = {"OriginalStatusCode": status} if status else {}
    with pytest.raises(EndpointBusy):
        ask(an_endpoint({"service_error_code": code, "modeled_fields": fields or None}))


def test_an_image_that_the_model_refuses_is_a_permanent_error() -> None:
    failure = {"service_error_code": "ModelError", "modeled_fields": {"OriginalStatusCode": 415}}
    with pytest.raises(PhotoRefusedByModel):
        ask(an_endpoint(failure))


def test_a_missing_connection_is_a_transient_error(monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = boto3.client("sagemaker-runtime")

    def hang(**_: object) -> None:
        raise ConnectTimeoutError(endpoint_url="runtime")

    monkeypatch.setattr(runtime, "invoke_endpoint", hang)
    with pytest.raises(EndpointUnavailable):
        ask(Endpoint(runtime, name="vehicle"))


def test_a_missing_setting_is_named(context: "LambdaContext") -> None:
    with pytest.raises(MissingSetting, match="ENDPOINT_NAME"):
        classify.lambda_handler(an_event(), context)


class BrokenEndpoint:
    """An endpoint that does not answer, until it is repaired."""

    def __init__(self) -> None:
        self.calls = 0
        self.is_working = False

    def classify(self, _wire_image: bytes, *, inference_id: str) -> Prediction:
        del inference_id
        self.calls += 1
        if self.is_working:
            return Prediction.from_wire(ANSWER)
        raise EndpointUnavailable("refused")


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> BrokenEndpoint:
    broken = BrokenEndpoint()
    monkeypatch.setenv("ENDPOINT_NAME", "vehicle")
    monkeypatch.setattr(classify, "_endpoint", lambda: broken)
    monkeypatch.setattr(classify, "_captures", lambda: None)
    return broken


def fail(photo_id: str, context: "LambdaContext", *, probe: bool = False) -> None:
    with pytest.raises(EndpointUnavailable):
        classify.lambda_handler(an_event(photo_id, probe=probe), context)


def test_an_outage_opens_the_breaker_and_the_endpoint_is_left_alone(
    context: "LambdaContext",
    controls: ControlsTable,
    endpoint: BrokenEndpoint,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    times = iter(LASTS_S * number for number in range(PHOTOS + 1))
    monkeypatch.setattr(time, "monotonic", lambda: next(times))
    for number in range(PHOTOS):
        assert not controls.read().breaker.is_open
        fail(f"{number}" * 64, context)
    breaker = controls.read().breaker
    assert (breaker.is_open, breaker.reason) == (True, "refused")
    classify._controls.cache_clear()
    with pytest.raises(BreakerOpen):
        classify.lambda_handler(an_event(), context)
    assert endpoint.calls == PHOTOS
    fail("a" * 64, context, probe=True)  # a probe calls it
    assert endpoint.calls == PHOTOS + 1


def test_one_photo_that_the_endpoint_fails_at_does_not_open_the_breaker(
    context: "LambdaContext",
    controls: ControlsTable,
    endpoint: BrokenEndpoint,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    times = iter(LASTS_S * number for number in range(PHOTOS + 1))
    monkeypatch.setattr(time, "monotonic", lambda: next(times))
    for _ in range(PHOTOS):
        fail("a" * 64, context)
    assert not controls.read().breaker.is_open
    endpoint.is_working = True
    classify.lambda_handler(an_event("b" * 64), context)
    endpoint.is_working = False
    fail("c" * 64, context)
    assert not controls.read().breaker.is_open


def test_failures_of_one_moment_do_not_open_the_breaker(
    context: "LambdaContext",
    controls: ControlsTable,
    endpoint: BrokenEndpoint,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    times = iter(LASTS_S / 2 / PHOTOS * number for number in range(PHOTOS + 1))
    monkeypatch.setattr(time, "monotonic", lambda: next(times))
    for number in range(PHOTOS):
        fail(f"{number}" * 64, context)
    assert endpoint.calls == PHOTOS
    assert not controls.read().breaker.is_open


def test_failures_before_an_answer_do_not_count(
    context: "LambdaContext",
    controls: ControlsTable,
    endpoint: BrokenEndpoint,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    times = iter(LASTS_S * number for number in range(2 * PHOTOS))
    monkeypatch.setattr(time, "monotonic", lambda: next(times))
    for number in range(PHOTOS - 1):
        fail(f"{number}" * 64, context)
    endpoint.is_working = True
    classify.lambda_handler(an_event(), context)
    endpoint.is_working = False
    for number in range(PHOTOS - 1, 2 * PHOTOS - 2):
        fail(f"{number}" * 64, context)
    assert not controls.read().breaker.is_open


@pytest.mark.usefixtures("endpoint")
def test_a_breaker_that_cannot_be_opened_hides_no_error_of_the_endpoint(
    context: "LambdaContext", monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_table: ControlsTable, *, now: str, reason: str) -> bool:
        raise LedgerUnavailable(f"{now} {reason}")

    monkeypatch.setattr(ControlsTable, "open_breaker", refuse)
    times = iter(LASTS_S * number for number in range(PHOTOS + 1))
    monkeypatch.setattr(time, "monotonic", lambda: next(times))
    for number in range(PHOTOS):
        fail(f"{number}" * 64, context)


@pytest.mark.usefixtures("endpoint")
def test_a_wire_image_that_is_not_base64_is_not_sent(context: "LambdaContext") -> None:
    with pytest.raises(ValueError, match="base64"):
        classify.lambda_handler(an_event() | {"wire_image": "an*y!b=at"}, context)


def test_a_call_of_the_endpoint_ends_before_the_function(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise AWS reports the function's time-out, and what the endpoint did stays unknown."""
    monkeypatch.setenv("ENDPOINT_NAME", "vehicle")
    limits: Any = classify._endpoint()._runtime.meta.config  # its stubs have no attributes
    (spec,) = (spec for spec in FUNCTIONS if spec.name == "classify")
    tries = limits.retries["total_max_attempts"]
    longest_s = tries * (limits.connect_timeout + limits.read_timeout)
    assert longest_s < spec.timeout_s
