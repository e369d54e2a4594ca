"""The ASGI application of SageMaker's container contract: `/ping` and `/invocations`.

The container runs it under uvicorn; the local stage's stand-in for the SageMaker runtime mounts
the same application in its own process.
"""

import logging
from dataclasses import dataclass
from pathlib import Path

import anyio
from anyio import CapacityLimiter, to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from training.serving.errors import BrokenInference, RefusedImage
from training.serving.predictor import Predictor

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingLimits:
    """What one server accepts at a time."""

    max_body_bytes: int = 1024 * 1024  # a wire image has about 25 KB
    body_timeout_s: float = 10.0
    workers: int = 2  # inferences at the same time, one thread each
    max_pending: int = 32  # requests running or waiting; at 2 ms each the last waits 32 ms


class Invocations:
    """Handles `POST /invocations`, with the bounded queue in front of the model."""

    def __init__(self, predictor: Predictor, limits: ServingLimits) -> None:
        self._predictor = predictor
        self._limits = limits
        self._pending = 0
        self._workers: CapacityLimiter | None = None  # created on the running event loop

    async def __call__(self, request: Request) -> Response:
        """Return one image's probabilities, or the reason of a refusal."""
        try:
            body = await _read_body(request, self._limits)
            return await self._predict(body)
        except ClientDisconnect:
            return _refusal("incomplete", "The request ended before its body did.", 400)
        except RefusedImage as refused:
            return _refusal(refused.code, refused.message, refused.status)
        except BrokenInference:
            log.exception("inference_failed")
            return _refusal("inference_failed", "The model's output is invalid.", 500)

    async def _predict(self, body: bytes) -> Response:
        if self._pending >= self._limits.max_pending:
            message = "Too many images are waiting; try again in a second."
            return _refusal("busy", message, 503, headers={"Retry-After": "1"})
        self._pending += 1
        try:
            if self._workers is None:
                self._workers = CapacityLimiter(self._limits.workers)
            prediction = await to_thread.run_sync(
                self._predictor.predict, body, limiter=self._workers
            )
        finally:
            self._pending -= 1
        return JSONResponse(prediction.to_wire())


def create_app(model_dir: Path, limits: ServingLimits | None = None) -> Starlette:
    """Build the application around the model in a directory, which it verifies.

    Raises: InvalidManifest, ModelMismatch.
    """
    return app_around(Predictor.load(model_dir), limits or ServingLimits())


def app_around(predictor: Predictor, limits: ServingLimits) -> Starlette:
    """Build the application around a loaded model."""
    version = predictor.manifest.model_version

    async def ping(_request: Request) -> Response:
        return JSONResponse({"status": "ready", "model_version": version})

    invocations = Invocations(predictor, limits)

    async def invoke(request: Request) -> Response:
        return await invocations(request)

    return Starlette(
        routes=[
            Route("/ping", ping, methods=["GET"]),
            Route("/invocations", invoke, methods=["POST"]),
        ],
        exception_handlers={HTTPException: _unknown_request, Exception: _unforeseen},
    )


async def _read_body(request: Request, limits: ServingLimits) -> bytes:
    """Read the body; stop as soon as it is too long or too slow. Raises: RefusedImage."""
    too_large = RefusedImage(
        "too_large",
        f"The body is larger than {limits.max_body_bytes:,} bytes; send the wire image.",
        status=413,
    )
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limits.max_body_bytes:
        raise too_large
    body = bytearray()
    try:
        with anyio.fail_after(limits.body_timeout_s):
            async for chunk in request.stream():
                if len(body) + len(chunk) > limits.max_body_bytes:
                    raise too_large
                body += chunk
    except TimeoutError as error:
        message = f"The body did not arrive within {limits.body_timeout_s:g} seconds."
        raise RefusedImage("too_slow", message, status=408) from error
    return bytes(body)


async def _unknown_request(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return _refusal("unknown_request", "Use GET /ping or POST /invocations.", status)


async def _unforeseen(_request: Request, _error: Exception) -> Response:
    # Starlette raises the error again after this response, so the server logs it.
    return _refusal("internal", "The server failed on this request.", 500)


def _refusal(
    code: str, message: str, status: int, headers: dict[str, str] | None = None
) -> JSONResponse:
    return JSONResponse({"error": code, "message": message}, status_code=status, headers=headers)
