"""Capture records and keys equal SageMaker's byte for byte."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from infra.local.errors import StageError
from infra.local.sagemaker.capture_lines import (
    CaptureSettings,
    Invocation,
    Payload,
    file_key,
    record_line,
)

AT = datetime(2025, 10, 4, 8, 44, 11, 981_234, tzinfo=UTC)
SETTINGS = CaptureSettings(
    destination="s3://bucket/data-capture", json_content_types=("application/json",)
)
INVOCATION = Invocation(
    event_id="0b7e-1",
    at=AT,
    request=Payload(content_type="image/jpeg", body=b"\xff\xd8"),
    response=Payload(content_type="application/json", body=b'{"probabilities": {"bicycle": 1.0}}'),
    inference_id="f" * 64,
    custom_attributes=None,
)


def test_a_record_equals_sagemakers() -> None:
    assert record_line(INVOCATION, SETTINGS) == (
        '{"captureData":{"endpointInput":{"observedContentType":"image/jpeg","mode":"INPUT",'
        '"data":"/9g=","encoding":"BASE64"},"endpointOutput":{"observedContentType":'
        '"application/json","mode":"OUTPUT","data":"{\\"probabilities\\": {\\"bicycle\\": 1.0}}",'
        '"encoding":"JSON"}},"eventMetadata":{"eventId":"0b7e-1","inferenceId":"' + "f" * 64 + '",'
        '"inferenceTime":"2025-10-04T08:44:11Z"},"eventVersion":"0"}'
    )


def test_a_record_without_an_inference_id_has_no_such_field() -> None:
    line = record_line(replace(INVOCATION, inference_id=None), SETTINGS)
    assert set(json.loads(line)["eventMetadata"]) == {"eventId", "inferenceTime"}


def test_custom_attributes_are_a_list() -> None:
    line = record_line(replace(INVOCATION, custom_attributes="a=1"), SETTINGS)
    assert json.loads(line)["eventMetadata"]["customAttributes"] == ["a=1"]


@pytest.mark.parametrize(
    ("mode", "captured"), [("Input", "endpointInput"), ("Output", "endpointOutput")]
)
def test_only_the_configured_direction_is_captured(mode: str, captured: str) -> None:
    line = record_line(INVOCATION, replace(SETTINGS, modes=frozenset({mode})))
    assert list(json.loads(line)["captureData"]) == [captured]


@pytest.mark.parametrize(
    ("content_type", "encoding"),
    [
        ("application/json", "JSON"),
        ("application/json; charset=utf-8", "JSON"),
        ("Application/JSON", "JSON"),
        ("text/csv", "CSV"),
        ("image/jpeg", "BASE64"),
        ("application/jsonlines", "BASE64"),
        ("", "BASE64"),
    ],
)
def test_the_encoding_follows_the_content_type(content_type: str, encoding: str) -> None:
    settings = replace(SETTINGS, csv_content_types=("text/csv",))
    assert settings.encoding_of(content_type) == encoding


def test_without_configured_types_everything_is_base64() -> None:
    settings = replace(SETTINGS, json_content_types=())
    output = json.loads(record_line(INVOCATION, settings))["captureData"]["endpointOutput"]
    assert output["encoding"] == "BASE64"
    assert base64.b64decode(output["data"]) == INVOCATION.response.body


def test_bytes_that_are_not_text_are_base64_whatever_their_content_type() -> None:
    mislabelled = Payload(content_type="application/json", body=b"\xff")
    line = record_line(replace(INVOCATION, response=mislabelled), SETTINGS)
    assert json.loads(line)["captureData"]["endpointOutput"]["encoding"] == "BASE64"


def test_line_breaks_and_emoji_stay_in_one_line() -> None:
    odd = Payload(content_type="application/json", body='{"a": "🚲\n\u2028"}'.encode())
    line = record_line(replace(INVOCATION, response=odd), SETTINGS)
    assert "\n" not in line
    assert json.loads(line)["captureData"]["endpointOutput"]["data"].encode() == odd.body


@pytest.mark.parametrize(
    ("prefix", "start"), [("data-capture", "data-capture/scones"), ("", "scones")]
)
def test_a_key_equals_sagemakers(prefix: str, start: str) -> None:
    key = file_key(prefix=prefix, endpoint="scones", variant="AllTraffic", at=AT, file_id="04c9")
    assert key == f"{start}/AllTraffic/2025/10/04/08/44-11-981-04c9.jsonl"


def test_a_destination_is_a_bucket_and_a_prefix() -> None:
    settings = replace(SETTINGS, destination="s3://bucket/a/b/")
    assert (settings.bucket, settings.prefix) == ("bucket", "a/b")
    assert replace(SETTINGS, destination="s3://bucket").prefix == ""


@pytest.mark.parametrize(
    "wrong",
    [
        {"destination": "https://bucket"},
        {"destination": "s3:///prefix"},
        {"sampling_percentage": 101},
        {"sampling_percentage": -1},
        {"modes": frozenset({"InputAndOutput"})},
    ],
)
def test_settings_that_sagemaker_would_refuse_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(StageError):
        CaptureSettings(**({"destination": "s3://bucket"} | wrong))  # type: ignore[arg-type] # on purpose
