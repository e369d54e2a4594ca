"""The model's archive in S3: uploads one, and reads which model a stage's archive holds."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from botocore.exceptions import ClientError

from infra.operations.deployment.errors import DeploymentRefused
from infra.synthesis.synth import ROOT
from training.registry.archive import ARCHIVE_NAME, pack, unpack
from training.serving.errors import InvalidModel
from training.serving.manifest import MANIFEST_NAME, Manifest

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.literals import BucketLocationConstraintType

    from infra.config import StageConfig
    from infra.operations.deployment.account import Account

_NO_CONSTRAINT = "us-east-1"  # the one region that a bucket must not name


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelArchive:
    """The archive of a model's folder, and its place in the stage's bucket of models."""

    content: bytes  # of model.tar.gz
    version: str  # of the model
    bucket: str
    key: str  # contains a digest of the content

    @classmethod
    def of_folder(cls, model: Path, account: Account, *, stage: str) -> Self:
        """Pack a model's folder; nothing is uploaded. Raises: DeploymentRefused."""
        try:
            content = pack(model)
            version = Manifest.load(model / MANIFEST_NAME).model_version
        except InvalidModel as error:
            raise DeploymentRefused(f"{model} is not a model: {error}") from error
        digest = hashlib.sha256(content).hexdigest()[:12]
        return cls(
            content=content,
            version=version,
            bucket=models_bucket(account, stage),
            key=f"vehicle/{version}/{digest}/{ARCHIVE_NAME}",
        )

    @property
    def url(self) -> str:
        """The archive's address, as SageMaker takes it."""
        return f"s3://{self.bucket}/{self.key}"

    def is_uploaded(self, s3: S3Client) -> bool:
        """Whether the bucket has this content. Raises: ClientError, BotoCoreError."""
        return not _is_missing(partial(s3.head_object, Bucket=self.bucket, Key=self.key))

    def upload(self, s3: S3Client, *, region: str, show: Callable[[str], None]) -> None:
        """Upload the archive, and create the bucket if it is missing; each is shown once made.

        Raises: ClientError, BotoCoreError.
        """
        if _is_missing(partial(s3.head_bucket, Bucket=self.bucket)):
            _create_bucket(s3, self.bucket, region)
            show(f"model: created the bucket {self.bucket}")
        if not self.is_uploaded(s3):
            s3.put_object(
                Bucket=self.bucket,
                Key=self.key,
                Body=self.content,
                ContentType="application/gzip",
            )
            show(f"model: uploaded {self.url}")


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


def _create_bucket(s3: S3Client, bucket: str, region: str) -> None:
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


def _is_missing(head: Callable[[], object]) -> bool:
    try:
        head()
    except ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") != 404:
            raise
        return True
    return False
