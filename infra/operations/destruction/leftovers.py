"""Searches an account for what is left of a stage: by tag, and by name in each service.

Neither alone suffices. Some types have no tags, and operators create things by hand; names that
CloudFormation generates for user pools, models or state machines do not contain the stage's.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from infra.operations.deployment.account import pipeline_stack, serving_stack
from infra.operations.deployment.model_archive import models_bucket
from infra.operations.destruction.stage_stacks import existing_stack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from infra.config import StageConfig
    from infra.operations.deployment.account import Account

PROJECT = "scones-unlimited"  # value of the tag `project`
_POLL_S = 5.0
_BY_HAND = "delete it by its service's own command, or take its tags away"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """A resource of the stage that exists."""

    kind: str
    service: str  # as ARNs name it
    name: str  # by which the service knows it; an ARN if only its tags showed it
    remedy: str  # a command that removes it


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftoverSearch:
    """The search for one stage. Methods raise ClientError and BotoCoreError as the SDK does."""

    account: Account
    config: StageConfig

    def run(self, *, without: Iterable[str] = ()) -> list[Leftover]:
        """Return what exists, except for what has one of the names in `without`."""
        excepted = tuple(without)
        leftovers = list(self._by_name())
        for arn in dict.fromkeys(self._tagged()):
            service = _service_of(arn)
            if not any(
                leftover.service == service and _is_named(arn, leftover.name)
                for leftover in leftovers
            ):
                leftovers.append(
                    Leftover(kind="tagged", service=service, name=arn, remedy=_BY_HAND)
                )
        return [
            leftover
            for leftover in leftovers
            if not any(_is_named(leftover.name, name) for name in excepted)
        ]

    def wait(self, *, without: Iterable[str], at_most_s: float) -> list[Leftover]:
        """Return what is left after a time in which it becomes less.

        Listings, and the index of tags above all, show what was deleted for a while.
        """
        end = time.monotonic() + at_most_s
        while (leftovers := self.run(without=without)) and time.monotonic() < end:
            time.sleep(_POLL_S)
        return leftovers

    def _tagged(self) -> Iterator[str]:
        """Yield the ARNs of what has the stage's tags."""
        filters = {"project": PROJECT, "stage": self.config.stage}
        wanted = [{"Key": key, "Values": [value]} for key, value in filters.items()]
        for page in self._pages(
            "resourcegroupstaggingapi", "get_resources", {"TagFilters": wanted}
        ):
            for resource in page["ResourceTagMappingList"]:
                yield resource["ResourceARN"]
        # Not every index of tags has secrets; their own listing has.
        secrets = [{"Key": "tag-value", "Values": [PROJECT]}]
        for page in self._pages("secretsmanager", "list_secrets", {"Filters": secrets}):
            for secret in page["SecretList"]:
                tags = {tag["Key"]: tag["Value"] for tag in secret.get("Tags", [])}
                if filters.items() <= tags.items():
                    yield secret["ARN"]

    def _by_name(self) -> Iterator[Leftover]:
        yield from self._stacks()
        for service in _SERVICES:
            if service.is_on_emulator or not self.account.is_emulator:
                for name in self._names(service):
                    remedy = service.remedy.format(name=name)
                    yield Leftover(
                        kind=service.kind, service=service.client, name=name, remedy=remedy
                    )
        yield from self._domains()

    def _names(self, service: _Service) -> Iterator[str]:
        stage, names = self.config.stage, self._own_names()
        prefixes = tuple(
            prefix.format(stack=f"scones-{stage}-{stack}-", stage=stage).lower()
            for prefix in service.prefixes
            for stack in ("pipeline", "serving")
        )
        arguments = service.arguments(self.config)
        for page in self._pages(service.client, service.listing, arguments):
            for entry in page.get(service.field, []):  # SQS leaves an empty list out
                name = entry[service.name] if isinstance(entry, dict) else entry
                last = name.rpartition("/")[2] if service.is_url else name.rpartition(":")[2]
                if last.lower().startswith(prefixes) or last in names:
                    yield name

    def _own_names(self) -> set[str]:
        """Return the names that a stage gives, which are unique to it."""
        config, account, region = self.config, self.account.account, self.account.region
        stage = config.stage
        return {
            config.capture_bucket_name(account=account, region=region),
            models_bucket(self.account, stage),
            config.event_bus_name,
            config.endpoint_name,
            *(f"scones-{stage}-alarms", f"scones-{stage}-pages", f"scones-{stage}"),
            f"/aws/sagemaker/Endpoints/{config.endpoint_name}",
            *(f"/aws/vendedlogs/{source}/scones-{stage}" for source in ("apis", "states")),
        }

    def _stacks(self) -> Iterator[Leftover]:
        cloudformation = self.account.session.client("cloudformation")
        for name in (pipeline_stack(self.config.stage), serving_stack(self.config.stage)):
            if existing_stack(cloudformation, name) is not None:
                remedy = f"scones destroy {self.config.stage}"
                yield Leftover(kind="stack", service="cloudformation", name=name, remedy=remedy)

    def _domains(self) -> Iterator[Leftover]:
        """Yield the sign-in domains, which no listing has."""
        cognito = self.account.session.client("cognito-idp")
        for side in ("drivers", "reviewers"):
            domain = f"scones-{self.config.stage}-{side}-{self.account.account}"
            try:
                description = cognito.describe_user_pool_domain(Domain=domain)["DomainDescription"]
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") != "ResourceNotFoundException":
                    raise
                continue
            if pool := description.get("UserPoolId"):
                remedy = (
                    f"aws cognito-idp delete-user-pool-domain --domain {domain} "
                    f"--user-pool-id {pool}"
                )
                yield Leftover(
                    kind="sign-in domain", service="cognito-idp", name=domain, remedy=remedy
                )

    def _pages(
        self, service: str, listing: str, arguments: dict[str, Any]
    ) -> Iterator[dict[str, Any]]:
        """Yield the pages of a listing. Any: the SDK's, of a service that is known by its name."""
        client: Any = self.account.session.client(service)  # type: ignore[call-overload] # any
        yield from client.get_paginator(listing).paginate(**arguments)


def _none(_config: StageConfig) -> dict[str, Any]:  # Any: parameters of an SDK's paginator
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Service:
    """How one service lists its resources, and which of their names are a stage's."""

    kind: str
    client: str
    listing: str  # a paginator
    field: str  # of the answer: the list
    remedy: str  # with {name}
    name: str = ""  # of an entry; empty: the entry is the name
    # Of names, in any case; {stack} is the beginning of names that CloudFormation generates.
    prefixes: tuple[str, ...] = ("{stack}",)
    arguments: Callable[[StageConfig], dict[str, Any]] = _none  # Any: see `_none`
    is_url: bool = False  # whether an entry ends in the name, behind a slash
    is_on_emulator: bool = True


_SERVICES = (
    _Service(
        kind="bucket",
        client="s3",
        listing="list_buckets",
        field="Buckets",
        name="Name",
        remedy="aws s3 rb --force s3://{name}",
    ),
    _Service(
        kind="table",
        client="dynamodb",
        listing="list_tables",
        field="TableNames",
        remedy="aws dynamodb delete-table --table-name {name}",
    ),
    _Service(
        kind="queue",
        client="sqs",
        listing="list_queues",
        field="QueueUrls",
        is_url=True,
        remedy="aws sqs delete-queue --queue-url {name}",
    ),
    _Service(
        kind="topic",
        client="sns",
        listing="list_topics",
        field="Topics",
        name="TopicArn",
        remedy="aws sns delete-topic --topic-arn {name}",
    ),
    _Service(
        kind="function",
        client="lambda",
        listing="list_functions",
        field="Functions",
        name="FunctionName",
        remedy="aws lambda delete-function --function-name {name}",
    ),
    _Service(
        kind="log group",
        client="logs",
        listing="describe_log_groups",
        field="logGroups",
        name="logGroupName",
        prefixes=("{stack}", "/aws/lambda/{stack}"),
        remedy="aws logs delete-log-group --log-group-name {name}",
    ),
    _Service(
        kind="parameter",
        client="ssm",
        listing="get_parameters_by_path",
        field="Parameters",
        name="Name",
        prefixes=("/scones/{stage}/",),
        arguments=lambda config: {"Path": f"/scones/{config.stage}", "Recursive": True},
        remedy="aws ssm delete-parameter --name {name}",
    ),
    _Service(
        kind="group of schedules",
        client="scheduler",
        listing="list_schedule_groups",
        field="ScheduleGroups",
        name="Name",
        remedy="aws scheduler delete-schedule-group --name {name}",
    ),
    _Service(
        kind="alarm",
        client="cloudwatch",
        listing="describe_alarms",
        field="MetricAlarms",
        name="AlarmName",
        prefixes=("scones-{stage}-page-", "scones-{stage}-ticket-"),
        arguments=lambda config: {"AlarmNamePrefix": f"scones-{config.stage}-"},
        remedy="aws cloudwatch delete-alarms --alarm-names {name}",
    ),
    _Service(
        kind="dashboard",
        client="cloudwatch",
        listing="list_dashboards",
        field="DashboardEntries",
        name="DashboardName",
        remedy="aws cloudwatch delete-dashboards --dashboard-names {name}",
    ),
    _Service(
        kind="rule",
        client="events",
        listing="list_rules",
        field="Rules",
        name="Name",
        remedy="aws events delete-rule --name {name}",
    ),
    _Service(
        kind="role",
        client="iam",
        listing="list_roles",
        field="Roles",
        name="RoleName",
        remedy="aws iam delete-role --role-name {name}",
    ),
    _Service(
        kind="endpoint",
        client="sagemaker",
        listing="list_endpoints",
        field="Endpoints",
        name="EndpointName",
        is_on_emulator=False,
        remedy="aws sagemaker delete-endpoint --endpoint-name {name}",
    ),
    _Service(
        kind="endpoint configuration",
        client="sagemaker",
        listing="list_endpoint_configs",
        field="EndpointConfigs",
        name="EndpointConfigName",
        is_on_emulator=False,
        remedy="aws sagemaker delete-endpoint-config --endpoint-config-name {name}",
    ),
    _Service(
        kind="model",
        client="sagemaker",
        listing="list_models",
        field="Models",
        name="ModelName",
        is_on_emulator=False,
        remedy="aws sagemaker delete-model --model-name {name}",
    ),
)


def _is_named(text: str, name: str) -> bool:
    """Whether an ARN, an address or a name is that of the resource `name`."""
    last = name.rpartition("/")[2] if name.startswith("http") else name
    if text == name or (last.startswith("/") and text.endswith(last)):
        return True
    return text.endswith((f":{last}", f"/{last}"))


def _service_of(arn: str) -> str:
    return arn.split(":")[2]
