"""Models and their reports in S3; the registry holds their addresses."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from training.sagemaker.errors import InvalidRequest, translated

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

_LOCATION = re.compile(r"s3://(?P<bucket>[a-z0-9.-]{3,63})/(?P<key>.+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelStore:
    """Objects by their `s3://` address; new ones are written to one bucket."""

    s3: "S3Client"
    bucket: str

    def put(self, key: str, content: bytes, content_type: str) -> str:
        """Write an object and return its address. Raises: CloudError."""
        if not self.bucket:
            raise InvalidRequest("the model's files need a bucket; name it with --bucket")
        address = f"s3://{self.bucket}/{key}"
        with translated(f"writing {address}"):
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=content, ContentType=content_type)
        return address

    def put_beside(self, address: str, name: str, content: bytes, content_type: str) -> str:
        """Write an object under the prefix of another one. Raises: CloudError."""
        bucket, key = split_address(address)
        beside = ModelStore(s3=self.s3, bucket=bucket)
        return beside.put(f"{key.rpartition('/')[0]}/{name}", content, content_type)

    def get(self, address: str) -> bytes:
        """Return the bytes of an object. Raises: CloudError."""
        bucket, key = split_address(address)
        with translated(f"reading {address}"):
            return self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()


def split_address(address: str) -> tuple[str, str]:
    """Return bucket and key of an `s3://` address. Raises: InvalidRequest."""
    match = _LOCATION.fullmatch(address)
    if match is None:
        raise InvalidRequest(f"{address!r} is not an address in S3 (s3://bucket/key)")
    return match["bucket"], match["key"]
