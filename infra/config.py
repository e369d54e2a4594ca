"""All settings of a stage, in one place; a stage is a committed file, `stages/STAGE.toml`.

The fields of `StageConfig` are the settings that a file can have: their names, types, defaults and
meanings. This module does not import CDK, so that tools can read a stage without starting Node.
"""

import difflib
import platform
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, get_origin, get_type_hints
from zoneinfo import available_timezones

import msgspec

STAGES_FOLDER = Path(__file__).parents[1] / "stages"

_IMAGE_URI = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?"
    r"/(?P<repository>[a-z0-9._/-]+)(?::[A-Za-z0-9._-]+|@sha256:[0-9a-f]{64})"
)
_RUNBOOK_URL = re.compile(r"\S*[^\s/]")
_TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_MODEL_DATA_URL = re.compile(r"s3://(?P<bucket>[a-z0-9.-]{3,63})/(?P<key>.+\.tar\.gz)")


_ACCOUNT = re.compile(r"\d{12}")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
# Stores in which no single record can be deleted are empty of an erased driver after these days.
LONGEST_LOG_DAYS = 90
REPLACED_KEPT_DAYS = 14  # of replaced and expired versions: as long as a review message may wait
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
# By the name that a stage's file gives them.
PACKAGE_TARGETS: Mapping[str, PackageTarget] = {"lambda": LAMBDA_ARM, "host": HOST}


@dataclass(frozen=True, slots=True, kw_only=True)
class StageConfig:
    """Settings of one stage. Names end in their unit; shares are from 0 to 1.

    Every field but `stage` is a line of the stage's file, with the same name.
    """

    stage: str  # the file's name
    # None: those of the credentials, for a synthesis; a deployment wants both in the file.
    account: str | None = None  # twelve digits
    region: str | None = None  # like eu-central-1
    package_target: PackageTarget = LAMBDA_ARM  # in a file `lambda`, or `host`: this machine

    # Whether stateful resources are kept and stacks are protected; such a stage needs alarm_email.
    is_durable: bool = True
    # No single record of a log can be deleted: 90 days at most.
    log_retention_days: int = 90
    access_log_retention_days: int = 90
    # By class of data. Photos contain where they were taken until they expire.
    photo_retention_days: int = 90
    # Rows of photos, from the reading of the photo; longer than photos, which start anew without.
    ledger_retention_days: int = 400
    label_retention_days: int = 400  # as long as rows, from which missing labels are written again
    thumbnail_retention_days: int = 90  # pages and lists of reports; as long as photos at most
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
    endpoint_instance_type: str = "ml.c5.large"  # SageMaker's name
    endpoint_instance_count: int = 2  # at least; of two, a canary can serve half of the photos
    endpoint_max_instance_count: int = 4  # at most, while photos arrive faster
    # Calls a minute and instance at which instances are added: half of what one can serve.
    endpoint_target_invocations: int = 4200
    off_hours: OffHours | None = None  # None: the endpoint is always there
    capture_writer: str = "endpoint"  # or classify, where the account has no Data Capture
    capture_modes: tuple[str, ...] = ("Input", "Output")
    capture_sampling_percentage: int = 100  # of the requests, where the endpoint writes
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
        self._check_account()
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
        self._check_retention()
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

    def _check_retention(self) -> None:
        most_days = {
            "log_retention_days": LONGEST_LOG_DAYS,
            "access_log_retention_days": LONGEST_LOG_DAYS,
            "thumbnail_retention_days": self.photo_retention_days,
            "capture_retention_days": self.photo_retention_days,
        }
        for name, most in most_days.items():
            if not 1 <= getattr(self, name) <= most:
                raise InvalidConfig(
                    f"{name} must be from 1 to {most}: logs cannot be erased, and "
                    "copies of photos must not outlive them"
                )
        # A replaced version, and midnight, which S3 waits for: one day for each of the two rules.
        longest = self.photo_retention_days + REPLACED_KEPT_DAYS + 2
        if self.ledger_retention_days < longest:
            raise InvalidConfig(
                f"ledger_retention_days must be at least photo_retention_days + "
                f"{REPLACED_KEPT_DAYS + 2}: a photo that outlives its row is started again"
            )
        if self.label_retention_days < self.ledger_retention_days:
            raise InvalidConfig(
                "label_retention_days must not be less than ledger_retention_days: "
                "labels that are missing are written again from their row"
            )

    def _check_account(self) -> None:
        if self.is_durable and not self.alarm_email:
            raise InvalidConfig(
                f"stage {self.stage}: alarm_email (who learns of alarms) is not set; "
                f"fill in its line in stages/{self.stage}.toml"
            )
        for name, pattern in (("account", _ACCOUNT), ("region", _REGION)):
            value = getattr(self, name)
            if value is not None and not pattern.fullmatch(value):
                raise InvalidConfig(f"stage {self.stage}: {name} is {value!r}, which is not valid")

    def _check_choices(self) -> None:
        if self.workflow_type not in WORKFLOW_TYPES:
            raise InvalidConfig(f"workflow_type must be one of {', '.join(WORKFLOW_TYPES)}")
        if self.capture_writer not in CAPTURE_WRITERS:
            raise InvalidConfig(f"capture_writer must be one of {', '.join(CAPTURE_WRITERS)}")
        if self.time_zone not in available_timezones():
            raise InvalidConfig(
                f"time_zone {self.time_zone!r} must be an IANA name, such as Europe/Berlin"
            )


# The settings that a file, or `-c name=value` of a synthesis, can set.
SETTINGS = tuple(setting.name for setting in fields(StageConfig) if setting.name != "stage")
_TYPES = get_type_hints(StageConfig)


class _Stages(Mapping[str, StageConfig]):
    """The stages by name, each read when it is asked for; their settings are not checked."""

    def __getitem__(self, stage: str) -> StageConfig:
        if not stage_file(stage).is_file():
            raise KeyError(stage)
        return stage_settings(stage)

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(file.stem for file in STAGES_FOLDER.glob("*.toml")))

    def __len__(self) -> int:
        return len(list(iter(self)))


STAGES: Mapping[str, StageConfig] = _Stages()


def stage_file(stage: str, *, folder: Path = STAGES_FOLDER) -> Path:
    """Return the path of a stage's file, which need not exist."""
    return folder / f"{stage}.toml"


def stage_settings(stage: str, *, folder: Path = STAGES_FOLDER) -> StageConfig:
    """Return the settings of a stage's file; some may be missing yet. Raises: InvalidConfig."""
    file = stage_file(stage, folder=folder)
    if not file.is_file():
        names = ", ".join(sorted(other.stem for other in folder.glob("*.toml")))
        raise InvalidConfig(f"there is no stage {stage!r}; the stages are {names}")
    source = f"stages/{file.name}"
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidConfig(f"{source} cannot be read: {error}") from error
    return StageConfig(stage=stage, **_converted(values, source=source, strict=True))


def stage_config(
    stage: str, overrides: Mapping[str, str] | None = None, *, folder: Path = STAGES_FOLDER
) -> StageConfig:
    """Return the checked settings of a stage's file, with those of `overrides` in their place.

    Overrides are texts, as a command line has them; lists are separated by commas. A deployment
    has none. Raises: InvalidConfig.
    """
    texts = {
        name: list(filter(None, text.split(","))) if get_origin(_type_of(name)) is tuple else text
        for name, text in (overrides or {}).items()
    }
    config = replace(
        stage_settings(stage, folder=folder), **_converted(texts, source="-c", strict=False)
    )
    config.check()
    return config


# Any: values by field, of the field's type.
def _converted(values: Mapping[str, object], *, source: str, strict: bool) -> dict[str, Any]:
    converted: dict[str, Any] = {}
    for name, value in values.items():
        kind = _type_of(name, source=source)
        try:
            if kind is PackageTarget:
                converted[name] = PACKAGE_TARGETS[msgspec.convert(value, str)]
            else:
                converted[name] = msgspec.convert(value, kind, strict=strict)
        except KeyError as error:
            choices = ", ".join(PACKAGE_TARGETS)
            raise InvalidConfig(f"{source}: {name} must be one of {choices}") from error
        except msgspec.ValidationError as error:
            raise InvalidConfig(f"{source}: {name}: {error}") from error
    return converted


def _type_of(name: str, *, source: str = "-c") -> Any:  # noqa: ANN401 # a type, as msgspec takes it
    if name in SETTINGS:
        return _TYPES[name]
    similar = difflib.get_close_matches(name, SETTINGS, n=1)
    hint = f"; did you mean {similar[0]}?" if similar else ""
    raise InvalidConfig(f"{source}: there is no setting {name}{hint}")


def _match(pattern: re.Pattern[str], config: StageConfig, name: str, meaning: str) -> re.Match[str]:
    value = getattr(config, name)
    match = pattern.fullmatch(value)
    if match is None:
        problem = f"is {value!r}, which is not valid" if value else "is not set"
        raise InvalidConfig(
            f"stage {config.stage}: {name} ({meaning}) {problem}; "
            f"fill in its line in stages/{config.stage}.toml"
        )
    return match
