"""Alarms on the monitoring itself: the sweeper, the drain and the daily report."""

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk.aws_cloudwatch import ComparisonOperator, TreatMissingData

from infra.config import StageConfig
from infra.constructs.alarms.alarm_spec import (
    HOUR,
    AlarmSeverity,
    AlarmSpec,
    function_metric,
    sweeper_metric,
)
from monitoring import metric_names as names

_PARKED_TOO_LONG_S = 600


def sweeper_alarms(config: StageConfig) -> dict[str, AlarmSpec]:
    """Return alarms on a sweeper that is silent, finds photos out of place, or cannot repair."""
    return {
        "SweeperSilent": AlarmSpec(
            metric=sweeper_metric(names.SWEEPS, config),
            threshold=1,
            comparison_operator=ComparisonOperator.LESS_THAN_THRESHOLD,
            treat_missing_data=TreatMissingData.BREACHING,
            severity=AlarmSeverity.PAGE,
            description=(
                "The sweeper has not completed a sweep for an hour, so lost events and stuck "
                "photos are not repaired and their drivers wait. Read its log; run "
                "`scones reconcile`. In the first hour of a new stage the alarm is red because no "
                "sweep has completed yet."
            ),
        ),
        "RepeatedRepairs": AlarmSpec(
            metric=sweeper_metric(names.REPAIRS_NEEDED, config),
            evaluation_periods=3,
            description=(
                "For three hours the sweeper has found photos that are not where they should be; "
                "their drivers wait longer than usual. `scones reconcile` lists them with the "
                "reasons."
            ),
        ),
        "RepairsRefused": AlarmSpec(
            metric=sweeper_metric(names.REPAIRS_REFUSED, config),
            description=(
                "A service refuses a repair, so a photo stays where it is and its driver waits. "
                "The event `repair_refused` in the sweeper's log has the reason."
            ),
        ),
        "LedgerMalformed": AlarmSpec(
            metric=sweeper_metric(names.MALFORMED_ROWS, config),
            description=(
                "A row of the ledger is malformed, so the sweeper cannot repair its photo, and its "
                "driver may get no decision. The sweeper's log names the row. Repair the row by "
                "hand."
            ),
        ),
    }


def drain_alarms(config: StageConfig) -> dict[str, AlarmSpec]:
    """Return alarms on a silent drain and on photos that wait for capacity for long."""
    return {
        "DrainSilent": AlarmSpec(
            metric=function_metric(names.DRAIN_ROUNDS, names.DRAIN, config),
            threshold=1,
            comparison_operator=ComparisonOperator.LESS_THAN_THRESHOLD,
            evaluation_periods=3,
            treat_missing_data=TreatMissingData.BREACHING,
            description=(
                "The drain has not completed a round for a quarter of an hour, so parked photos "
                "are not started again and their drivers wait. Read its log and the queue "
                "ScheduleDeadLetters, then invoke the function `drain` by hand. In a new stage the "
                "alarm is red until the first round."
            ),
        ),
        "ParkedPhotosWait": AlarmSpec(
            metric=function_metric(
                names.OLDEST_PARKED_AGE, names.DRAIN, config, statistic="Maximum"
            ),
            threshold=_PARKED_TOO_LONG_S,
            treat_missing_data=TreatMissingData.IGNORE,  # the alarm DrainSilent covers silence
            description=(
                "Photos have waited for capacity for more than ten minutes; their drivers have no "
                "decision yet. None of them has failed: they are decided, the oldest first, once "
                "there is capacity. `scones status` shows how many wait and whether the breaker is "
                "open. Check the endpoint, and the account's limit of concurrent functions."
            ),
        ),
    }


def report_alarms(config: StageConfig) -> dict[str, AlarmSpec]:
    """Return alarms on a missing daily report and on its verdict.

    Completeness of captures is included where every request is to be captured.
    """
    return {
        "ReportMissing": AlarmSpec(
            metric=_daily(names.REPORT_PUBLISHED, "Sum", config),
            threshold=1,
            comparison_operator=ComparisonOperator.LESS_THAN_THRESHOLD,
            evaluation_periods=26,
            treat_missing_data=TreatMissingData.BREACHING,
            description=(
                "No report was published for 26 hours: wrong assignments of drivers would not be "
                "noticed. Read the log of the function `report` and the queue "
                "ScheduleDeadLetters, then invoke the function by hand. In a new stage the alarm "
                "is red until the first report, at most a day."
            ),
        ),
        "VerdictWatch": AlarmSpec(
            metric=_daily(names.REPORT_VERDICT, "Maximum", config),
            threshold=1,
            comparison_operator=ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            # A verdict holds until the next report; a day of too few photos has none.
            treat_missing_data=TreatMissingData.IGNORE,
            description=(
                "The verdict of the daily report is WATCH or ACT: the classifier or the photos "
                "have changed, and drivers may get wrong assignments. Open the report: it names "
                "what has changed."
            ),
        ),
        "VerdictAct": AlarmSpec(
            metric=_daily(names.REPORT_VERDICT, "Maximum", config),
            threshold=2,
            comparison_operator=ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=TreatMissingData.IGNORE,
            severity=AlarmSeverity.PAGE,
            description=(
                "The verdict of the daily report is ACT: drivers may have wrong assignments. Open "
                "the report; `scones threshold stop` sends every photo to a reviewer until the "
                "cause is fixed."
            ),
        ),
        "BudgetBroken": AlarmSpec(
            metric=_daily(names.ERROR_BUDGET, "Maximum", config),
            threshold=2,
            comparison_operator=ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            # A status holds until the next report; a day without assignments has none.
            treat_missing_data=TreatMissingData.IGNORE,
            severity=AlarmSeverity.PAGE,
            description=(
                "Audits show that more automatic assignments are wrong than the budget allows: "
                "drivers get wrong orders. The report names the threshold that would keep the "
                "budget; `scones threshold stop` sends every photo to a reviewer."
            ),
        ),
        **(_capture_alarms(config) if config.captures_everything else {}),
    }


def _capture_alarms(config: StageConfig) -> dict[str, AlarmSpec]:
    return {
        "CaptureIncomplete": AlarmSpec(
            metric=_daily(names.CAPTURE_COMPLETENESS, "Minimum", config),
            threshold=0.99,
            comparison_operator=ComparisonOperator.LESS_THAN_THRESHOLD,
            treat_missing_data=TreatMissingData.IGNORE,
            description=(
                "Data Capture has lost more than one photo in a hundred. Drivers are not affected, "
                "but the daily report does not see these photos. SageMaker stops capturing when "
                "the disk is full: the alarm EndpointDiskFull watches it."
            ),
        ),
    }


def _daily(name: str, statistic: str, config: StageConfig) -> cloudwatch.Metric:
    return function_metric(name, names.REPORT, config, statistic=statistic, period=HOUR)
