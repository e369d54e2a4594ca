"""Reads from the synthesized `Serving` stack what the stand-in serves in its place.

The emulator knows no SageMaker, so the stack is not deployed; its name and Data Capture settings
hold here all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.local.errors import AssemblyUnusable
from infra.local.sagemaker.capture_lines import CaptureSettings

if TYPE_CHECKING:
    from infra.local.cloud_assembly.reader import Json


def endpoint_settings(template: Json) -> tuple[str, CaptureSettings]:
    """The name of the template's one endpoint, and what is captured of its invocations.

    Raises:
        AssemblyUnusable: the template has none, or more than one.
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
    found: list[Json] = [
        resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == kind
    ]
    if len(found) != 1:
        raise AssemblyUnusable(f"The stack Serving has {len(found)} of {kind}, not one.")
    return found[0]
