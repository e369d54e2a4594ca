"""The stand-in responds to InvokeEndpoint as SageMaker does, as botocore's parser reads it."""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

import botocore.session
import httpx
import pytest
from botocore.parsers import create_parser
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from infra.local.sagemaker import invocations
from infra.local.sagemaker.capture_lines import CaptureSettings, Invocation
from infra.local.sagemaker.invocations import MAX_BODY_BYTES, EndpointStandIn, invoke_app

NAME = "scones-local-vehicle"
PREDICTION = {"probabilities": {"bicycle": 0.97}, "model_version": "v1"}

# Any: a response as botocore's parser returns it.
Parsed = dict[str, Any]


def model(respond: Callable[[Request], Response] | None = None) -> Starlette:
    """A container that responds with `PREDICTION`, or as `respond` does."""

    async def ping(_request: Request) -> Response:
        return Response(status_code=200)

    async def invocations_(request: Request) -> Response:
        return respond(request) if respond else JSONResponse(PREDICTION)

    return Starlette(
        routes=[Route("/ping", ping), Route("/invocations", invocations_, methods=["POST"])]
    )


def invoke(
    container: ASGIApp,
    *,
    name: str = NAME,
    body: bytes = b"\xff\xd8",
    headers: Mapping[str, str] | None = None,
    captured: list[Invocation] | None = None,
    sampling: int = 100,
    roll: float = 50.0,
) -> Parsed:
    """Invoke the endpoint once and parse the response as boto3 does."""
    into = captured if captured is not None else []
    endpoint = EndpointStandIn(
        name=NAME,
        account="000000000000",
        region="us-east-1",
        capture=CaptureSettings(destination="s3://b", sampling_percentage=sampling),
        add_capture=into.append,
        random_percentage=lambda: roll,
    )
    return asyncio.run(_post(invoke_app(endpoint, container), name, body, headers or {}))


async def _post(app: ASGIApp, name: str, body: bytes, headers: Mapping[str, str]) -> Parsed:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://runtime") as client:
        sent = {"Content-Type": "image/jpeg", **headers}
        response = await client.post(f"/endpoints/{name}/invocations", content=body, headers=sent)
    service = botocore.session.Session().get_service_model("sagemaker-runtime")
    shape = service.operation_model("InvokeEndpoint").output_shape
    raw = {
        "headers": response.headers,
        "body": response.content,
        "status_code": response.status_code,
    }
    assert shape is not None
    parser = create_parser("rest-json")
    parsed: Parsed = parser.parse(raw, shape)
    if response.is_error:
        code = parsed["Error"]["Code"]
        if code in service.shape_names:
            parsed |= parser.parse(raw, service.shape_for(code))
    return parsed


def test_the_response_is_that_of_the_container() -> None:
    parsed = invoke(model())
    assert json.loads(parsed["Body"]) == PREDICTION
    assert parsed["ContentType"] == "application/json"
    assert parsed["InvokedProductionVariant"] == "AllTraffic"


def test_the_container_gets_body_and_headers_unchanged() -> None:
    seen: list[tuple[bytes, str | None, str | None]] = []

    async def echo(scope: Any, receive: Any, send: Any) -> None:  # Any: an ASGI application
        request = Request(scope, receive)
        headers = request.headers
        seen.append(
            (
                await request.body(),
                headers.get("content-type"),
                headers.get("x-amzn-sagemaker-custom-attributes"),
            )
        )
        await JSONResponse(PREDICTION)(scope, receive, send)

    invoke(echo, body=b"wire", headers={"X-Amzn-SageMaker-Custom-Attributes": "a=1"})
    assert seen == [(b"wire", "image/jpeg", "a=1")]


def test_an_unknown_endpoint_is_a_validation_error() -> None:
    error = invoke(model(), name="no%20such%2Fname")["Error"]
    assert error["Code"] == "ValidationError"
    assert error["Message"] == "Endpoint no such/name of account 000000000000 not found."


@pytest.mark.parametrize(("status", "kind"), [(400, "client"), (413, "client"), (503, "server")])
def test_an_error_of_the_container_is_a_model_error(status: int, kind: str) -> None:
    refusal = JSONResponse({"error": "x", "message": "why"}, status)
    parsed = invoke(model(lambda _: refusal))
    assert parsed["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert parsed["Error"]["Code"] == "ModelError"
    assert parsed["Error"]["Message"].startswith(
        f'Received {kind} error ({status}) from primary with message "'
    )
    assert parsed["OriginalStatusCode"] == status
    assert json.loads(parsed["OriginalMessage"])["message"] == "why"
    assert parsed["LogStreamArn"].endswith(f"/aws/sagemaker/Endpoints/{NAME}")


def test_a_crash_of_the_container_is_a_model_error() -> None:
    def crash(_request: Request) -> Response:
        raise ZeroDivisionError

    assert invoke(model(crash))["OriginalStatusCode"] == 500


def test_a_timeout_of_the_container_is_a_model_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invocations, "MODEL_TIMEOUT_S", 0.01)

    async def never(_scope: object, _receive: object, _send: object) -> None:
        await asyncio.sleep(60)

    parsed = invoke(never)
    assert (parsed["Error"]["Code"], parsed["OriginalStatusCode"]) == ("ModelError", 0)


def test_a_body_may_have_six_mebibytes_and_not_a_byte_more() -> None:
    assert "Body" in invoke(model(), body=b"x" * MAX_BODY_BYTES)
    error = invoke(model(), body=b"x" * (MAX_BODY_BYTES + 1))
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 413
    assert error["Error"]["Message"] == "HTTP content length exceeded 6291456 bytes."


def test_a_success_is_captured_with_the_callers_identifiers() -> None:
    captured: list[Invocation] = []
    headers = {
        "X-Amzn-SageMaker-Inference-Id": "i" * 64,
        "X-Amzn-SageMaker-Custom-Attributes": "a=1",
    }
    invoke(model(), body=b"wire", headers=headers, captured=captured)
    [invocation] = captured
    assert (invocation.request.body, invocation.request.content_type) == (b"wire", "image/jpeg")
    assert json.loads(invocation.response.body) == PREDICTION
    assert (invocation.inference_id, invocation.custom_attributes) == ("i" * 64, "a=1")
    assert invocation.at.tzname() == "UTC"


def test_a_failure_is_not_captured() -> None:
    captured: list[Invocation] = []
    invoke(model(lambda _: Response(status_code=500)), captured=captured)
    assert captured == []


@pytest.mark.parametrize(
    ("sampling", "roll", "count"), [(100, 99.9, 1), (30, 29.9, 1), (30, 30.0, 0), (0, 0.0, 0)]
)
def test_the_sampled_share_of_the_invocations_is_captured(
    sampling: int, roll: float, count: int
) -> None:
    captured: list[Invocation] = []
    invoke(model(), captured=captured, sampling=sampling, roll=roll)
    assert len(captured) == count
