"""What the sweeper and the report read from their environment; the stack sets the same names."""

from dataclasses import dataclass

from handlers.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class SweeperSettings(Settings):
    """Settings of the Sweeper function."""

    intake_bucket: str
    photos_table: str
    state_machine_arn: str
    review_queue_url: str
    failures_queue_url: str
    reports_bucket: str  # where it notes how far it came
    stuck_after_s: float
    review_idle_hours: float
    versions_per_round: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReporterSettings(Settings):
    """Settings of the Report function."""

    stage: str
    time_zone: str  # IANA name
    photos_table: str
    intake_bucket: str
    capture_bucket: str
    capture_prefix: str  # up to the variants, without a slash at its end
    capture_retention_days: float  # after which the bucket deletes them
    capture_sampling_percentage: float  # of the requests
    reports_bucket: str
    report_days: float  # how many days the scheduled report is about
    report_topic_arn: str
    review_queue_url: str
    failures_queue_url: str
    dead_letters_urls: str  # separated by commas
    vehicles: str  # classes with an order range, separated by commas
    audit_days: float
    model_classes: str = ""  # of the model in service, in its order, separated by commas
    labels_bucket: str = ""  # empty: verdicts are read from the ledger alone
    reviewers_table: str = ""  # empty: no photo is known to be seeded
