"""The request for one training job on SageMaker, checked before anything is sent."""

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
_LONGEST_S = 5 * 24 * 3600  # an account's default quota


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchSettings:
    """The options of `python -m training launch`."""

    role: str  # ARN
    bucket: str  # for code, checkpoints and the model
    data: str  # s3://… or a local folder, which is uploaded
    verdicts: str | None = None  # the same, of collected verdicts
    name: str = "scones-train"
    instance_type: str = "ml.c5.2xlarge"
    volume_gb: int = 30
    image_uri: str | None = None  # None: AWS's PyTorch image for the region
    spot: bool = True
    max_run_s: int = 4 * 3600
    max_wait_s: int | None = None  # with spot: the run and the wait for a machine together
    tags: Mapping[str, str] = field(default_factory=dict)
    hyperparameters: HyperParameters = field(default_factory=HyperParameters)

    @property
    def wait_s(self) -> int | None:
        """Return the longest total time of a spot job in seconds.

        Without spot, return None, as SageMaker then refuses a value.
        """
        if not self.spot:
            return None
        return self.max_wait_s if self.max_wait_s is not None else 2 * self.max_run_s

    def checkpoint_address(self, code_digest: str) -> str:
        """Return the `s3://` address of the checkpoints.

        It is the same for the same request, so that a job that ran out of time can be repeated and
        continues.
        """
        request = json.dumps(
            [self.data, self.verdicts, self.hyperparameters.to_wire(), code_digest]
        )
        key = hashlib.sha256(request.encode()).hexdigest()[:16]
        return f"s3://{self.bucket}/training/checkpoints/{key}"

    def check(self) -> None:
        """Check all settings. Raises: InvalidRequest."""
        if not _ROLE.fullmatch(self.role):
            raise InvalidRequest(
                f"--role {self.role!r} is not a role's ARN (arn:aws:iam::<account>:role/<name>); "
                "SageMaker assumes it to read the data and write the model"
            )
        if not _BUCKET.fullmatch(self.bucket):
            raise InvalidRequest(f"--bucket {self.bucket!r} is not a valid bucket name")
        if not _INSTANCE.fullmatch(self.instance_type):
            raise InvalidRequest(
                f"--instance-type {self.instance_type!r} is not like ml.c5.2xlarge"
            )
        if not _NAME.fullmatch(self.name):
            raise InvalidRequest("--name must be up to 40 letters, digits and hyphens")
        if not 1 <= self.volume_gb <= 1000:
            raise InvalidRequest("--volume-gb must be from 1 to 1000")
        self._check_times()

    def _check_times(self) -> None:
        if not 300 <= self.max_run_s <= _LONGEST_S:
            raise InvalidRequest(f"--max-run must be from 300 to {_LONGEST_S:,} seconds")
        if self.max_wait_s is None:
            return
        if not self.spot:
            raise InvalidRequest("--max-wait is for spot jobs: add --spot, or leave it out")
        if self.max_wait_s < self.max_run_s:
            raise InvalidRequest(
                f"--max-wait ({self.max_wait_s} s) must not be shorter than --max-run "
                f"({self.max_run_s} s): it includes the wait and the run"
            )
