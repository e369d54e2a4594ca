"""One training job on SageMaker as it is asked for, checked before anything is sent."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from training.sagemaker.errors import InvalidRequest
from training.sagemaker.job_settings import HyperParameters

_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]{1,512}")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_INSTANCE = re.compile(r"ml\.[a-z0-9-]+\.[a-z0-9]+")
_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,39}")
_LONGEST_S = 5 * 24 * 3600  # what an account may do without asking for more


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchSettings:
    """One job."""

    role: str
    bucket: str  # code, checkpoints and the model
    data: str  # s3://… or a local folder, which is uploaded
    verdicts: str | None = None  # the same, of collected verdicts
    name: str = "scones-train"
    instance_type: str = "ml.c5.2xlarge"
    volume_gb: int = 30
    image_uri: str | None = None  # None: AWS's PyTorch image for the region
    spot: bool = True
    max_run_s: int = 4 * 3600
    max_wait_s: int | None = None  # with spot, the job and the waiting for a machine
    tags: Mapping[str, str] = field(default_factory=dict)
    hyperparameters: HyperParameters = field(default_factory=HyperParameters)

    @property
    def wait_s(self) -> int | None:
        """How long a spot job may take in all; None without spot, where SageMaker refuses it."""
        if not self.spot:
            return None
        return self.max_wait_s if self.max_wait_s is not None else 2 * self.max_run_s

    def checkpoint_address(self, code_digest: str) -> str:
        """The same for the same request, so that one that ran out of time can be asked again."""
        wanted = json.dumps([self.data, self.verdicts, self.hyperparameters.to_wire(), code_digest])
        key = hashlib.sha256(wanted.encode()).hexdigest()[:16]
        return f"s3://{self.bucket}/training/checkpoints/{key}"

    def check(self) -> None:
        """Raises: InvalidRequest."""
        if not _ROLE.fullmatch(self.role):
            raise InvalidRequest(
                f"--role {self.role!r} is no role's ARN (arn:aws:iam::<account>:role/<name>); "
                "SageMaker takes it to read the data and write the model"
            )
        if not _BUCKET.fullmatch(self.bucket):
            raise InvalidRequest(f"--bucket {self.bucket!r} is no name of a bucket")
        if not _INSTANCE.fullmatch(self.instance_type):
            raise InvalidRequest(
                f"--instance-type {self.instance_type!r} is none, like ml.c5.2xlarge"
            )
        if not _NAME.fullmatch(self.name):
            raise InvalidRequest("--name must be up to 40 letters, digits and hyphens")
        if not 1 <= self.volume_gb <= 1000:
            raise InvalidRequest("--volume-gb must be from 1 to 1000")
        self._check_times()

    def _check_times(self) -> None:
        if not 300 <= self.max_run_s <= _LONGEST_S:
            raise InvalidRequest(f"the job's longest time must be 300 to {_LONGEST_S:,} seconds")
        if self.max_wait_s is None:
            return
        if not self.spot:
            raise InvalidRequest("--max-wait is for spot jobs: add --spot, or leave it out")
        if self.max_wait_s < self.max_run_s:
            raise InvalidRequest(
                f"--max-wait ({self.max_wait_s} s) must not be shorter than --max-run "
                f"({self.max_run_s} s): it holds the waiting and the running"
            )
