"""Names of the metrics that sweeper, report and Filter publish, and that alarms read.

The dimension `service` is that of the handlers; a test compares the two.
"""

# Powertools reads the namespace from the environment: the publishing code does not know its stage.
NAMESPACE_VARIABLE = "POWERTOOLS_METRICS_NAMESPACE"


def namespace(stage: str) -> str:
    """Return the namespace of a stage's metrics: two stages in one account stay apart."""
    return f"Scones/{stage}"


SWEEPER, REPORT, FILTER = "sweeper", "report", "filter"  # the dimension `service`

# Published with every sweep.
REPAIRS_NEEDED = "RepairsNeeded"
REPAIRS_MADE = "RepairsMade"
# Not a repair: over a weekend reviews wait, and nothing is broken.
REVIEW_REMINDERS = "ReviewReminders"
REPAIRS_REFUSED = "RepairsRefused"
MALFORMED_ROWS = "MalformedRows"
OLDEST_REVIEW_AGE = "OldestReviewAge"  # seconds
SWEEPS = "Sweeps"

# Published with every scheduled report.
REPORT_PUBLISHED = "ReportPublished"
REPORT_VERDICT = "ReportVerdict"  # 0 OK, 1 WATCH, 2 ACT; absent for a day of too few photos
CAPTURE_COMPLETENESS = "CaptureCompleteness"  # 0..1

# Published by Filter.
POLICY_OVERRIDE_INVALID = "PolicyOverrideInvalid"

# Counted in the access log of the API, without dimensions.
API_THROTTLED = "ApiThrottled"
