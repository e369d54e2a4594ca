"""The environment variables of each function; the stack sets the same names."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Self
from urllib.parse import urlsplit

from handlers.domain.errors import MissingSetting

NO_ADDRESS = "none"  # value of a variable in place of a URL


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Base class: a field `endpoint_name` is read from the variable ENDPOINT_NAME.

    The variable of a field with a default may be absent or empty.
    """

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read all fields.

        Raises: MissingSetting, naming the variable.
        """
        values: dict[str, str | float] = {}
        for field in fields(cls):
            name = field.name.upper()
            text = environ.get(name, "")
            if not text and field.default is not MISSING:
                continue
            if not text:
                raise MissingSetting(f"the environment variable {name} is not set")
            try:
                values[field.name] = float(text) if field.type is float else text
            except ValueError as error:
                raise MissingSetting(f"{name} must be a number, got {text!r}") from error
        return cls(**values)


@dataclass(frozen=True, slots=True, kw_only=True)
class SerializeSettings(Settings):
    """Settings of the Serialize function."""

    controls_table: str
    uploads_table: str
    ledger_retention_days: float  # after which the photo's row expires


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifySettings(Settings):
    """Settings of the Classify function."""

    endpoint_name: str
    controls_table: str
    # Empty if the endpoint's Data Capture is switched on.
    capture_bucket: str = ""
    capture_prefix: str = ""  # includes the variant
    capture_modes: str = ""  # Input, Output or both, separated by a comma


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterSettings(Settings):
    """Settings of the Filter function."""

    policy_parameter: str  # SSM parameter with the policy of every model in service
    policy_override_parameter: str  # SSM parameter, which `scones threshold` writes
    controls_table: str  # has the record of what was set
    audit_salt_secret: str  # Secrets Manager secret
    audit_share: float  # 0..1 of the confident photos
    assignment_valid_hours: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings(Settings):
    """Settings of every function behind the API."""

    requests_table: str  # responses by Idempotency-Key


@dataclass(frozen=True, slots=True, kw_only=True)
class DriversSettings(ApiSettings):
    """Settings of the drivers' function."""

    intake_bucket: str
    uploads_table: str
    upload_retention_days: float
    uploads_per_hour: float  # permissions of one driver
    photos_table: str
    assignments_table: str
    review_queue_url: str
    drivers_sign_in_url: str
    reviewers_sign_in_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewSettings(ApiSettings):
    """Settings of the reviewers' function."""

    photos_table: str
    assignments_table: str
    reviewers_table: str
    review_queue_url: str
    policy_parameter: str  # for the order range of each vehicle
    audit_salt_secret: str  # also samples blind reviews and second opinions
    assignment_valid_hours: float
    review_lease_s: float
    undo_window_s: float
    blind_share: float  # 0..1 of the reviews other than audits
    second_share: float  # 0..1 of all reviews


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSettings(Settings):
    """Settings of the page's function; none of them is secret."""

    authorize_url: str
    token_url: str
    logout_url: str  # or NO_ADDRESS
    client_id: str
    scope: str
    api_base: str  # "/" is the page's own origin

    def to_wire(self) -> Mapping[str, str | None]:
        """Return what the page reads as config.json."""
        return {
            "authorize_url": self.authorize_url,
            "token_url": self.token_url,
            "logout_url": None if self.logout_url == NO_ADDRESS else self.logout_url,
            "client_id": self.client_id,
            "scope": self.scope,
            "api_base": self.api_base,
        }

    @property
    def connects_to(self) -> tuple[str, ...]:
        """Origins that the page may connect to, besides its own."""
        urls = map(urlsplit, (self.token_url, self.api_base))
        return tuple(sorted({f"{url.scheme}://{url.netloc}" for url in urls if url.netloc}))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesSettings(Settings):
    """Settings of the function that processes the ledger's stream."""

    labels_bucket: str
    event_bus_name: str
    changes_dead_letters_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SweeperSettings(Settings):
    """Settings of the Sweeper function."""

    intake_bucket: str
    photos_table: str
    state_machine_arn: str
    review_queue_url: str
    failures_queue_url: str
    reports_bucket: str  # holds the sweeper's checkpoint
    stuck_after_s: float
    review_idle_hours: float
    versions_per_sweep: float  # object versions of the intake bucket
    lost_after_s: float  # an object without a row: S3's events may be minutes late


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainSettings(Settings):
    """Settings of the Drain function."""

    photos_table: str
    controls_table: str
    state_machine_arn: str
    review_queue_url: str
    failures_queue_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReporterSettings(Settings):
    """Settings of the Report function."""

    stage: str
    time_zone: str  # IANA name
    photos_table: str
    intake_bucket: str
    capture_bucket: str
    capture_prefix: str  # up to the variants, without a trailing slash
    capture_retention_days: float  # after which the bucket deletes captures
    capture_sampling_percentage: float  # of the requests
    reports_bucket: str
    report_days: float  # days in the window of the scheduled report
    report_topic_arn: str
    review_queue_url: str
    failures_queue_url: str
    dead_letters_urls: str  # separated by commas
    vehicles: str  # classes with an order range, separated by commas
    audit_days: float
    model_classes: str = ""  # of the model in service, in its order, separated by commas
    labels_bucket: str = ""  # empty: labels are read from the ledger alone
    reviewers_table: str = ""  # empty: there are no known items
