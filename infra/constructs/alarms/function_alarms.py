"""Alarms on the Lambda functions: one for each, on its errors and throttled calls together."""

from aws_cdk.aws_lambda import IFunction

from infra.constructs.alarms.alarm_spec import FIVE_MINUTES, AlarmSpec, sum_of
from infra.constructs.functions import Functions

# What it means for drivers when a function fails.
CONSEQUENCES = {
    "serialize": "photos are tried again, then parked or failed, and their drivers wait",
    "classify": "photos are tried again, then parked or failed, and their drivers wait",
    "filter": "photos are tried again, then parked or failed, and their drivers wait",
    "changes": "labels and events are late, drivers are not affected",
    "page": "reviewers cannot open the review page, and drivers of unsure photos wait",
    "drivers": "drivers cannot send photos or read decisions",
    "reviews": "reviewers cannot decide, and drivers of unsure photos wait",
    "sweeper": "photos whose event was lost are not picked up, and their drivers wait",
    "drain": "parked photos are not started again, and their drivers wait",
    "report": "the daily report is missing, and wrong assignments of drivers are noticed later",
}
# The workflow repeats their calls, so that single errors and the throttles of a burst are normal.
_REPEATED = frozenset({"serialize", "classify", "filter"})
_TOLERATED = 5  # errors and throttles of a function of the workflow in five minutes


def function_alarms(functions: Functions) -> dict[str, AlarmSpec]:
    """Return an alarm for each function; all share a page of the runbook.

    An alarm is charged by the number of its metrics, two for each function. One alarm over all
    functions would cost the same and not name the one that fails.
    """
    return {
        f"{name.capitalize()}Faults": _alarm(name, function.function)
        for name, function in functions.items()
    }


def _alarm(name: str, function: IFunction) -> AlarmSpec:
    metrics = [
        function.metric_errors(statistic="Sum", period=FIVE_MINUTES),
        function.metric_throttles(statistic="Sum", period=FIVE_MINUTES),
    ]
    repeated = name in _REPEATED
    return AlarmSpec(
        metric=sum_of(metrics, label="errors and throttles of the function"),
        threshold=_TOLERATED if repeated else 0,
        evaluation_periods=3 if repeated else 1,
        runbook="FunctionFaults",
        description=(
            f"The function `{name}` raises errors, ends at its time-out or is throttled: "
            f"{CONSEQUENCES[name]}. Read its log group; a throttle has no log line, so compare "
            "the account's concurrency limit."
        ),
    )
