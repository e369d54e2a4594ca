"""Names of the metrics that sweeper, drain, report and Filter publish, and that alarms read.

The dimension `service` is that of the handlers; a test compares the two.
"""

# Powertools reads the namespace from the environment: the publishing code does not know its stage.
NAMESPACE_VARIABLE = "POWERTOOLS_METRICS_NAMESPACE"


def namespace(stage: str) -> str:
    """Return the namespace of a stage's metrics: two stages in one account stay apart."""
    return f"Scones/{stage}"


SWEEPER, DRAIN, REPORT, FILTER = "sweeper", "drain", "report", "filter"  # the dimension `service`

# Published with every sweep.
REPAIRS_NEEDED = "RepairsNeeded"
REPAIRS_MADE = "RepairsMade"
# Not a repair: over a weekend reviews wait, and nothing is broken.
REVIEW_REMINDERS = "ReviewReminders"
REPAIRS_REFUSED = "RepairsRefused"
MALFORMED_ROWS = "MalformedRows"
OLDEST_REVIEW_AGE = "OldestReviewAge"  # seconds
SWEEPS = "Sweeps"

# Published with every round of the drain.
DRAIN_ROUNDS = "DrainRounds"
PARKED_PHOTOS = "ParkedPhotos"  # at the end of the round
DRAINED_PHOTOS = "DrainedPhotos"
OLDEST_PARKED_AGE = "OldestParkedAge"  # seconds since receipt; 0 while intake is paused

# Published with every scheduled report.
REPORT_PUBLISHED = "ReportPublished"
REPORT_VERDICT = "ReportVerdict"  # 0 OK, 1 WATCH, 2 ACT; absent for a day of too few photos
ERROR_BUDGET = "ErrorBudget"  # 0 kept, 1 not known yet, 2 broken: of the worst decision rule
CAPTURE_COMPLETENESS = "CaptureCompleteness"  # 0..1

# Published by Filter.
POLICY_OVERRIDE_INVALID = "PolicyOverrideInvalid"
POLICY_OVERRIDE_LOST = "PolicyOverrideLost"

# Counted in the access log of the API, without dimensions.
API_THROTTLED = "ApiThrottled"
