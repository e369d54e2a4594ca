"""Handlers and endpoint agree on predictions, refusals and capture records."""

import asyncio
import io
import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from PIL import Image

from handlers.domain.decision.policy import Policy
from handlers.domain.decision.prediction import Prediction
from handlers.domain.photo.wire_image import WIRE_SIDE, Prepared, prepare
from infra.config import STAGES
from infra.local.sagemaker.capture_lines import CaptureSettings, Invocation, Payload, record_line
from tests.conftest import ROOT
from tests.pictures import a_jpeg, a_picture, encoded
from training.serving.app import create_app

SHIPPED = ROOT / "training" / "shipped"


class Endpoint:
    """The serving application, called without a socket."""

    def __init__(self) -> None:
        self._app = create_app(SHIPPED)

    def post(self, body: bytes) -> httpx.Response:
        async def post() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://serving") as client:
                return await client.post("/invocations", content=body)

        return asyncio.run(post())


@pytest.fixture
def endpoint() -> Endpoint:
    return Endpoint()


def a_wire_image() -> bytes:
    prepared = prepare(a_jpeg())
    assert isinstance(prepared, Prepared)
    return prepared.wire_image


def test_the_response_is_a_prediction_of_a_model_in_the_shipped_policy(endpoint: Endpoint) -> None:
    response = endpoint.post(a_wire_image())
    prediction = Prediction.from_wire(json.loads(response.content))
    manifest = json.loads((SHIPPED / "manifest.json").read_text(encoding="utf-8"))
    policy = Policy.from_json(
        json.dumps(
            {
                "models": {
                    manifest["model_version"]: {
                        "classes": manifest["classes"],
                        "threshold": manifest["policy"]["threshold"],
                    }
                },
                "order_ranges": dict(STAGES["prod"].order_ranges),
            }
        )
    )
    assert policy.model_of(prediction).threshold <= 1
    assert policy.order_ranges.keys() <= prediction.probabilities.keys()


@pytest.mark.parametrize("picture", [a_picture((4000, 40)), a_picture((1, 1)), a_picture((9, 700))])
def test_the_endpoint_reads_every_wire_image(endpoint: Endpoint, picture: Image.Image) -> None:
    prepared = prepare(encoded(picture, "PNG"))
    assert isinstance(prepared, Prepared)
    assert max(Image.open(io.BytesIO(prepared.wire_image)).size) <= WIRE_SIDE
    assert endpoint.post(prepared.wire_image).status_code == 200


def test_bytes_that_are_not_an_image_are_refused_with_a_4xx(endpoint: Endpoint) -> None:
    assert 400 <= endpoint.post(b"not an image").status_code < 500


def test_a_capture_record_joins_the_photo_with_its_prediction(endpoint: Endpoint) -> None:
    image = a_wire_image()
    response = endpoint.post(image)
    invocation = Invocation(
        event_id="e",
        at=datetime(2026, 11, 22, 18, 0, tzinfo=UTC),
        request=Payload(content_type="image/jpeg", body=image),
        response=Payload(content_type=response.headers["content-type"], body=response.content),
        inference_id="a" * 64,
        custom_attributes=None,
    )
    settings = CaptureSettings(
        destination="s3://bucket/data-capture", json_content_types=("application/json",)
    )
    record: dict[str, Any] = json.loads(record_line(invocation, settings))
    assert record["eventMetadata"]["inferenceId"] == "a" * 64
    output = record["captureData"]["endpointOutput"]
    assert output["encoding"] == "JSON"
    assert Prediction.from_wire(json.loads(output["data"])).model_version
