"""Copies Data Capture out of the emulated S3 before it goes away, as somebody would look at it."""

import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PATIENCE_S = 8.0  # capture is written beside the invocations, a moment later


@dataclass(frozen=True, slots=True, kw_only=True)
class Captures:
    """The capture files of a run."""

    location: str  # s3://…
    folder: Path  # where the copies lie
    files: int
    records: int


def collect_captures(s3: "S3Client", *, bucket: str, folder: Path, at_least: int) -> Captures:
    """Wait a while for that many records, then copy every file into the folder, made anew."""
    deadline = time.monotonic() + PATIENCE_S
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
