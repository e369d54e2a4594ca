"""Does the account give what the stage needs: identity, clock, quotas, recovery?"""

from __future__ import annotations

from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from infra.operations.doctor.examined_stage import TABLE
from infra.operations.doctor.stage_check import (
    CheckAnswer,
    StageCheck,
    not_checkable,
    ok,
    problem,
    verdict_on,
)

if TYPE_CHECKING:
    from infra.operations.doctor.examined_stage import ExaminedStage

_CLOCK_TOLERANCE = timedelta(seconds=60)  # AWS refuses signatures that are five minutes off
# A new account may have 10; a burst then waits for minutes, and API and stream share the limit.
_NEEDED_CONCURRENCY = 100


def _identity(stage: ExaminedStage) -> CheckAnswer:
    account = stage.client("sts").get_caller_identity()["Account"]
    if stage.settings is None or stage.settings.account is None:
        return ok(f"account {account}; the settings name none")
    wanted = stage.settings.account
    if account != wanted:
        return problem(f"the credentials are of account {account}, the settings name {wanted}")
    return ok(f"account {account}")


def _clock(stage: ExaminedStage) -> CheckAnswer:
    response: dict[str, Any] = stage.client("sts").get_caller_identity()
    date = response["ResponseMetadata"].get("HTTPHeaders", {}).get("date", "")
    if not date:
        return not_checkable("the response has no date")
    difference = abs(stage.now - parsedate_to_datetime(date))
    seconds = difference.total_seconds()
    if difference > _CLOCK_TOLERANCE:
        return problem(f"this machine's clock is {seconds:.0f} s off")
    return ok(f"within {_CLOCK_TOLERANCE.total_seconds():.0f} s")


def _concurrency(stage: ExaminedStage) -> CheckAnswer:
    limits = stage.client("lambda").get_account_settings()["AccountLimit"]
    free = limits["UnreservedConcurrentExecutions"]
    if free < _NEEDED_CONCURRENCY:
        return problem(f"{free} concurrent executions, {_NEEDED_CONCURRENCY} are needed")
    return ok(f"{free} concurrent executions")


def _instances(stage: ExaminedStage) -> CheckAnswer:
    if stage.settings is None:
        return not_checkable(stage.settings_missing)
    wanted = f"{stage.settings.endpoint_instance_type} for endpoint usage"
    pages = (
        stage.client("service-quotas")
        .get_paginator("list_service_quotas")
        .paginate(ServiceCode="sagemaker")
    )
    quotas = (quota for page in pages for quota in page["Quotas"])
    value = next((quota["Value"] for quota in quotas if quota["QuotaName"] == wanted), None)
    if value is None:
        return not_checkable(f"the account lists no quota {wanted!r}")
    count = stage.settings.endpoint_instance_count
    if value < count:
        return problem(f"quota {wanted!r} is {value:g}, the stage needs {count}")
    return ok(f"{wanted}: {value:g}")


def _recovery(stage: ExaminedStage) -> CheckAnswer:
    dynamodb, off = stage.client("dynamodb"), []
    for logical_id in ("Photos", "Assignments"):
        backups = dynamodb.describe_continuous_backups(TableName=stage.of_type(TABLE)[logical_id])[
            "ContinuousBackupsDescription"
        ]
        recovery = backups.get("PointInTimeRecoveryDescription", {})
        if recovery.get("PointInTimeRecoveryStatus") != "ENABLED":
            off.append(f"table {logical_id} cannot be restored to a point in time")
    return verdict_on(off, sound="tables Photos and Assignments")


CHECKS = (
    StageCheck(
        name="identity",
        question="Are the credentials of the stage's account?",
        remedy="Choose the profile of the stage's account (AWS_PROFILE).",
        answer=_identity,
    ),
    StageCheck(
        name="clock",
        question="Is this machine's clock right?",
        remedy="Synchronize the clock: signatures are refused when it is five minutes off.",
        answer=_clock,
        aws_only="clock of its own",
    ),
    StageCheck(
        name="lambda_concurrency",
        question="Is Lambda's concurrency enough?",
        remedy="Ask for a higher quota: Service Quotas, AWS Lambda, Concurrent executions.",
        answer=_concurrency,
        aws_only="quotas",
    ),
    StageCheck(
        name="endpoint_instances",
        question="Does the quota allow the endpoint's instances?",
        remedy="Ask for a higher quota: Service Quotas, Amazon SageMaker.",
        answer=_instances,
        aws_only="quotas",
    ),
    StageCheck(
        name="point_in_time_recovery",
        question="Can the ledger be restored to a point in time?",
        remedy="Deploy the stage again: the template switches it on.",
        answer=_recovery,
        aws_only="point-in-time recovery",
    ),
)
