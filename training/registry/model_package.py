"""One entry of the model registry, with its metadata for people and tools."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.literals import ModelApprovalStatusType
    from mypy_boto3_sagemaker.type_defs import InferenceSpecificationTypeDef

LONGEST_VALUE = 256  # characters of a metadata value


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPackage:
    """The fields of a model package that this project uses."""

    arn: str
    status: "ModelApprovalStatusType"
    image_uri: str  # of the serving container
    model_data_url: str  # s3://… of the archive
    metadata: Mapping[str, str]
    description: str  # of the approval

    @property
    def model_version(self) -> str:
        """Return the version as in the manifest; the ARN if another project made the package."""
        return self.metadata.get("model_version", self.arn)


def inference_of(
    image_uri: str, model_data_url: str, instance_types: Sequence[Any]
) -> "InferenceSpecificationTypeDef":
    """Return the specification by which SageMaker serves the model.

    `instance_types` are Any, as a person types SageMaker's names.
    """
    return {
        "Containers": [{"Image": image_uri, "ModelDataUrl": model_data_url}],
        "SupportedContentTypes": ["image/jpeg", "image/png"],
        "SupportedResponseMIMETypes": ["application/json"],
        "SupportedRealtimeInferenceInstanceTypes": list(instance_types),
    }


def metadata_of(wire: Mapping[str, Any], digest: str) -> dict[str, str]:  # Any: JSON values
    """Return the metadata that is read without the archive, from a manifest's JSON.

    `digest` is the archive's SHA-256; values are cut at 256 characters.
    """
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
