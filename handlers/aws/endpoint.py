"""Calls of the SageMaker endpoint."""

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from handlers.domain.decision.prediction import Prediction
from handlers.domain.errors import (
    EndpointBusy,
    EndpointUnavailable,
    PhotoRefusedByModel,
    UntrustworthyPrediction,
)
from handlers.domain.json_text import parse_json

if TYPE_CHECKING:
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient

MAX_RESPONSE_BYTES = 64_000

# Statuses of the container, or of a proxy before it, that say nothing about the photo's bytes.
_BUSY_STATUSES = frozenset({429, 503})
_UNAVAILABLE_STATUSES = frozenset({408, 424, 425, 499})
_BUSY_CODES = frozenset({"ServiceUnavailable", "ThrottlingException", "TooManyRequestsException"})


class Endpoint:
    """Calls one endpoint with one wire image at a time."""

    def __init__(self, runtime: "SageMakerRuntimeClient", *, name: str) -> None:
        self._runtime = runtime
        self._name = name

    def classify(self, wire_image: bytes, *, inference_id: str) -> Prediction:
        """Return the endpoint's prediction for a wire image.

        Raises: EndpointBusy, EndpointUnavailable, PhotoRefusedByModel, UntrustworthyPrediction.
        """
        try:
            response = self._runtime.invoke_endpoint(
                EndpointName=self._name,
                Body=wire_image,
                ContentType="image/jpeg",
                Accept="application/json",
                InferenceId=inference_id,
            )
            body = response["Body"].read(MAX_RESPONSE_BYTES + 1)
        except ClientError as error:
            raise _typed(error) from error
        except BotoCoreError as error:
            raise EndpointUnavailable(f"the endpoint cannot be reached: {error}") from error
        return Prediction.from_wire(_parse(body))


def _typed(error: ClientError) -> EndpointBusy | EndpointUnavailable | PhotoRefusedByModel:
    # A ModelError has the container's own status: most 4xx are about the bytes of this photo.
    status = error.response.get("OriginalStatusCode")
    code = error.response.get("Error", {}).get("Code", "")
    if status in _BUSY_STATUSES or (status is None and code in _BUSY_CODES):
        return EndpointBusy(f"the endpoint is busy: {code}, status {status}")
    if isinstance(status, int) and 400 <= status < 500 and status not in _UNAVAILABLE_STATUSES:
        return PhotoRefusedByModel(f"the model refused the wire image with status {status}")
    return EndpointUnavailable(f"the endpoint failed with {code}, status {status}")


def _parse(body: bytes) -> object:
    if len(body) > MAX_RESPONSE_BYTES:
        raise UntrustworthyPrediction(
            f"the endpoint's answer has more than {MAX_RESPONSE_BYTES} bytes"
        )
    try:
        parsed: object = parse_json(body)
    except ValueError as error:
        raise UntrustworthyPrediction("the endpoint's answer is not JSON") from error
    return parsed
