"""The model registry: every registered model, its figures, and who approved it.

SageMaker keeps a group of model packages. Each names the serving image and the model's archive, so
that `Serving` can be deployed from a package alone (`model_image_uri`, `model_data_url`).
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.registry.archive import ARCHIVE_NAME, pack, unpack
from training.registry.model_package import LONGEST_VALUE, ModelPackage, inference_of, metadata_of
from training.registry.model_store import ModelStore
from training.registry.promotion_gate import PASSED, GateResult
from training.sagemaker.errors import InvalidRequest, NotAllowed, PackageMissing, translated
from training.sagemaker.preflight import image_parts
from training.serving.manifest import MANIFEST_NAME, Manifest

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.client import SageMakerClient
    from mypy_boto3_sagemaker.literals import ModelApprovalStatusType

GROUP = "scones-vehicle"
_LONGEST_DESCRIPTION = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """One group of model packages in SageMaker."""

    sagemaker: "SageMakerClient"
    store: ModelStore
    group: str = GROUP

    def register(
        self, model_dir: Path, *, image_uri: str, instance_types: Sequence[str]
    ) -> ModelPackage:
        """Register a model for approval and return its package.

        A model that is registered with the same image already is returned as it is.

        Raises: CloudError, InvalidModel.
        """
        image_parts(image_uri)
        archive = pack(model_dir)
        digest = hashlib.sha256(archive).hexdigest()
        wire = json.loads((model_dir / MANIFEST_NAME).read_text(encoding="utf-8"))
        self._ensure_group()
        for package in self.packages():
            is_same_model = package.metadata.get("archive_sha256") == digest
            if is_same_model and package.image_uri == image_uri:
                return package
        prefix = f"models/{wire['model_version']}-{digest[:12]}"
        data_url = self.store.put(f"{prefix}/{ARCHIVE_NAME}", archive, "application/gzip")
        metrics = json.dumps(wire.get("training", {}).get("metrics", {}), indent=2).encode()
        metrics_url = self.store.put(f"{prefix}/metrics.json", metrics, "application/json")
        with translated(f"registering {wire['model_version']}"):
            response = self.sagemaker.create_model_package(
                ModelPackageGroupName=self.group,
                ModelPackageDescription=f"Vehicle classifier {wire['model_version']}",
                ModelApprovalStatus="PendingManualApproval",
                InferenceSpecification=inference_of(image_uri, data_url, instance_types),
                ModelMetrics={
                    "ModelQuality": {
                        "Statistics": {"ContentType": "application/json", "S3Uri": metrics_url}
                    }
                },
                CustomerMetadataProperties=metadata_of(wire, digest),
            )
        return self.package(response["ModelPackageArn"])

    def package(self, arn: str) -> ModelPackage:
        """Return one package. Raises: PackageMissing, CloudError."""
        try:
            with translated(f"reading {arn}"):
                response = self.sagemaker.describe_model_package(ModelPackageName=arn)
        except InvalidRequest as error:
            raise PackageMissing(f"{error}; `python -m training models` lists them") from error
        container = response["InferenceSpecification"]["Containers"][0]
        return ModelPackage(
            arn=response["ModelPackageArn"],
            status=response["ModelApprovalStatus"],
            image_uri=container.get("Image", ""),
            model_data_url=container.get("ModelDataUrl", ""),
            metadata=response.get("CustomerMetadataProperties") or {},
            description=response.get("ApprovalDescription") or "",
        )

    def packages(self, status: "ModelApprovalStatusType | None" = None) -> Iterator[ModelPackage]:
        """Yield the packages of the group, newest first. Raises: CloudError."""
        filters: dict[str, Any] = {"ModelApprovalStatus": status} if status else {}
        with translated(f"listing the models of {self.group}"):
            pages = self.sagemaker.get_paginator("list_model_packages").paginate(
                ModelPackageGroupName=self.group,
                ModelPackageType="Versioned",
                SortBy="CreationTime",
                SortOrder="Descending",
                **filters,
            )
            summaries = [entry for page in pages for entry in page["ModelPackageSummaryList"]]
        yield from (self.package(entry["ModelPackageArn"]) for entry in summaries)

    def download(self, package: ModelPackage, folder: Path) -> Manifest:
        """Write the model of a package into a folder and verify it.

        Raises: CloudError, InvalidModel.
        """
        content = self.store.get(package.model_data_url)
        digest = hashlib.sha256(content).hexdigest()
        if digest != package.metadata.get("archive_sha256"):
            raise InvalidRequest(
                f"{package.model_data_url} is not the archive that was registered: its SHA-256 is "
                f"{digest}"
            )
        return unpack(content, folder)

    def record(self, package: ModelPackage, result: GateResult) -> ModelPackage:
        """Write the gate's result into the package; a refused package becomes rejected.

        Raises: CloudError.
        """
        report = json.dumps(result.to_wire(), indent=2).encode()
        url = self.store.put_beside(package.model_data_url, "gate.json", report, "application/json")
        description = f"Gate {result.status} against {result.current}: " + "; ".join(result.reasons)
        metadata = {
            "gate": result.status,
            "gate_against": result.current,
            "gate_data_digest": result.data_digest,
            "gate_report": url,
        }
        status = package.status if result.passed else "Rejected"
        return self._update(package, status, description, metadata)

    def decide(self, package: ModelPackage, *, approve: bool, by: str, reason: str) -> ModelPackage:
        """Write a person's decision; without a passed gate, an approval needs a reason.

        Raises: NotAllowed, CloudError.
        """
        gate = package.metadata.get("gate", "not run")
        if approve and gate != PASSED and not reason:
            raise NotAllowed(
                f"the gate of {package.model_version} is {gate}: run `promote` on it, or approve "
                "it with --reason, which is recorded"
            )
        description = f"{'Approved' if approve else 'Rejected'} by {by}"
        description += f": {reason}. " if reason else ". "
        return self._update(
            package,
            "Approved" if approve else "Rejected",
            description + package.description,
            {"decided_by": by},
        )

    def _update(
        self,
        package: ModelPackage,
        status: "ModelApprovalStatusType",
        description: str,
        metadata: Mapping[str, str],
    ) -> ModelPackage:
        added = {name: value[:LONGEST_VALUE] for name, value in metadata.items()}
        with translated(f"writing the decision on {package.model_version}"):
            self.sagemaker.update_model_package(
                ModelPackageArn=package.arn,
                ModelApprovalStatus=status,
                ApprovalDescription=description[:_LONGEST_DESCRIPTION],
                CustomerMetadataProperties={**package.metadata, **added},
            )
        return self.package(package.arn)

    def _ensure_group(self) -> None:
        try:
            with translated(f"making the group {self.group}"):
                self.sagemaker.create_model_package_group(
                    ModelPackageGroupName=self.group,
                    ModelPackageGroupDescription="Scones Unlimited: the vehicle classifier",
                )
        except InvalidRequest:
            # It exists already, or it cannot be created: reading it shows which.
            with translated(f"reading the group {self.group}"):
                self.sagemaker.describe_model_package_group(ModelPackageGroupName=self.group)
