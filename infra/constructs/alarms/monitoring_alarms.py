"""What is watched of those who look after the chain: the sweeper and the daily report."""

from aws_cdk import aws_cloudwatch as cloudwatch

from infra.config import StageConfig
from infra.constructs.alarms.alarm_spec import (
    AT_LEAST,
    BREACHING,
    HOUR,
    IGNORE,
    UNDER,
    AlarmSpec,
    function_metric,
    sweeper_metric,
)
from monitoring import metric_names as names


def sweeper_alarms(config: StageConfig) -> dict[str, AlarmSpec]:
    """Whether what is misplaced is found and mended."""
    return {
        "SweeperSilent": AlarmSpec(
            metric=sweeper_metric(names.SWEEPS, config),
            threshold=1,
            comparison=UNDER,
            missing=BREACHING,
            meaning=(
                "The sweeper has not ended a round for an hour: lost events and stuck photos stay "
                "as they are. Read its log; try `scones reconcile`. Red in the first hour of a new "
                "stage: no round has ended yet."
            ),
        ),
        "RepeatedRepairs": AlarmSpec(
            metric=sweeper_metric(names.REPAIRS_NEEDED, config),
            periods=3,
            meaning=(
                "For three hours the sweeper has found photos that are not where they should be. "
                "`scones reconcile` lists them and says why."
            ),
        ),
        "RepairsRefused": AlarmSpec(
            metric=sweeper_metric(names.REPAIRS_REFUSED, config),
            meaning="A service refuses a repair; the sweeper's log has `repair_refused` and why.",
        ),
        "LedgerMalformed": AlarmSpec(
            metric=sweeper_metric(names.MALFORMED_ROWS, config),
            meaning=(
                "A row of the ledger is no record; the sweeper's log names it. Mend it by hand: "
                "until then nothing looks after its photo."
            ),
        ),
    }


def report_alarms(config: StageConfig) -> dict[str, AlarmSpec]:
    """What the daily report found, and whether there was one."""
    return {
        "ReportMissing": AlarmSpec(
            metric=_daily(names.REPORT_PUBLISHED, "Sum", config),
            threshold=1,
            comparison=UNDER,
            periods=26,
            missing=BREACHING,
            meaning=(
                "There was no report for 26 hours: nobody knows whether the classifier is right. "
                "Read the log of the function `report` and the queue of the schedules' dead "
                "letters, then call the function by hand. Red until the first report of a new "
                "stage: at most a day."
            ),
        ),
        "VerdictWatch": AlarmSpec(
            metric=_daily(names.REPORT_VERDICT, "Maximum", config),
            threshold=1,
            comparison=AT_LEAST,
            # The verdict of a day stands until the next one; a day of too few photos has none.
            missing=IGNORE,
            meaning="The daily report says WATCH or ACT. Open it: it names what has changed.",
        ),
        "VerdictAct": AlarmSpec(
            metric=_daily(names.REPORT_VERDICT, "Maximum", config),
            threshold=2,
            comparison=AT_LEAST,
            missing=IGNORE,
            meaning=(
                "The daily report says ACT: assignments may be wrong. Open it; the policy override "
                '{"threshold": 1.0} sends every photo to a person until it is mended.'
            ),
        ),
        **(_of_capture(config) if config.captures_everything else {}),
    }


def _of_capture(config: StageConfig) -> dict[str, AlarmSpec]:
    return {
        "CaptureIncomplete": AlarmSpec(
            metric=_daily(names.CAPTURE_COMPLETENESS, "Minimum", config),
            threshold=0.99,
            comparison=UNDER,
            missing=IGNORE,
            meaning=(
                "Data Capture has lost more than one photo in a hundred. SageMaker stops capturing "
                "where the disk is full: look at the endpoint's DiskUtilization."
            ),
        ),
    }


def _daily(name: str, statistic: str, config: StageConfig) -> cloudwatch.Metric:
    return function_metric(name, names.REPORT, config, statistic=statistic, period=HOUR)
