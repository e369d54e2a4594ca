"""Are the functions ready, and do they end without errors?"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from infra.operations.doctor.examined_stage import FUNCTION
from infra.operations.doctor.stage_check import CheckAnswer, StageCheck, verdict_on

if TYPE_CHECKING:
    from infra.operations.doctor.examined_stage import ExaminedStage

_WINDOW = timedelta(hours=1)
_FEWEST_ERRORS = 2  # one error alone is what retries are for
_LARGEST_SHARE = 0.1  # of the calls
_METRICS = ("Errors", "Invocations")


def _ready(stage: ExaminedStage) -> CheckAnswer:
    functions, client = stage.of_type(FUNCTION), stage.client("lambda")
    problems = []
    for logical_id, name in functions.items():
        state = client.get_function_configuration(FunctionName=name)
        if state.get("State", "Active") == "Failed":
            problems.append(f"{logical_id} is Failed: {state.get('StateReason', '')}")
        elif state.get("LastUpdateStatus", "Successful") == "Failed":
            reason = state.get("LastUpdateStatusReason", "")
            problems.append(f"the last update of {logical_id} failed: {reason}")
    return verdict_on(problems, sound=f"{len(functions)} functions")


def _few_errors(stage: ExaminedStage) -> CheckAnswer:
    functions = list(stage.of_type(FUNCTION).items())
    queries = [
        {
            "Id": f"{metric.lower()}{number}",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/Lambda",
                    "MetricName": metric,
                    "Dimensions": [{"Name": "FunctionName", "Value": name}],
                },
                "Period": int(_WINDOW.total_seconds()),
                "Stat": "Sum",
            },
        }
        for number, (_, name) in enumerate(functions)
        for metric in _METRICS
    ]
    pages = (
        stage.client("cloudwatch")
        .get_paginator("get_metric_data")
        .paginate(MetricDataQueries=queries, StartTime=stage.now - _WINDOW, EndTime=stage.now)
    )
    sums: dict[str, float] = {}
    for page in pages:
        for series in page["MetricDataResults"]:
            sums[series["Id"]] = sums.get(series["Id"], 0.0) + sum(series["Values"])
    problems = []
    for number, (logical_id, _) in enumerate(functions):
        errors, calls = (sums.get(f"{metric.lower()}{number}", 0.0) for metric in _METRICS)
        if errors >= _FEWEST_ERRORS and errors > _LARGEST_SHARE * calls:
            problems.append(f"{errors:.0f} of {calls:.0f} calls of {logical_id} failed")
    return verdict_on(problems, sound="in the last hour")


CHECKS = (
    StageCheck(
        name="functions_ready",
        question="Is the last deployment of every function in force?",
        remedy="Deploy the stage again; the reason is in the function's state.",
        answer=_ready,
    ),
    StageCheck(
        name="functions_succeed",
        question="Do the functions end without errors?",
        remedy="Read the log group of the function that is named.",
        answer=_few_errors,
        aws_only="metrics of functions",
    ),
)
