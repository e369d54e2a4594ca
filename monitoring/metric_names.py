"""The metrics that operations watch, by name: what sweeper and report publish, alarms read.

The dimension `service` is that of the handlers; a test holds the two together.
"""

# Powertools reads it from the environment: the code that publishes does not know its stage.
NAMESPACE_VARIABLE = "POWERTOOLS_METRICS_NAMESPACE"


def namespace(stage: str) -> str:
    """Of all metrics of a stage: two in one account do not mix."""
    return f"Scones/{stage}"


SWEEPER, REPORT, FILTER = "sweeper", "report", "filter"  # the dimension `service`

# Of each round of the sweeper.
REPAIRS_NEEDED = "RepairsNeeded"
REPAIRS_MADE = "RepairsMade"
REVIEW_REMINDERS = (
    "ReviewReminders"  # no repairs: on a weekend nobody reviews, and nothing is broken
)
REPAIRS_REFUSED = "RepairsRefused"
MALFORMED_ROWS = "MalformedRows"
OLDEST_REVIEW_AGE = "OldestReviewAge"  # seconds
SWEEPS = "SweepsCompleted"

# Of each scheduled report.
REPORT_PUBLISHED = "ReportPublished"
REPORT_VERDICT = "ReportVerdict"  # 0 OK, 1 WATCH, 2 ACT; none for a day of too few photos
CAPTURE_COMPLETENESS = "CaptureCompleteness"  # 0..1

# Of Filter.
POLICY_OVERRIDE_INVALID = "PolicyOverrideInvalid"
