"""Does what starts the work still start it: rule, stream, schedules?"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from infra.operations.doctor.examined_stage import MAPPING, RULE, SCHEDULE, SCHEDULE_GROUP
from infra.operations.doctor.stage_check import (
    CheckAnswer,
    StageCheck,
    not_checkable,
    ok,
    problem,
    verdict_on,
)
from monitoring.reconciliation.bucket_walk import CHECKPOINT_KEY

if TYPE_CHECKING:
    from infra.operations.doctor.examined_stage import ExaminedStage

_SWEPT_WITHIN = timedelta(hours=1)  # as the alarm SweeperSilent
_MISSING = {"404", "NoSuchKey", "NotFound"}


def _intake_events(stage: ExaminedStage) -> CheckAnswer:
    bucket = stage.target.output("IntakeBucket")
    wiring = stage.client("s3").get_bucket_notification_configuration(Bucket=bucket)
    if "EventBridgeConfiguration" not in wiring:
        return problem("the intake bucket sends no events")
    return ok("the bucket sends events")


def _rule(stage: ExaminedStage) -> CheckAnswer:
    events, machine = stage.client("events"), stage.target.output("StateMachineArn")
    problems, starts = [], False
    for name in stage.of_type(RULE).values():
        if (state := events.describe_rule(Name=name)["State"]) == "DISABLED":
            problems.append(f"rule {name} is {state}")
        targets = events.list_targets_by_rule(Rule=name)["Targets"]
        starts = starts or any(target["Arn"] == machine for target in targets)
    if not starts:
        problems.append("no rule has the state machine as its target")
    return verdict_on(problems, sound="enabled")


def _stream(stage: ExaminedStage) -> CheckAnswer:
    problems = []
    for mapping in stage.of_type(MAPPING).values():
        state = stage.client("lambda").get_event_source_mapping(UUID=mapping)
        if state["State"] in {"Disabled", "Disabling"}:
            problems.append(f"the mapping is {state['State']}")
        elif str(state.get("LastProcessingResult", "")).startswith("PROBLEM"):
            problems.append(state["LastProcessingResult"])
    return verdict_on(problems, sound="enabled")


def _schedules(stage: ExaminedStage) -> CheckAnswer:
    scheduler, names = stage.client("scheduler"), stage.of_type(SCHEDULE).values()
    # CloudFormation knows a schedule by its name alone, which is unique in its group only.
    (group,) = stage.of_type(SCHEDULE_GROUP).values()
    states = {name: scheduler.get_schedule(Name=name, GroupName=group)["State"] for name in names}
    disabled = [f"{name} is {state}" for name, state in states.items() if state != "ENABLED"]
    return verdict_on(disabled, sound=f"{len(states)} enabled")


def _swept(stage: ExaminedStage) -> CheckAnswer:
    try:
        checkpoint = stage.client("s3").head_object(
            Bucket=stage.target.output("ReportsBucket"), Key=CHECKPOINT_KEY
        )
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") not in _MISSING:
            raise
        since = stage.target.since
        if not since or stage.now - datetime.fromisoformat(since) <= _SWEPT_WITHIN:
            return not_checkable("the stage may be less than an hour old: no sweep is due yet")
        return problem("no sweep has ended")
    age = stage.now - checkpoint["LastModified"]
    minutes = age.total_seconds() / 60
    if age > _SWEPT_WITHIN:
        return problem(f"the last sweep ended {minutes:.0f} minutes ago")
    return ok(f"{minutes:.0f} minutes ago")


CHECKS = (
    StageCheck(
        name="intake_events",
        question="Does the intake bucket send its events?",
        remedy="Deploy the stage again; `scones reconcile --repair` starts what was missed.",
        answer=_intake_events,
    ),
    StageCheck(
        name="intake_rule",
        question="Is the rule that starts the workflow enabled?",
        remedy="Enable the rule; `scones reconcile --repair` starts what was missed.",
        answer=_rule,
    ),
    StageCheck(
        name="stream_mapping",
        question="Does the function Changes read the ledger's stream?",
        remedy="Enable the event source mapping within 24 hours, the life of a stream record.",
        answer=_stream,
    ),
    StageCheck(
        name="schedules",
        question="Are the schedules of sweeper and report enabled?",
        remedy="Enable the schedule, or deploy the stage again.",
        answer=_schedules,
    ),
    StageCheck(
        name="swept",
        question="Has the sweeper ended a sweep within the hour?",
        remedy="Read the sweeper's log; `scones reconcile --repair` does its work meanwhile.",
        answer=_swept,
    ),
)
