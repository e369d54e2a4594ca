"""Stand-in for the SageMaker runtime: `InvokeEndpoint` in front of the real serving application.

`invoke_app` is the protocol and takes the model's ASGI application as an argument. Tests wrap that
application to simulate failures of a container, its network or its instance.
"""

from __future__ import annotations

import asyncio
import json
import random
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.sagemaker.capture_lines import CaptureSettings, Invocation, Payload

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.types import ASGIApp

MAX_BODY_BYTES = 6_291_456
MODEL_TIMEOUT_S = 60.0
VARIANT = "AllTraffic"

_DEFAULT_CONTENT_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointStandIn:
    """The endpoint that is served, and how its invocations are captured.

    `random_percentage` returns a number from 0 to 100, to sample invocations.
    """

    name: str
    account: str
    region: str
    capture: CaptureSettings
    add_capture: Callable[[Invocation], None]
    random_percentage: Callable[[], float] = lambda: random.uniform(0, 100)  # noqa: S311 # samples


def invoke_app(endpoint: EndpointStandIn, model: ASGIApp) -> Starlette:
    """Return the runtime's HTTP interface, with the model's `/ping`."""
    transport = httpx.ASGITransport(model, raise_app_exceptions=False)
    container = httpx.AsyncClient(transport=transport, base_url="http://model", trust_env=False)

    async def ping(_request: Request) -> Response:
        response = await container.get("/ping")
        return Response(response.content, response.status_code)

    async def invoke(request: Request) -> Response:
        name = request.path_params["name"]
        if name != endpoint.name:
            return _validation_error(f"Endpoint {name} of account {endpoint.account} not found.")
        body = await _body_within_limit(request)
        if body is None:
            message = f"HTTP content length exceeded {MAX_BODY_BYTES} bytes."
            return Response(json.dumps({"message": message}), 413)
        return await _invoke(endpoint, container, request, body)

    return Starlette(
        routes=[
            Route("/ping", ping),
            Route("/endpoints/{name:path}/invocations", invoke, methods=["POST"]),
        ]
    )


async def _invoke(
    endpoint: EndpointStandIn, container: httpx.AsyncClient, request: Request, body: bytes
) -> Response:
    at = datetime.now(UTC)
    content_type = request.headers.get("content-type", _DEFAULT_CONTENT_TYPE)
    headers = {"Content-Type": content_type, "Accept": request.headers.get("accept", "*/*")}
    attributes = request.headers.get("x-amzn-sagemaker-custom-attributes")
    if attributes is not None:
        headers["X-Amzn-SageMaker-Custom-Attributes"] = attributes
    try:
        async with asyncio.timeout(MODEL_TIMEOUT_S):
            response = await container.post("/invocations", content=body, headers=headers)
    except TimeoutError:
        return _model_error(endpoint, 0, "Your invocation timed out while waiting for a response.")
    if not response.is_success:
        return _model_error(endpoint, response.status_code, response.text)
    response_type = response.headers.get("content-type", _DEFAULT_CONTENT_TYPE)
    if endpoint.random_percentage() < endpoint.capture.sampling_percentage:
        endpoint.add_capture(
            Invocation(
                event_id=str(uuid.uuid4()),
                at=at,
                request=Payload(content_type=content_type, body=body),
                response=Payload(content_type=response_type, body=response.content),
                inference_id=request.headers.get("x-amzn-sagemaker-inference-id"),
                custom_attributes=attributes,
            )
        )
    return Response(
        response.content,
        headers={"Content-Type": response_type, "x-Amzn-Invoked-Production-Variant": VARIANT},
    )


async def _body_within_limit(request: Request) -> bytes | None:
    """Return the request's body, or None if it is longer than SageMaker's limit."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            return None
    return bytes(body)


def _validation_error(message: str) -> Response:
    return JSONResponse({"message": message}, 400, headers={"x-amzn-ErrorType": "ValidationError"})


def _model_error(endpoint: EndpointStandIn, status: int, message: str) -> Response:
    """Return the runtime's response for a container that does not respond with success."""
    kind = "client" if 400 <= status < 500 else "server"
    group = f"/aws/sagemaker/Endpoints/{endpoint.name}"
    console = f"https://{endpoint.region}.console.aws.amazon.com/cloudwatch/home"
    body = {
        "ErrorCode": f"{kind.upper()}_ERROR_FROM_MODEL",
        "LogStreamArn": f"arn:aws:logs:{endpoint.region}:{endpoint.account}:log-group:{group}",
        "Message": (
            f'Received {kind} error ({status}) from primary with message "{message}". See '
            f"{console}?region={endpoint.region}#logEventViewer:group={group} in account "
            f"{endpoint.account} for more information."
        ),
        "OriginalMessage": message,
        "OriginalStatusCode": status,
    }
    return JSONResponse(body, 424, headers={"x-amzn-ErrorType": "ModelError"})
