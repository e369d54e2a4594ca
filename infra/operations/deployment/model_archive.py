"""The model's archive in S3: uploads one, and reads which model a stage's archive holds."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from infra.operations.deployment.errors import DeploymentRefused
from infra.synthesis.synth import ROOT
from training.registry.archive import ARCHIVE_NAME, pack, unpack
from training.serving.errors import InvalidModel
from training.serving.manifest import MANIFEST_NAME, Manifest

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.literals import BucketLocationConstraintType

    from infra.config import StageConfig
    from infra.operations.deployment.account import Account

_NO_CONSTRAINT = "us-east-1"  # the one region that a bucket must not name


def upload_model(account: Account, model: Path, *, stage: str) -> str:
    """Upload the archive of a model's folder, unless it is there, and return its address.

    Creates the stage's bucket of models if it is missing.
    Raises: DeploymentRefused, ClientError, BotoCoreError.
    """
    try:
        content = pack(model)
        version = Manifest.load(model / MANIFEST_NAME).model_version
    except InvalidModel as error:
        raise DeploymentRefused(f"{model} is not a model: {error}") from error
    s3 = account.session.client("s3")
    bucket = models_bucket(account, stage)
    _ensure_bucket(s3, bucket, account.region)
    key = f"vehicle/{version}/{hashlib.sha256(content).hexdigest()[:12]}/{ARCHIVE_NAME}"
    if not _exists(s3, bucket, key):
        s3.put_object(Bucket=bucket, Key=key, Body=content, ContentType="application/gzip")
    return f"s3://{bucket}/{key}"


def models_bucket(account: Account, stage: str) -> str:
    """Return the name of the bucket of a stage's models, which is outside of the stacks."""
    return f"scones-{stage}-models-{account.account}-{account.region}"


def archived_version(s3: S3Client, config: StageConfig) -> str:
    """Return the version of the model in a stage's archive, whose files are verified.

    Raises: DeploymentRefused, ClientError, BotoCoreError.
    """
    bucket, key = config.model_data().group("bucket", "key")
    try:
        content = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        raise DeploymentRefused(
            f"{config.model_data_url} cannot be read ({code}): upload the model with "
            f"`scones deploy {config.stage} --build`."
        ) from error
    with tempfile.TemporaryDirectory(prefix="scones-model-") as folder:
        try:
            return unpack(content, Path(folder)).model_version
        except InvalidModel as error:
            raise DeploymentRefused(f"{config.model_data_url} holds no model: {error}") from error


def manifest_versions(config: StageConfig) -> list[str]:
    """Return the versions of the models whose manifests a stage names, in their order.

    Raises: DeploymentRefused.
    """
    versions = []
    for name in config.model_manifests:
        try:
            versions.append(Manifest.load(ROOT / name).model_version)
        except InvalidModel as error:
            folder = Path(name).parent
            raise DeploymentRefused(
                f"stage {config.stage}: {name} cannot be read ({error}); get it from the model's "
                f"archive: python -m training unpack {config.model_data_url} --out {folder}"
            ) from error
    return versions


def _ensure_bucket(s3: S3Client, bucket: str, region: str) -> None:
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") != 404:
            raise
    else:
        return
    if region == _NO_CONSTRAINT:
        s3.create_bucket(Bucket=bucket)
    else:
        constraint: BucketLocationConstraintType = region  # type: ignore[assignment] # any region
        s3.create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": constraint}
        )
    s3.put_public_access_block(
        Bucket=bucket,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
    )
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})


def _exists(s3: S3Client, bucket: str, key: str) -> bool:
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") != 404:
            raise
        return False
    return True
