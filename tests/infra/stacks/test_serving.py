"""The endpoint, its Data Capture, and the names that both stacks share."""

from pathlib import Path

import pytest

from tests.infra.template import Json, Template, readable


@pytest.fixture(params=["local", "prod"])
def both_stacks(
    request: pytest.FixtureRequest, assemblies: dict[str, Path]
) -> tuple[Template, Template]:
    """Pipeline and Serving of the same stage."""
    stage = request.param
    return (
        Template.load(assemblies[stage], stage, "Pipeline"),
        Template.load(assemblies[stage], stage, "Serving"),
    )


def test_both_stacks_name_the_same_endpoint(both_stacks: tuple[Template, Template]) -> None:
    pipeline, serving = both_stacks
    name = serving.only("AWS::SageMaker::Endpoint")["EndpointName"]
    assert pipeline.function("classify")["Environment"]["Variables"]["ENDPOINT_NAME"] == name


def test_the_endpoint_writes_captures_to_the_pipelines_bucket(
    both_stacks: tuple[Template, Template],
) -> None:
    pipeline, serving = both_stacks
    bucket = readable(pipeline.of_type("AWS::S3::Bucket")["Capture"]["BucketName"])
    assert readable(_capture(serving)["DestinationS3Uri"]) == f"s3://{bucket}/data-capture"


def test_every_request_and_response_is_captured_as_json(serving: Template) -> None:
    capture = _capture(serving)
    assert capture["EnableCapture"] is True
    assert capture["InitialSamplingPercentage"] == 100
    assert capture["CaptureOptions"] == [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}]
    assert capture["CaptureContentTypeHeader"] == {"JsonContentTypes": ["application/json"]}


def test_the_container_has_no_network(serving: Template) -> None:
    assert serving.only("AWS::SageMaker::Model")["EnableNetworkIsolation"] is True


def test_a_new_model_can_replace_the_old_one(serving: Template) -> None:
    """CloudFormation creates the new one before it deletes the old: their names must differ."""
    assert "ModelName" not in serving.only("AWS::SageMaker::Model")
    assert "EndpointConfigName" not in serving.only("AWS::SageMaker::EndpointConfig")


def test_no_stack_exports_to_the_other(pipeline: Template, serving: Template) -> None:
    for template in (pipeline, serving):
        assert "Fn::ImportValue" not in template.path.read_text(encoding="utf-8")
        assert not [out for out in template.body["Outputs"].values() if "Export" in out]


def _capture(serving: Template) -> Json:
    config = serving.only("AWS::SageMaker::EndpointConfig")
    return dict(config["DataCaptureConfig"])
