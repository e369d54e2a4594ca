"""Where Data Capture is switched off, Classify writes the same records."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from handlers.aws.capture_writer import CapturesUnavailable, CaptureWriter
from handlers.aws.controls_table import CachedControls
from handlers.domain.capture_record import INPUT, OUTPUT, EndpointCall, capture_key, capture_line
from handlers.domain.controls import Controls
from handlers.domain.decision.prediction import Prediction
from handlers.workflow import classify
from infra.local.sagemaker.capture_lines import CaptureSettings, Invocation, Payload, record_line

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

AT = datetime(2026, 11, 21, 8, 30, 5, tzinfo=UTC)
ANSWER = {"probabilities": {"car": 0.97, "van": 0.03}, "model_version": "m1"}
CALL = EndpointCall(inference_id="a" * 64, request=b"jpeg", answer=ANSWER)


class _Endpoint:
    def classify(self, _wire_image: bytes, *, inference_id: str) -> Prediction:
        assert inference_id == CALL.inference_id
        return Prediction.from_wire(ANSWER)


@pytest.fixture
def capturing(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    del aws
    monkeypatch.setattr(classify, "_endpoint", _Endpoint)
    monkeypatch.setenv("ENDPOINT_NAME", "vehicle")
    monkeypatch.setenv("CAPTURE_BUCKET", "captures")
    monkeypatch.setenv("CAPTURE_PREFIX", "data-capture/vehicle/AllTraffic")
    monkeypatch.setenv("CAPTURE_MODES", "Output")
    monkeypatch.setenv("CONTROLS_TABLE", "controls")
    monkeypatch.setattr(classify, "_controls", lambda: CachedControls(Controls))
    classify._captures.cache_clear()
    yield
    classify._captures.cache_clear()


def call(context: "LambdaContext") -> Any:
    wire_image = base64.b64encode(b"jpeg").decode()
    event = {
        "photo_id": CALL.inference_id,
        "probe": False,
        "execution": "arn",
        "wire_image": wire_image,
    }
    return classify.lambda_handler(event, context)


@pytest.mark.usefixtures("capturing")
def test_a_repeated_call_replaces_its_record(context: "LambdaContext") -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="captures")
    assert [call(context), call(context)] == [ANSWER, ANSWER]
    # One key for each hour: at the turn of the hour there are two, which the reader counts once.
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket="captures")["Contents"]]
    assert 1 <= len(keys) <= 2
    record = json.loads(s3.get_object(Bucket="captures", Key=keys[0])["Body"].read())
    assert record["eventMetadata"]["inferenceId"] == CALL.inference_id
    assert json.loads(record["captureData"]["endpointOutput"]["data"]) == ANSWER
    assert "endpointInput" not in record["captureData"]


@pytest.mark.usefixtures("capturing")
def test_a_photo_is_classified_even_if_its_record_cannot_be_written(
    context: "LambdaContext", capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(context) == ANSWER  # the bucket does not exist
    assert "CapturesLost" in capsys.readouterr().out


@pytest.mark.usefixtures("aws")
def test_a_missing_bucket_raises_captures_unavailable() -> None:
    captures = CaptureWriter(
        boto3.client("s3"), bucket="none", prefix="p", modes=frozenset({OUTPUT})
    )
    with pytest.raises(CapturesUnavailable):
        captures.write(CALL, at=AT)


def test_a_record_equals_sagemakers_own() -> None:
    settings = CaptureSettings(destination="s3://b", json_content_types=("application/json",))
    theirs = record_line(
        Invocation(
            event_id=CALL.inference_id,
            at=AT,
            request=Payload(content_type="image/jpeg", body=b"jpeg"),
            response=Payload(
                content_type="application/json",
                body=json.dumps(ANSWER, separators=(",", ":")).encode(),
            ),
            inference_id=CALL.inference_id,
            custom_attributes=None,
        ),
        settings,
    )
    ours = capture_line(CALL, modes={INPUT, OUTPUT}, at=AT)
    assert json.loads(ours) == json.loads(theirs)
    key = capture_key(CALL, prefix="data-capture/vehicle/AllTraffic", at=AT)
    assert key == f"data-capture/vehicle/AllTraffic/2026/11/21/08/{CALL.inference_id}.jsonl"
