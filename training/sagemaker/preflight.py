"""Checks before a job is requested: a missing role, bucket or image fails here within a second,
with a clear message, and not in SageMaker after minutes.
"""

import json
import re
import urllib.parse
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from training.sagemaker.errors import ImageMissing, NotAllowed, RoleMissing, translated

if TYPE_CHECKING:
    from mypy_boto3_ecr.client import ECRClient
    from mypy_boto3_iam.client import IAMClient
    from mypy_boto3_s3.client import S3Client

_SERVICE = "sagemaker.amazonaws.com"
_ECR = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?"
    r"/(?P<repository>[a-z0-9._/-]+)(?::(?P<tag>[\w.-]+)|@(?P<digest>sha256:[0-9a-f]{64}))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """Checks by calls to AWS; a call that the caller may not make is skipped."""

    iam: "IAMClient"
    s3: "S3Client"
    ecr: "ECRClient"

    def check_role(self, role: str) -> None:
        """Check that the role exists and trusts SageMaker. Raises: RoleMissing, CloudError."""
        try:
            with translated(f"looking for the role {role}"):
                response = self.iam.get_role(RoleName=role.rpartition("/")[2])
        except NotAllowed:
            return
        details: dict[str, Any] = dict(response["Role"])
        arn = details["Arn"]
        if arn != role:
            raise RoleMissing(f"the role is {arn}, not {role}; name that one with --role")
        policy = details["AssumeRolePolicyDocument"]
        if isinstance(policy, str):
            policy = json.loads(urllib.parse.unquote(policy))
        if _SERVICE not in json.dumps(policy):
            raise RoleMissing(
                f"{role} does not trust SageMaker; its trust policy must let {_SERVICE} do "
                "sts:AssumeRole, or name another role with --role"
            )

    def check_bucket(self, bucket: str) -> None:
        """Check that the bucket exists and is in this region. Raises: BucketMissing, CloudError."""
        with translated(f"looking for the bucket {bucket}"):
            self.s3.head_bucket(Bucket=bucket)

    def check_image(self, image_uri: str, *, account: str) -> None:
        """Check that an image in the account's own registry exists.

        Raises: ImageMissing, CloudError.
        """
        match = image_parts(image_uri)
        if match["account"] != account:
            return  # of AWS or another account, whose registry we may not read
        image = {"imageDigest": match["digest"]} if match["digest"] else {"imageTag": match["tag"]}
        try:
            with translated(f"looking for the image {image_uri}"):
                self.ecr.describe_images(
                    repositoryName=match["repository"],
                    imageIds=[image],  # type: ignore[list-item]  # one of its two forms
                )
        except NotAllowed:
            return


def image_parts(image_uri: str) -> re.Match[str]:
    """Match account, region, repository, and tag or digest. Raises: ImageMissing."""
    match = _ECR.fullmatch(image_uri)
    if match is None:
        raise ImageMissing(
            f"{image_uri!r} is not an image in ECR with a tag or digest "
            "(<account>.dkr.ecr.<region>.amazonaws.com/<repository>:<tag>)"
        )
    return match
