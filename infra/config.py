"""Every knob of a stage, in one place; the stacks read it, nothing else decides by stage.

Free of CDK, so that tools can read a stage without starting Node.
"""

import platform
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import available_timezones

_LOCAL_ACCOUNT = "000000000000"
_LOCAL_REGION = "us-east-1"

_IMAGE_URI = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?"
    r"/(?P<repository>[a-z0-9._/-]+)(?::[A-Za-z0-9._-]+|@sha256:[0-9a-f]{64})"
)
_MODEL_DATA_URL = re.compile(r"s3://(?P<bucket>[a-z0-9.-]{3,63})/(?P<key>.+\.tar\.gz)")


WORKFLOW_TYPES = ("STANDARD", "EXPRESS")
CAPTURE_WRITERS = ("endpoint", "classify")


class InvalidConfig(ValueError):
    """A stage cannot be synthesized as it is configured; the message says what to set and how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageTarget:
    """The machine that Lambda packages are built for."""

    python_version: str  # "3.13"
    architecture: str  # arm64 | x86_64, as Lambda calls it
    uv_platform: str | None  # what uv calls the platform; None is the machine we run on


LAMBDA_ARM = PackageTarget(
    python_version="3.13", architecture="arm64", uv_platform="aarch64-manylinux_2_28"
)
# The emulator runs the packages on its own interpreter, whatever the template asks for.
HOST = PackageTarget(
    python_version=f"{sys.version_info.major}.{sys.version_info.minor}",
    architecture="arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64",
    uv_platform=None,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageConfig:
    """One stage. Retention is in days, order ranges by vehicle."""

    stage: str
    account: str | None = None  # None: wherever the deployer's credentials point
    region: str | None = None
    package_target: PackageTarget = LAMBDA_ARM

    is_durable: bool = True  # whether what holds data outlives its stack
    log_retention_days: int = 90
    access_log_retention_days: int = 90
    alarm_email: str = ""  # nobody is written to where it is empty
    report_emails: tuple[str, ...] = ()  # who gets the daily report
    time_zone: str = "UTC"  # IANA name; the report's days are those of its readers
    report_at: str = "cron(15 5 * * ? *)"  # in that zone, after its midnight
    # How many whole days up to that midnight; only single days make the history by which a change
    # is seen to last.
    report_days: int = 1
    audit_days: int = 30  # over which audited accuracy is taken
    report_retention_days: int = 400
    sweep_every_minutes: int = 15
    sweep_versions: int = 10_000  # of the bucket, a round
    review_idle_hours: int = 24  # after which its message is sent again

    workflow_type: str = "STANDARD"  # or EXPRESS: cheaper, at most 5 minutes, logs for history

    model_manifests: tuple[str, ...] = ("training/shipped/manifest.json",)  # models in service
    order_ranges: Mapping[str, str] = field(
        default_factory=lambda: {"bicycle": "nearby", "motorcycle": "distant"}
    )
    audit_share: float = 0.02  # of the confident photos
    assignment_valid_hours: int = 16

    review_lease_s: int = 120  # a page renews it; whoever is gone holds a photo no longer than this
    undo_window_s: int = 120
    # At 2 % audits and a third of the photos in review, six of seven blind items are ordinary ones.
    blind_share: float = 0.25
    second_share: float = 0.05  # of the reviews, for agreement between people

    drivers_app_urls: tuple[str, ...] = ("scones://signed-in",)  # where sign-in leads back to
    cors_origins: tuple[str, ...] = ()  # web apps of other origins that may call the API
    upload_retention_days: int = 90  # links of retakes, and what was permitted

    model_image_uri: str = ""  # the serving container, in a registry of AWS
    model_data_url: str = ""  # model.tar.gz in S3
    endpoint_instance_type: str = "ml.c5.large"
    endpoint_instance_count: int = 1
    capture_writer: str = "endpoint"  # or classify, where the account has no Data Capture
    capture_modes: tuple[str, ...] = ("Input", "Output")
    capture_sampling_percentage: int = 100
    capture_retention_days: int = 30

    @property
    def endpoint_name(self) -> str:
        """Both stacks and the handlers know the endpoint by this name."""
        return f"scones-{self.stage}-vehicle"

    @property
    def captured_percentage(self) -> int:
        """Of the requests; Classify knows no sampling."""
        return 100 if self.capture_writer == "classify" else self.capture_sampling_percentage

    @property
    def captures_everything(self) -> bool:
        """Only then is completeness to be had."""
        return self.captured_percentage == 100

    @property
    def event_bus_name(self) -> str:
        """Rules of other systems name the bus: it must not change its name with a deployment."""
        return f"scones-{self.stage}"

    @property
    def policy_parameter_name(self) -> str:
        """The policy of every model in service, rendered from the manifests."""
        return f"/scones/{self.stage}/policy"

    @property
    def policy_override_parameter_name(self) -> str:
        """What operators write to change the threshold without a deployment."""
        return f"/scones/{self.stage}/policy-override"

    def capture_bucket_name(self, *, account: str, region: str) -> str:
        """Both stacks know the bucket by this name; CDK's pseudo parameters are welcome."""
        return f"scones-{self.stage}-capture-{account}-{region}"

    def model_image(self) -> re.Match[str]:
        """Account, region and repository of the image. Raises: InvalidConfig."""
        return _match(_IMAGE_URI, self, "model_image_uri", "the serving image in ECR")

    def model_data(self) -> re.Match[str]:
        """Bucket and key of the model. Raises: InvalidConfig."""
        return _match(_MODEL_DATA_URL, self, "model_data_url", "the model, s3://.../model.tar.gz")

    def check(self) -> None:
        """Raises: InvalidConfig."""
        self.model_image()
        self.model_data()
        for name in ("audit_share", "blind_share", "second_share"):
            if not 0 <= getattr(self, name) <= 1:  # no number is not in between, either
                raise InvalidConfig(f"{name} must be from 0 to 1, got {getattr(self, name)}")
        self._check_choices()
        if not 1 <= self.capture_sampling_percentage <= 100:
            raise InvalidConfig("capture_sampling_percentage must be from 1 to 100")
        if not 1 <= self.report_days <= min(31, self.capture_retention_days - 1):
            raise InvalidConfig(
                "report_days must be from 1 to 31, and less than capture_retention_days"
            )
        if not self.model_manifests:
            raise InvalidConfig("model_manifests must name at least one model's manifest")

    def _check_choices(self) -> None:
        if self.workflow_type not in WORKFLOW_TYPES:
            raise InvalidConfig(f"workflow_type is one of {', '.join(WORKFLOW_TYPES)}")
        if self.capture_writer not in CAPTURE_WRITERS:
            raise InvalidConfig(f"capture_writer is one of {', '.join(CAPTURE_WRITERS)}")
        if self.time_zone not in available_timezones():
            raise InvalidConfig(f"time_zone {self.time_zone!r} is none, like Europe/Berlin")


# What a release, a person or a test may set without editing this file: `-c name=value`.
OVERRIDABLE = (
    *("alarm_email", "capture_writer", "model_data_url", "model_image_uri", "model_manifests"),
    *("report_emails", "time_zone", "workflow_type"),
)
_LISTS = {"model_manifests", "report_emails"}  # separated by commas

STAGES: Mapping[str, StageConfig] = {
    "local": StageConfig(
        stage="local",
        account=_LOCAL_ACCOUNT,
        region=_LOCAL_REGION,
        package_target=HOST,
        is_durable=False,
        # Serving is synthesized and checked, but no emulator deploys it.
        model_image_uri=f"{_LOCAL_ACCOUNT}.dkr.ecr.{_LOCAL_REGION}.amazonaws.com/scones:local",
        model_data_url="s3://scones-local-models/vehicle/model.tar.gz",
    ),
    "prod": StageConfig(stage="prod"),
}


def stage_config(stage: str, overrides: Mapping[str, str] | None = None) -> StageConfig:
    """A stage, with what the command line sets. Raises: InvalidConfig."""
    base = STAGES.get(stage)
    if base is None:
        raise InvalidConfig(f"there is no stage {stage!r}; the stages are {', '.join(STAGES)}")
    given = overrides or {}
    if unknown := given.keys() - set(OVERRIDABLE):
        raise InvalidConfig(f"{min(unknown)} cannot be set from the command line")
    # Any: texts and lists of texts, each for the field of its name.
    values: dict[str, Any] = {
        name: tuple(filter(None, text.split(","))) if name in _LISTS else text
        for name, text in given.items()
    }
    config = replace(base, **values)
    config.check()
    return config


def _match(pattern: re.Pattern[str], config: StageConfig, name: str, meaning: str) -> re.Match[str]:
    value = getattr(config, name)
    match = pattern.fullmatch(value)
    if match is None:
        found = f"is {value!r}" if value else "is not set"
        raise InvalidConfig(
            f"stage {config.stage}: {name} ({meaning}) {found}; "
            f"set it in infra/config.py or with -c {name}=..."
        )
    return match
