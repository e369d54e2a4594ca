"""The SageMaker endpoint, as Classify calls it."""

import json
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from handlers.domain.decision.prediction import Prediction
from handlers.domain.errors import (
    EndpointUnavailable,
    PhotoRefusedByModel,
    UntrustworthyPrediction,
)

if TYPE_CHECKING:
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient

MAX_ANSWER_BYTES = 64_000


class Endpoint:
    """One endpoint, called with one wire image at a time."""

    def __init__(self, runtime: "SageMakerRuntimeClient", *, name: str) -> None:
        self._runtime = runtime
        self._name = name

    def classify(self, wire_image: bytes, *, inference_id: str) -> Prediction:
        """Raises: EndpointUnavailable, PhotoRefusedByModel, UntrustworthyPrediction."""
        try:
            response = self._runtime.invoke_endpoint(
                EndpointName=self._name,
                Body=wire_image,
                ContentType="image/jpeg",
                Accept="application/json",
                InferenceId=inference_id,
            )
            answer = response["Body"].read(MAX_ANSWER_BYTES + 1)
        except ClientError as error:
            # A ModelError carries the container's own status: 4xx is about these very bytes.
            status = error.response.get("OriginalStatusCode")
            if isinstance(status, int) and 400 <= status < 500 and status != 429:
                raise PhotoRefusedByModel(f"the model answered {status}") from error
            code = error.response.get("Error", {}).get("Code", "")
            raise EndpointUnavailable(f"the endpoint answered {code}") from error
        except BotoCoreError as error:
            raise EndpointUnavailable(str(error)) from error
        return Prediction.from_wire(_parse(answer))


def _parse(answer: bytes) -> object:
    if len(answer) > MAX_ANSWER_BYTES:
        raise UntrustworthyPrediction("the endpoint's answer is larger than any prediction")
    try:
        parsed: object = json.loads(answer)
    except ValueError as error:
        raise UntrustworthyPrediction("the endpoint's answer is no JSON") from error
    return parsed
