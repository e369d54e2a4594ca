"""The stage that is examined: its stacks' resources, its settings, and its newest photos."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from handlers.aws.photos_table import PhotosTable
from handlers.domain.timestamps import stamp
from infra.config import STAGES_FOLDER, InvalidConfig, StageConfig, stage_config
from infra.operations.errors import OutdatedStack

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from handlers.aws.photos_table import Row
    from infra.operations.target import Target

RECENT = timedelta(hours=24)  # photos that are read
_PHOTOS_OF_AN_HOUR = 200  # read at most, the newest first

RULE, SCHEDULE = "AWS::Events::Rule", "AWS::Scheduler::Schedule"
SCHEDULE_GROUP = "AWS::Scheduler::ScheduleGroup"
MAPPING, FUNCTION = "AWS::Lambda::EventSourceMapping", "AWS::Lambda::Function"
ALARM, QUEUE, TABLE = "AWS::CloudWatch::Alarm", "AWS::SQS::Queue", "AWS::DynamoDB::Table"
ENDPOINT_CONFIG = "AWS::SageMaker::EndpointConfig"

Resources = dict[str, dict[str, str]]  # physical id by logical id, by resource type


@dataclass(frozen=True, slots=True, kw_only=True)
class ExaminedStage:
    """What the checks read. `settings` may be None: the stage has no valid ones."""

    target: Target
    settings: StageConfig | None
    settings_missing: str  # the reason for that
    pipeline: Resources
    serving: Resources | None  # None: no stack `Serving` here
    now: datetime
    sends_test_alarm: bool = False
    alarm_wait_s: int = 60  # for the delivery of the test alarm
    photos: list[Row] = field(default_factory=list)  # of the last day, newest first, not all

    @classmethod
    def of(
        cls,
        target: Target,
        *,
        now: datetime,
        sends_test_alarm: bool = False,
        stages: Path = STAGES_FOLDER,
    ) -> ExaminedStage:
        """Read the stacks, the settings of the file in `stages`, and the newest photos.

        Raises: ClientError, BotoCoreError.
        """
        settings, missing = _settings(target.stage, stages)
        return cls(
            target=target,
            settings=settings,
            settings_missing=missing,
            pipeline=_resources(target, f"Scones-{target.stage}-Pipeline") or {},
            serving=_resources(target, f"Scones-{target.stage}-Serving"),
            now=now,
            sends_test_alarm=sends_test_alarm,
            photos=list(_newest_photos(target, now)),
        )

    @property
    def endpoint_name(self) -> str:
        """The name that both stacks compute from the stage's name."""
        return StageConfig(stage=self.target.stage).endpoint_name

    def client(self, service: str) -> Any:  # noqa: ANN401 # the type depends on the name
        """Return a client of the stage's account and Region."""
        return self.target.session.client(service)  # type: ignore[call-overload] # any service

    def of_type(self, resource_type: str) -> Mapping[str, str]:
        """Return the physical ids of the pipeline's resources of a type, by logical id.

        Raises: OutdatedStack, if the stack has none.
        """
        resources = self.pipeline.get(resource_type)
        if not resources:
            raise OutdatedStack(f"the stack of stage {self.target.stage} has no {resource_type}")
        return resources


def _settings(stage: str, stages: Path) -> tuple[StageConfig | None, str]:
    try:
        return stage_config(stage, folder=stages), ""
    except InvalidConfig as error:
        return None, f"the settings of the stage cannot be compared: {error}"


def _resources(target: Target, stack: str) -> Resources | None:
    """Return the resources of a stack, or None if there is no such stack."""
    client = target.session.client("cloudformation")
    resources: Resources = {}
    try:
        for page in client.get_paginator("list_stack_resources").paginate(StackName=stack):
            for listed in page["StackResourceSummaries"]:
                of_type = resources.setdefault(listed["ResourceType"], {})
                of_type[listed["LogicalResourceId"]] = listed.get("PhysicalResourceId", "")
    except ClientError as error:
        # CloudFormation reports a stack that does not exist as invalid input.
        if error.response.get("Error", {}).get("Code") != "ValidationError":
            raise
        return None
    return resources


def _newest_photos(target: Target, now: datetime) -> Iterator[Row]:
    """Yield the newest photos of the last hour that has any, back to a day ago."""
    table = PhotosTable(target.session.client("dynamodb"), table=target.output("PhotosTable"))
    hour = now
    while hour > now - RECENT:
        rows = table.received_in(
            f"{hour:%Y-%m-%dT%H}", since=stamp(now - RECENT), newest_first=True
        )
        newest = list(islice(rows, _PHOTOS_OF_AN_HOUR))
        if newest:
            yield from newest
            return
        hour -= timedelta(hours=1)
