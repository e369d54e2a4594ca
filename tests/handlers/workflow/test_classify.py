"""Classify, against endpoints with valid, malformed and failing responses."""

import base64
import io
import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ConnectTimeoutError
from botocore.response import StreamingBody
from botocore.stub import Stubber

from handlers.aws.endpoint import Endpoint
from handlers.domain.errors import (
    EndpointUnavailable,
    MissingSetting,
    PhotoRefusedByModel,
    UntrustworthyPrediction,
)
from handlers.workflow import classify
from infra.state_machine.lambdas import RESULT_FIELDS

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
def _fresh_clients() -> None:
    classify._endpoint.cache_clear()


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
    monkeypatch.setattr(classify, "_endpoint", lambda: endpoint)
    monkeypatch.setattr(classify, "_captures", lambda: None)
    result = classify.lambda_handler(
        {
            "photo_id": "a" * 64,
            "execution": "arn",
            "wire_image": base64.b64encode(b"jpeg").decode(),
        },
        context,
    )
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
        ("ThrottlingException", None),
        ("ServiceUnavailable", None),
        ("ModelNotReadyException", None),
        ("ModelError", 500),
        ("ModelError", 503),
        ("ModelError", 429),
        ("ValidationError", None),  # during its replacement, an endpoint is not found for a moment
    ],
)
def test_a_failing_endpoint_is_a_transient_error(code: str, status: int | None) -> None:
    fields = {"OriginalStatusCode": status} if status else {}
    with pytest.raises(EndpointUnavailable):
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
    event = {"photo_id": "a", "execution": "arn", "wire_image": ""}
    with pytest.raises(MissingSetting, match="ENDPOINT_NAME"):
        classify.lambda_handler(event, context)
