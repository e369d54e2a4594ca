"""The endpoint as its caller sees it."""

import asyncio
import json
import math
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from PIL import Image

from tests.pictures import a_jpeg, a_picture, a_png_header, encoded
from tests.training.conftest import Server, ask
from training.serving.app import ServingLimits, app_around
from training.serving.errors import BrokenInference
from training.serving.manifest import Manifest
from training.serving.predictor import ModelPrediction, Predictor


class PausedPredictor(Predictor):
    """A model that predicts only after `released` is set."""

    released: threading.Event

    def predict(self, image: bytes) -> ModelPrediction:
        self.released.wait(timeout=20)
        return super().predict(image)


class BrokenPredictor(Predictor):
    """A model whose output is not finite."""

    def predict(self, image: bytes) -> ModelPrediction:
        raise BrokenInference(f"not finite for {len(image)} bytes")


async def in_chunks(count: int, size: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"\xff" * size


def code(response: httpx.Response) -> str:
    body = response.json()
    assert set(body) == {"error", "message"}
    assert body["message"].endswith(".")
    return str(body["error"])


def test_ping_succeeds_when_the_model_is_loaded(server: Server) -> None:
    response = server.request("GET", "/ping")
    assert response.status_code == 200


def test_probabilities_are_a_distribution_over_the_classes_of_the_manifest(
    server: Server, shipped: Path
) -> None:
    manifest = json.loads((shipped / "manifest.json").read_text(encoding="utf-8"))
    body = server.classify(a_jpeg((224, 168))).json()
    assert set(body) == {"probabilities", "model_version"}
    assert list(body["probabilities"]) == manifest["classes"]
    assert body["model_version"] == manifest["model_version"]
    values = list(body["probabilities"].values())
    assert all(math.isfinite(value) and 0 <= value <= 1 for value in values)
    assert sum(values) == pytest.approx(1, abs=1e-9)


def test_same_image_gets_the_same_prediction(server: Server) -> None:
    image = a_jpeg((224, 168))
    assert server.classify(image).content == server.classify(image).content


def test_png_is_accepted_with_any_content_type(server: Server) -> None:
    png = encoded(a_picture((96, 96)), "PNG")
    response = server.classify(png, **{"content-type": "text/plain"})
    assert response.status_code == 200


@pytest.mark.parametrize("size", [(1, 1), (1, 224), (1024, 1), (32, 32)])
def test_odd_sizes_are_classified(server: Server, size: tuple[int, int]) -> None:
    assert server.classify(encoded(Image.new("RGB", size))).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        (b"", 400, "empty"),
        (b"this is text", 415, "unsupported_format"),
        (encoded(a_picture((64, 64)), "GIF"), 415, "unsupported_format"),
        (encoded(a_picture((64, 64)), "WEBP"), 415, "unsupported_format"),
        (a_jpeg((224, 168))[:2000], 400, "corrupt"),
        (encoded(a_picture((64, 64)), "PNG")[:-40], 400, "corrupt"),
        (b"\xff\xd8\xff" + b"\0" * 500, 400, "corrupt"),
        (a_png_header(64, 64), 400, "corrupt"),
        (encoded(Image.new("RGB", (1025, 8))), 413, "too_many_pixels"),
        (a_png_header(100_000, 100_000), 413, "too_many_pixels"),
        (a_png_header(12_000, 12_000), 413, "too_many_pixels"),
        (encoded(Image.new("I;16", (64, 64)), "PNG"), 415, "unsupported_mode"),
        (encoded(a_picture((64, 64), "CMYK")), 415, "unsupported_mode"),
    ],
)
def test_bytes_that_are_not_a_wire_image_are_refused_with_a_reason(
    server: Server, body: bytes, status: int, expected: str
) -> None:
    response = server.classify(body)
    assert (response.status_code, code(response)) == (status, expected)


def test_long_body_is_refused_before_it_has_arrived(server: Server) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 64 * 1024
            yield b"\xff" * (64 * 1024)

    response = server.classify(endless())
    assert (response.status_code, code(response)) == (413, "too_large")
    assert sent <= 2 * 1024 * 1024


def test_declared_length_over_the_limit_is_refused_unread(server: Server) -> None:
    response = server.classify(in_chunks(1, 10), **{"content-length": "1048577"})
    assert (response.status_code, code(response)) == (413, "too_large")


def test_body_that_does_not_arrive_times_out(shipped: Path) -> None:
    async def silent() -> AsyncIterator[bytes]:
        yield b"\xff\xd8\xff"
        await asyncio.Event().wait()

    limits = ServingLimits(body_timeout_s=0.05)
    server = Server(app_around(Predictor.load(shipped), limits))
    response = server.classify(silent())
    assert (response.status_code, code(response)) == (408, "too_slow")


def test_request_over_the_bounded_queue_gets_retry_after(shipped: Path) -> None:
    predictor = PausedPredictor.load(shipped)
    predictor.released = threading.Event()
    app = app_around(predictor, ServingLimits(workers=1, max_pending=2))
    image = a_jpeg((96, 96))

    async def three_at_once() -> tuple[list[httpx.Response], list[httpx.Response]]:
        requests = [asyncio.ensure_future(ask(app, "POST", "/invocations", image)) for _ in "123"]
        first, rest = await asyncio.wait(requests, return_when=asyncio.FIRST_COMPLETED)
        predictor.released.set()
        return [task.result() for task in first], list(await asyncio.gather(*rest))

    refused, answered = asyncio.run(three_at_once())
    assert [response.status_code for response in refused] == [503]
    assert code(refused[0]) == "busy"
    assert refused[0].headers["retry-after"] == "1"
    assert [response.status_code for response in answered] == [200, 200]


def test_queue_is_empty_again_after_refused_images(shipped: Path) -> None:
    server = Server(app_around(Predictor.load(shipped), ServingLimits(max_pending=1)))
    for _ in range(3):
        assert server.classify(b"no image").status_code == 415
    assert server.classify(a_jpeg((96, 96))).status_code == 200


def test_invalid_output_of_the_model_is_an_error(shipped: Path) -> None:
    manifest = Manifest.load(shipped / "manifest.json")
    predictor = BrokenPredictor(manifest, manifest.read_model(shipped))
    response = Server(app_around(predictor, ServingLimits())).classify(a_jpeg())
    assert (response.status_code, code(response)) == (500, "inference_failed")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 404), ("GET", "/invocations", 405), ("POST", "/ping", 405)],
)
def test_other_requests_get_json_too(server: Server, method: str, path: str, status: int) -> None:
    response = server.request(method, path)
    assert (response.status_code, code(response)) == (status, "unknown_request")
