"""The stand-in takes its settings from the synthesized endpoint."""

import copy

import pytest

from infra.local.errors import AssemblyUnusable
from infra.local.sagemaker.capture_lines import CaptureSettings
from infra.local.sagemaker.endpoint_settings import endpoint_settings
from tests.e2e.emulator.small_assembly import SERVING


def test_the_settings_are_those_of_the_template() -> None:
    name, capture = endpoint_settings({"Resources": SERVING})
    assert name == "scones-local-vehicle"
    assert capture == CaptureSettings(
        destination="s3://scones-local-capture-000000000000-us-east-1/data-capture",
        sampling_percentage=100,
        modes=frozenset({"Output"}),
        json_content_types=("application/json",),
    )


def test_disabled_capture_samples_no_invocation() -> None:
    resources = copy.deepcopy(SERVING)
    resources["EndpointConfig"]["Properties"]["DataCaptureConfig"]["EnableCapture"] = False  # type: ignore[index] # JSON
    _, capture = endpoint_settings({"Resources": resources})
    assert capture.sampling_percentage == 0


def test_a_template_without_an_endpoint_is_refused() -> None:
    with pytest.raises(AssemblyUnusable, match="0 of AWS::SageMaker::Endpoint"):
        endpoint_settings({"Resources": {}})
