"""The serving image in ECR: builds one that SageMaker accepts, and checks what is there.

SageMaker reads a Docker manifest of one platform. An OCI index, which Docker pushes by default
since its version 29, is refused: https://github.com/aws/amazon-sagemaker-feedback/issues/180.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from infra.operations.deployment.errors import DeploymentRefused, ImageNotBuilt
from infra.synthesis.synth import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mypy_boto3_ecr import ECRClient

    from infra.config import StageConfig
    from infra.operations.deployment.account import Account

REPOSITORY = "scones-serving"
ROOT_USER, OTHER_USER = "0", "10001"
_DOCKERFILE = "training/serving/Dockerfile"
_SOURCES = (_DOCKERFILE, "requirements/serving.lock", "training/__init__.py")
_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_OTHER_MANIFESTS = (
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
)
_GRAVITON = re.compile(r"ml\.[a-z]+\d+g[a-z]*\.")
_REMEDY = "build it with `scones deploy STAGE --build`."


@dataclass(frozen=True, slots=True, kw_only=True)
class Builder:
    """The command lines of a tool that builds images."""

    name: str
    probe: tuple[str, ...]  # succeeds if the tool works here
    build: tuple[str, ...]
    push: tuple[str, ...]


BUILDERS = (
    Builder(
        name="docker",
        probe=("version", "--format", "{{.Server.Version}}"),
        build=("build", "--provenance=false", "--output", "type=docker"),
        push=("push",),
    ),
    Builder(
        name="buildah",
        probe=("version",),
        build=("build", "--format", "docker", "--ignorefile", f"{_DOCKERFILE}.dockerignore"),
        push=("push", "--format", "v2s2"),
    ),
)


def platform_of(instance_type: str) -> str:
    """Return the platform of an instance type's processor, as images name it."""
    return "linux/arm64" if _GRAVITON.match(instance_type) else "linux/amd64"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingImage:
    """The image of today's sources, and its place in the account's registry."""

    registry: str
    platform: str  # as images name it
    user: str  # of the container; AWS expects root, and other users work, too
    tag: str  # by what goes into the image, so that the same sources are built once

    @classmethod
    def of_sources(cls, account: Account, *, platform: str, user: str = ROOT_USER) -> Self:
        """Name the image; nothing is built."""
        partition = account.session.get_partition_for_region(account.region)
        suffix = ".cn" if partition == "aws-cn" else ""
        return cls(
            registry=f"{account.account}.dkr.ecr.{account.region}.amazonaws.com{suffix}",
            platform=platform,
            user=user,
            tag=_tag(platform, user),
        )

    @property
    def uri(self) -> str:
        """The image's name, as SageMaker takes it."""
        return f"{self.registry}/{REPOSITORY}:{self.tag}"

    def exists(self, ecr: ECRClient) -> bool:
        """Whether the registry has the image. Raises: ClientError, BotoCoreError."""
        try:
            response = ecr.batch_get_image(
                repositoryName=REPOSITORY, imageIds=[{"imageTag": self.tag}]
            )
        except ecr.exceptions.RepositoryNotFoundException:
            return False
        return bool(response["images"])

    def build(self, ecr: ECRClient, *, show: Callable[[str], None]) -> None:
        """Build and push the image, and create the repository if it is missing.

        Raises: ImageNotBuilt, ClientError, BotoCoreError.
        """
        builder = working_builder()
        arguments = ("--platform", self.platform, "--build-arg", f"SERVING_USER={self.user}")
        show(f"image: building {self.uri} with {builder.name}")
        _run([builder.name, *builder.build, *arguments, "-f", _DOCKERFILE, "-t", self.uri, "."])
        if _create_repository(ecr):
            show(f"image: created the repository {REPOSITORY}")
        _sign_in(builder, ecr, self.registry)
        _run([builder.name, *builder.push, self.uri])
        show(f"image: pushed {self.uri}")


def check_image(ecr: ECRClient, config: StageConfig) -> str:
    """Return what the image of a stage is, in one sentence.

    Raises: DeploymentRefused if it is absent or SageMaker could not run it, ClientError,
    BotoCoreError.
    """
    uri, image = config.model_image_uri, config.model_image()
    separator = "@" if "@" in uri else ":"
    name = uri.rpartition(separator)[2]
    where = {"registryId": image["account"], "repositoryName": image["repository"]}
    try:
        response = ecr.batch_get_image(
            **where,
            imageIds=[{"imageDigest": name} if separator == "@" else {"imageTag": name}],
            acceptedMediaTypes=[_MANIFEST, *_OTHER_MANIFESTS],
        )
    except ecr.exceptions.RepositoryNotFoundException as error:
        raise DeploymentRefused(f"there is no repository of {uri}: {_REMEDY}") from error
    if not response["images"]:
        raise DeploymentRefused(f"there is no image {uri}: {_REMEDY}")
    kind = response["images"][0].get("imageManifestMediaType", "")
    if kind != _MANIFEST:
        raise DeploymentRefused(f"{uri} has a manifest {kind}, which SageMaker refuses: {_REMEDY}")
    digest = json.loads(response["images"][0]["imageManifest"])["config"]["digest"]
    url = ecr.get_download_url_for_layer(**where, layerDigest=digest)["downloadUrl"]
    # The address is ECR's own: a signed one of the image's configuration.
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 # https, by ECR
        configuration = json.load(answer)
    platform = f"{configuration['os']}/{configuration['architecture']}"
    needed = platform_of(config.endpoint_instance_type)
    if platform != needed:
        raise DeploymentRefused(
            f"{uri} is built for {platform}, and {config.endpoint_instance_type} needs {needed}: "
            f"{_REMEDY}"
        )
    return f"{uri}, {platform}, Docker manifest"


def _create_repository(ecr: ECRClient) -> bool:
    """Return whether the repository was missing."""
    try:
        ecr.create_repository(
            repositoryName=REPOSITORY,
            imageTagMutability="IMMUTABLE",
            imageScanningConfiguration={"scanOnPush": True},
        )
    except ecr.exceptions.RepositoryAlreadyExistsException:
        return False
    return True


def _tag(platform: str, user: str) -> str:
    serving = sorted(
        path.relative_to(ROOT).as_posix() for path in ROOT.glob("training/serving/*.py")
    )
    digest = hashlib.sha256(f"{platform}\n{user}".encode())
    for name in (*_SOURCES, *serving):
        content = (ROOT / name).read_bytes()
        digest.update(f"\n{name} {hashlib.sha256(content).hexdigest()}".encode())
    return digest.hexdigest()[:16]


def working_builder() -> Builder:
    """Return the first tool that works on this machine. Raises: ImageNotBuilt."""
    for builder in BUILDERS:
        if shutil.which(builder.name) is None:
            continue
        probe = subprocess.run(  # noqa: S603 (a fixed command line)
            [builder.name, *builder.probe], capture_output=True, check=False
        )
        if probe.returncode == 0:
            return builder
    raise ImageNotBuilt(
        "no tool that builds images works here: start Docker, or install buildah; or build the "
        "image elsewhere and name it with --image-uri."
    )


def _sign_in(builder: Builder, ecr: ECRClient, registry: str) -> None:
    token = ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
    user, _, password = base64.b64decode(token).decode().partition(":")
    _run([builder.name, "login", "--username", user, "--password-stdin", registry], text=password)


def _run(command: Sequence[str], *, text: str | None = None) -> None:
    # A tool that was found on the PATH, with our own arguments. Its output is shown as it comes,
    # and not on standard output, which may be a document.
    result = subprocess.run(  # noqa: S603 # our own arguments
        command, cwd=ROOT, input=text, text=True, stdout=sys.stderr, check=False
    )
    if result.returncode:
        raise ImageNotBuilt(f"`{' '.join(command[:2])}` ended with {result.returncode}.")
