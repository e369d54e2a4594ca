"""Copy the files of Data Capture out of the emulated S3 before the stage stops."""

import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

TIMEOUT_S = 8.0  # capture files are written a moment after the invocations


@dataclass(frozen=True, slots=True, kw_only=True)
class Captures:
    """The capture files of a run."""

    location: str  # s3://…
    folder: Path  # of the copies
    files: int
    records: int


def collect_captures(s3: "S3Client", *, bucket: str, folder: Path, at_least: int) -> Captures:
    """Wait for `at_least` records, at most `TIMEOUT_S`; copy every file into an empty folder."""
    deadline = time.monotonic() + TIMEOUT_S
    bodies: dict[str, bytes] = {}
    while True:
        for key in _keys(s3, bucket):
            if key not in bodies:
                bodies[key] = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        records = sum(body.count(b"\n") for body in bodies.values())
        if records >= at_least or time.monotonic() > deadline:
            break
        time.sleep(0.2)
    shutil.rmtree(folder, ignore_errors=True)
    for key, body in bodies.items():
        copy = folder / key
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(body)
    return Captures(location=f"s3://{bucket}/", folder=folder, files=len(bodies), records=records)


def _keys(s3: "S3Client", bucket: str) -> list[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return [item["Key"] for page in pages for item in page.get("Contents", [])]
