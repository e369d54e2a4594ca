"""One entry of the model registry, and what stands in it for people to read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.literals import ModelApprovalStatusType
    from mypy_boto3_sagemaker.type_defs import InferenceSpecificationTypeDef

LONGEST_VALUE = 256  # characters of a metadata value


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPackage:
    """One model package, as far as we use it."""

    arn: str
    status: "ModelApprovalStatusType"
    image_uri: str
    model_data_url: str
    metadata: Mapping[str, str]
    description: str  # of the approval

    @property
    def model_version(self) -> str:
        """As in the manifest; the ARN for packages that are not ours."""
        return self.metadata.get("model_version", self.arn)


def inference_of(
    image_uri: str, model_data_url: str, instance_types: Sequence[Any]
) -> "InferenceSpecificationTypeDef":
    """What SageMaker needs to serve the model."""
    return {
        "Containers": [{"Image": image_uri, "ModelDataUrl": model_data_url}],
        "SupportedContentTypes": ["image/jpeg", "image/png"],
        "SupportedResponseMIMETypes": ["application/json"],
        "SupportedRealtimeInferenceInstanceTypes": list(
            instance_types
        ),  # Any: SageMaker's names, typed by a person
    }


def metadata_of(wire: Mapping[str, Any], digest: str) -> dict[str, str]:  # Any: JSON values
    """What people and tools look for without opening the archive."""
    training, policy = wire.get("training", {}), wire["policy"]
    values = {
        "model_version": wire["model_version"],
        "model_sha256": wire["model_sha256"],
        "archive_sha256": digest,
        "classes": ",".join(wire["classes"]),
        "vehicle_classes": ",".join(policy["vehicle_classes"]),
        "threshold": policy["threshold"],
        "temperature": wire["temperature"],
        "data_digest": training.get("data_digest"),
        "commit": training.get("commit"),
        "code_digest": training.get("code_digest"),
        "seed": training.get("seed"),
        "precision": training.get("export", {}).get("precision"),
    }
    return {name: str(value)[:LONGEST_VALUE] for name, value in values.items() if value is not None}
