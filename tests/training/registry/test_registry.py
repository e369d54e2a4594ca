"""The model registry, against AWS in memory."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from tests.commands import check
from training.cli.registry import deployment
from training.registry.model_package import ModelPackage
from training.registry.model_store import ModelStore
from training.registry.promotion_gate import GateResult
from training.registry.registry import Registry
from training.registry.resolve_model import find_model
from training.sagemaker.errors import (
    BucketMissing,
    ImageMissing,
    InvalidRequest,
    NotAllowed,
    PackageMissing,
)

BUCKET = "scones-models"
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/scones-serving:1"


@pytest.fixture
def registry() -> Iterator[Registry]:
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        yield Registry(sagemaker=boto3.client("sagemaker"), store=ModelStore(s3=s3, bucket=BUCKET))


@pytest.fixture
def package(registry: Registry, shipped: Path) -> ModelPackage:
    return registered(registry, shipped)


def registered(registry: Registry, model: Path) -> ModelPackage:
    return registry.register(model, image_uri=IMAGE, instance_types=["ml.c5.large"])


def another(shipped: Path, folder: Path, version: str) -> Path:
    """The shipped model under another version."""
    shutil.copytree(shipped, folder)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["model_version"] = version
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def gate_result(*, refusals: tuple[str, ...] = ()) -> GateResult:
    return GateResult(
        current="old",
        candidate="new",
        photos=10,
        data_digest="d" * 64,
        refusals=refusals,
        notes=() if refusals else ("provably better: x",),
    )


def test_registered_model_waits_for_approval_and_has_its_metadata(
    package: ModelPackage, shipped: Path
) -> None:
    manifest = json.loads((shipped / "manifest.json").read_text(encoding="utf-8"))
    assert package.status == "PendingManualApproval"
    assert package.image_uri == IMAGE
    assert package.model_version == manifest["model_version"]
    assert package.metadata["model_sha256"] == manifest["model_sha256"]
    assert package.metadata["data_digest"] == manifest["training"]["data_digest"]
    assert package.metadata["classes"] == ",".join(manifest["classes"])


def test_metrics_are_stored_at_the_address_in_the_registry(
    registry: Registry, package: ModelPackage
) -> None:
    model = registry.sagemaker.describe_model_package(ModelPackageName=package.arn)
    address = model["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"]
    assert "out_of_fold" in json.loads(registry.store.get(address))


def test_same_model_is_registered_once(
    registry: Registry, package: ModelPackage, shipped: Path, tmp_path: Path
) -> None:
    assert registered(registry, shipped).arn == package.arn
    other = registered(registry, another(shipped, tmp_path / "model", "another"))
    assert other.arn != package.arn
    assert next(registry.packages()).model_version == "another"


def test_registered_model_comes_back_as_it_was(
    registry: Registry, package: ModelPackage, shipped: Path, tmp_path: Path
) -> None:
    registry.download(package, tmp_path)
    for name in ("manifest.json", "model.onnx"):
        assert (tmp_path / name).read_bytes() == (shipped / name).read_bytes()


def test_archive_changed_after_registration_is_refused(
    registry: Registry, package: ModelPackage, tmp_path: Path
) -> None:
    key = package.model_data_url.removeprefix(f"s3://{BUCKET}/")
    registry.store.put(key, b"another one", "application/gzip")
    with pytest.raises(InvalidRequest, match="not the archive that was registered"):
        registry.download(package, tmp_path)


def test_result_of_the_gate_is_recorded_in_the_package(
    registry: Registry, package: ModelPackage
) -> None:
    passed = registry.record(package, gate_result())
    assert passed.status == "PendingManualApproval"
    assert passed.description == "Gate passed against old: provably better: x"
    assert passed.metadata["gate"] == "passed"
    assert passed.metadata["model_version"] == package.model_version
    report = json.loads(registry.store.get(passed.metadata["gate_report"]))
    assert report["status"] == "passed"


def test_refused_model_is_rejected_with_its_reasons(
    registry: Registry, package: ModelPackage
) -> None:
    refused = registry.record(package, gate_result(refusals=("worse on trams", "x" * 2000)))
    assert refused.status == "Rejected"
    assert "worse on trams" in refused.description
    assert len(refused.description) <= 1024


def test_passed_model_is_approved_without_a_reason(
    registry: Registry, package: ModelPackage
) -> None:
    passed = registry.record(package, gate_result())
    approved = registry.decide(passed, approve=True, by="ana", reason="")
    assert approved.status == "Approved"
    assert approved.description.startswith("Approved by ana. Gate passed")
    assert approved.metadata["decided_by"] == "ana"


def test_model_that_did_not_pass_needs_a_reason(registry: Registry, package: ModelPackage) -> None:
    with pytest.raises(NotAllowed, match="is not run"):
        registry.decide(package, approve=True, by="ana", reason="")
    refused = registry.record(package, gate_result(refusals=("few photos",)))
    with pytest.raises(NotAllowed, match="is refused"):
        registry.decide(refused, approve=True, by="ana", reason="")
    forced = registry.decide(refused, approve=True, by="ana", reason="the current one is broken")
    assert forced.status == "Approved"
    assert "the current one is broken" in forced.description
    assert registry.decide(forced, approve=False, by="bo", reason="").status == "Rejected"


def test_newest_approved_model_is_the_one_in_service(
    registry: Registry, package: ModelPackage, tmp_path: Path
) -> None:
    with pytest.raises(PackageMissing, match="is approved; name a folder"):
        find_model("approved", lambda: registry, tmp_path)
    registry.decide(package, approve=True, by="ana", reason="first")
    model = find_model("approved", lambda: registry, tmp_path)
    assert (model.folder / "manifest.json").is_file()
    assert model.package is not None
    assert model.package.arn == package.arn


def test_model_is_resolved_by_every_name(
    registry: Registry, package: ModelPackage, shipped: Path, tmp_path: Path
) -> None:
    for place in (package.arn, package.model_data_url, str(shipped)):
        model = find_model(place, lambda: registry, tmp_path / "scratch")
        assert (model.folder / "model.onnx").read_bytes() == (shipped / "model.onnx").read_bytes()
    with pytest.raises(InvalidRequest, match="is not a folder"):
        find_model("nowhere", lambda: registry, tmp_path)


def test_unknown_package_is_named(registry: Registry, package: ModelPackage) -> None:
    with pytest.raises(PackageMissing, match="python -m training models"):
        registry.package(package.arn + "9")


def test_missing_bucket_names_the_option(registry: Registry, shipped: Path) -> None:
    elsewhere = Registry(
        sagemaker=registry.sagemaker, store=ModelStore(s3=registry.store.s3, bucket="not-there")
    )
    with pytest.raises(BucketMissing, match="--bucket"):
        registered(elsewhere, shipped)


@pytest.mark.parametrize("image", ["", "scones-serving:1", IMAGE.removesuffix(":1")])
def test_image_that_could_not_be_deployed_is_not_registered(
    registry: Registry, shipped: Path, image: str
) -> None:
    with pytest.raises(ImageMissing, match="not an image in ECR"):
        registry.register(shipped, image_uri=image, instance_types=["ml.c5.large"])


def test_approved_package_is_deployed_by_one_command(package: ModelPackage) -> None:
    """The printed command is accepted, and names nothing but the model."""
    manifests = ["training/shipped/manifest.json", "build/models/next/manifest.json"]
    words = deployment(package, manifests, stage="prod").split()
    check(words)
    options = dict(zip(words[3::2], words[4::2], strict=True))
    assert words[:3] == ["scones", "deploy", "prod"]
    assert options.keys() == {"--image-uri", "--model-url", "--manifest"}
    assert (options["--image-uri"], options["--model-url"]) == (
        package.image_uri,
        package.model_data_url,
    )
