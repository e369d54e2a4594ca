"""Reads from the synthesized `Serving` stack the settings of the stand-in for its endpoint.

The emulator has no SageMaker, so the stack is not deployed; the stand-in takes its endpoint's name
and Data Capture settings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.local.errors import AssemblyUnusable
from infra.local.sagemaker.capture_lines import CaptureSettings

if TYPE_CHECKING:
    from infra.local.cloud_assembly.reader import Json


def endpoint_settings(template: Json) -> tuple[str, CaptureSettings]:
    """Return the name and the Data Capture settings of the template's one endpoint.

    Raises:
        AssemblyUnusable: the template does not have exactly one endpoint and configuration.
    """
    endpoint = _only(template, "AWS::SageMaker::Endpoint")
    capture = _only(template, "AWS::SageMaker::EndpointConfig")["DataCaptureConfig"]
    types = capture.get("CaptureContentTypeHeader", {})
    return endpoint["EndpointName"], CaptureSettings(
        destination=capture["DestinationS3Uri"],
        sampling_percentage=capture["InitialSamplingPercentage"] if capture["EnableCapture"] else 0,
        modes=frozenset(option["CaptureMode"] for option in capture["CaptureOptions"]),
        json_content_types=tuple(types.get("JsonContentTypes", ())),
        csv_content_types=tuple(types.get("CsvContentTypes", ())),
    )


def _only(template: Json, kind: str) -> Json:
    resources: list[Json] = [
        resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == kind
    ]
    if len(resources) != 1:
        raise AssemblyUnusable(f"The stack Serving has {len(resources)} of {kind}, not one.")
    return resources[0]
