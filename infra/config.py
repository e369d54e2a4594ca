"""All settings of a stage, in one place; only this module makes stages differ.

It does not import CDK, so that tools can read a stage without starting Node.
"""

import platform
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import available_timezones

import msgspec

_LOCAL_ACCOUNT = "000000000000"
_LOCAL_REGION = "us-east-1"

_IMAGE_URI = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?"
    r"/(?P<repository>[a-z0-9._/-]+)(?::[A-Za-z0-9._-]+|@sha256:[0-9a-f]{64})"
)
_RUNBOOK_URL = re.compile(r"\S*[^\s/]")
_TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_MODEL_DATA_URL = re.compile(r"s3://(?P<bucket>[a-z0-9.-]{3,63})/(?P<key>.+\.tar\.gz)")


WORKFLOW_TYPES = ("STANDARD", "EXPRESS")
CAPTURE_WRITERS = ("endpoint", "classify")
OFF_HOURS_PHOTOS = ("wait",)


class InvalidConfig(ValueError):
    """The settings of a stage are invalid; the message names the setting and how to set it."""


class OffHours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The part of every day in which the endpoint is deleted, to save its price.

    Times are hours and minutes, such as 22:00, and may span midnight.
    """

    start: str
    end: str
    time_zone: str  # IANA name
    photos: str  # wait: photos are parked, and classified when the endpoint is back

    def check(self) -> None:
        """Check the format of all values. Raises: InvalidConfig."""
        for name in ("start", "end"):
            if not _TIME_OF_DAY.fullmatch(getattr(self, name)):
                raise InvalidConfig(f"off_hours.{name} must be a time of day, such as 22:00")
        if self.start == self.end:
            raise InvalidConfig("off_hours.start and off_hours.end must differ")
        if self.time_zone not in available_timezones():
            raise InvalidConfig(f"off_hours.time_zone {self.time_zone!r} must be an IANA name")
        if self.photos not in OFF_HOURS_PHOTOS:
            raise InvalidConfig(f"off_hours.photos must be one of {', '.join(OFF_HOURS_PHOTOS)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageTarget:
    """The machine that Lambda packages are built for."""

    python_version: str  # "3.13"
    architecture: str  # arm64 | x86_64, Lambda's names
    uv_platform: str | None  # uv's name of the platform; None is this machine


LAMBDA_ARM = PackageTarget(
    python_version="3.13", architecture="arm64", uv_platform="aarch64-manylinux_2_28"
)
# The emulator runs packages on its own interpreter, independently of the template's runtime.
HOST = PackageTarget(
    python_version=f"{sys.version_info.major}.{sys.version_info.minor}",
    architecture="arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64",
    uv_platform=None,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageConfig:
    """Settings of one stage. Names end in their unit; shares are from 0 to 1."""

    stage: str
    account: str | None = None  # None: account and region of the deployer's credentials
    region: str | None = None
    package_target: PackageTarget = LAMBDA_ARM

    is_durable: bool = True  # whether stateful resources are retained when the stack is deleted
    log_retention_days: int = 90
    access_log_retention_days: int = 90
    alarm_email: str = ""  # recipient of alarms; empty: no email is sent
    page_email: str = ""  # also receives the alarms that cannot wait, such as a pager's address
    # Folder of the runbook in the text of an alarm: a path in this repository, or a URL of it.
    runbook_url: str = "docs/runbook"
    report_emails: tuple[str, ...] = ()  # recipients of the daily report
    time_zone: str = "UTC"  # IANA name; the report's days are those of its readers
    report_at: str = "cron(15 5 * * ? *)"  # in that zone, after its midnight
    # Whole days before that midnight. Only reports of single days form the history by which the
    # report recognizes a lasting change.
    report_days: int = 1
    audit_days: int = 30  # window of the accuracy that audits measure
    report_retention_days: int = 400
    sweep_every_minutes: int = 15
    sweep_versions: int = 10_000  # object versions that one sweep lists at most
    review_idle_hours: int = 24  # after which the message of an open review is sent again

    workflow_type: str = "STANDARD"  # or EXPRESS: cheaper, at most 5 minutes, logs as history

    model_manifests: tuple[str, ...] = ("training/shipped/manifest.json",)  # models in service
    order_ranges: Mapping[str, str] = field(
        default_factory=lambda: {"bicycle": "nearby", "motorcycle": "distant"}
    )
    audit_share: float = 0.02  # of the photos that are assigned automatically
    assignment_valid_hours: int = 16

    review_lease_s: int = 120  # a page renews it; a closed page blocks a photo no longer than this
    undo_window_s: int = 120
    # With 2 % audits and a third of the photos in review, six of seven blind items are ordinary.
    blind_share: float = 0.25
    second_share: float = 0.05  # of the reviews, for the agreement between reviewers

    drivers_app_urls: tuple[str, ...] = ("scones://signed-in",)  # redirects after sign-in
    cors_origins: tuple[str, ...] = ()  # web apps of other origins that may call the API
    upload_retention_days: int = 90  # of upload permissions and links between retakes
    uploads_per_hour: int = 60  # upload permissions of one driver

    model_image_uri: str = ""  # the serving container, in a registry of AWS
    model_data_url: str = ""  # model.tar.gz in S3
    endpoint_instance_type: str = "ml.c5.large"
    endpoint_instance_count: int = 2  # at least; of two, a canary can serve half of the photos
    endpoint_max_instance_count: int = 4  # at most, while photos arrive faster
    # Calls a minute and instance at which instances are added: half of what one can serve.
    endpoint_target_invocations: int = 4200
    off_hours: OffHours | None = None  # None: the endpoint is always there
    capture_writer: str = "endpoint"  # or classify, where the account has no Data Capture
    capture_modes: tuple[str, ...] = ("Input", "Output")
    capture_sampling_percentage: int = 100
    capture_retention_days: int = 30

    @property
    def endpoint_name(self) -> str:
        """Name of the endpoint in both stacks and in the handlers' environment."""
        return f"scones-{self.stage}-vehicle"

    @property
    def captured_percentage(self) -> int:
        """Share of the requests that is captured, 1 to 100; Classify always captures all."""
        return 100 if self.capture_writer == "classify" else self.capture_sampling_percentage

    @property
    def captures_everything(self) -> bool:
        """Whether all requests are captured, which completeness of captures requires."""
        return self.captured_percentage == 100

    @property
    def event_bus_name(self) -> str:
        """A fixed name, because rules of other systems refer to the bus by name."""
        return f"scones-{self.stage}"

    @property
    def policy_parameter_name(self) -> str:
        """Parameter with the policy of every model in service, rendered from the manifests."""
        return f"/scones/{self.stage}/policy"

    @property
    def policy_override_parameter_name(self) -> str:
        """Parameter that operators write to change the threshold without a deployment."""
        return f"/scones/{self.stage}/policy-override"

    def capture_bucket_name(self, *, account: str, region: str) -> str:
        """Return the capture bucket's name; account and region may be CDK's pseudo parameters."""
        return f"scones-{self.stage}-capture-{account}-{region}"

    def model_image(self) -> re.Match[str]:
        """Return the image's URI as groups account, region, repository. Raises: InvalidConfig."""
        return _match(_IMAGE_URI, self, "model_image_uri", "the serving image in ECR")

    def model_data(self) -> re.Match[str]:
        """Return the model's URL as groups bucket and key. Raises: InvalidConfig."""
        return _match(_MODEL_DATA_URL, self, "model_data_url", "the model, s3://.../model.tar.gz")

    def check(self) -> None:
        """Check ranges and formats of all settings. Raises: InvalidConfig."""
        self.model_image()
        self.model_data()
        for name in ("audit_share", "blind_share", "second_share"):
            if not 0 <= getattr(self, name) <= 1:  # refuses NaN, too
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
        self._check_endpoint()
        if not _RUNBOOK_URL.fullmatch(self.runbook_url):
            raise InvalidConfig("runbook_url must be a path or a URL, without a slash at its end")

    def _check_endpoint(self) -> None:
        if not 1 <= self.endpoint_instance_count <= self.endpoint_max_instance_count:
            raise InvalidConfig(
                "endpoint_instance_count must be from 1 to endpoint_max_instance_count"
            )
        if self.endpoint_target_invocations < 1:
            raise InvalidConfig("endpoint_target_invocations must be at least 1")
        if self.off_hours:
            self.off_hours.check()

    def _check_choices(self) -> None:
        if self.workflow_type not in WORKFLOW_TYPES:
            raise InvalidConfig(f"workflow_type must be one of {', '.join(WORKFLOW_TYPES)}")
        if self.capture_writer not in CAPTURE_WRITERS:
            raise InvalidConfig(f"capture_writer must be one of {', '.join(CAPTURE_WRITERS)}")
        if self.time_zone not in available_timezones():
            raise InvalidConfig(
                f"time_zone {self.time_zone!r} must be an IANA name, such as Europe/Berlin"
            )


# Settings that the command line may override: `-c name=value`.
OVERRIDABLE = (
    *("alarm_email", "capture_writer", "cors_origins", "model_data_url", "model_image_uri"),
    *("model_manifests", "page_email", "report_emails", "time_zone", "workflow_type"),
)
_LISTS = {"cors_origins", "model_manifests", "report_emails"}  # separated by commas

STAGES: Mapping[str, StageConfig] = {
    "local": StageConfig(
        stage="local",
        account=_LOCAL_ACCOUNT,
        region=_LOCAL_REGION,
        package_target=HOST,
        is_durable=False,
        # Serving is synthesized and checked, but the emulator does not deploy it.
        model_image_uri=f"{_LOCAL_ACCOUNT}.dkr.ecr.{_LOCAL_REGION}.amazonaws.com/scones:local",
        model_data_url="s3://scones-local-models/vehicle/model.tar.gz",
    ),
    "prod": StageConfig(stage="prod"),
}


def stage_config(stage: str, overrides: Mapping[str, str] | None = None) -> StageConfig:
    """Return a stage's settings with the overrides of the command line. Raises: InvalidConfig.

    Lists are separated by commas.
    """
    base = STAGES.get(stage)
    if base is None:
        raise InvalidConfig(f"there is no stage {stage!r}; the stages are {', '.join(STAGES)}")
    overrides = overrides or {}
    if unknown := overrides.keys() - set(OVERRIDABLE):
        raise InvalidConfig(f"{min(unknown)} cannot be set from the command line")
    # Any: strings and tuples of strings, by field.
    values: dict[str, Any] = {
        name: tuple(filter(None, text.split(","))) if name in _LISTS else text
        for name, text in overrides.items()
    }
    config = replace(base, **values)
    config.check()
    return config


def _match(pattern: re.Pattern[str], config: StageConfig, name: str, meaning: str) -> re.Match[str]:
    value = getattr(config, name)
    match = pattern.fullmatch(value)
    if match is None:
        problem = f"is {value!r}, which is not valid" if value else "is not set"
        raise InvalidConfig(
            f"stage {config.stage}: {name} ({meaning}) {problem}; "
            f"set it in infra/config.py or with -c {name}=..."
        )
    return match
