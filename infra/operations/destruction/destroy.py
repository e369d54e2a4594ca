"""Destroys a stage: intake, endpoint, stacks, what they keep, and the proof that nothing is left.

Each step may be repeated: an interrupted destruction is run again, and a second one finds nothing.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from infra.config import STAGES_FOLDER, stage_settings
from infra.operations.deployment.account import Account, pipeline_stack, serving_stack
from infra.operations.deployment.history import history_parameter
from infra.operations.deployment.model_archive import models_bucket
from infra.operations.destruction.bucket_emptying import count_versions, empty_bucket
from infra.operations.destruction.errors import DestructionRefused, StackNotDeleted
from infra.operations.destruction.intake_stop import stop_intake
from infra.operations.destruction.kept_resources import (
    KINDS,
    KeptResource,
    KeptResources,
    exists,
    remove,
)
from infra.operations.destruction.leftovers import Leftover, LeftoverSearch
from infra.operations.destruction.stage_stacks import delete_stack, existing_stack, lift_protection
from infra.operations.destruction.table_export import export_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from infra.config import StageConfig
    from infra.operations.destruction.stage_stacks import ExistingStack

BUCKET, TABLE = "AWS::S3::Bucket", "AWS::DynamoDB::Table"
DRAIN_S = 600.0  # a photo that is not decided by then waits for a retry
INDEX_LAGS_S = 120.0  # how long listings are asked again that may show what was deleted
_ATTEMPTS = 3  # at a stack: a bucket that was empty may have got a last object
SHARED = (
    "not of this stage alone, and kept: the repository scones-serving in ECR, and the bootstrap of "
    "CDK with its packages"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """How a destruction talks to its caller."""

    show: Callable[[str], None]  # a line of text
    ask_name: Callable[[str], str]  # asks for the stage's name; another answer refuses


@dataclass(frozen=True, slots=True, kw_only=True)
class DestructionResult:
    """What a destruction did, and what it left."""

    stage: str
    is_destroyed: bool  # false: a dry run
    deleted: tuple[str, ...] = ()  # the stacks
    removed: tuple[str, ...] = ()  # what they had kept, and what belongs to no stack
    kept: tuple[str, ...] = ()  # data that the caller keeps
    leftovers: tuple[Leftover, ...] = ()


@dataclass(kw_only=True)
class Destruction:
    """The destruction of one stage. Each step raises what its module raises."""

    stage: str
    questions: Questions
    stages: Path = STAGES_FOLDER
    lifts_protection: bool = False
    keeps_data: bool = False
    export: Path | None = None  # folder for the rows of the tables
    is_dry_run: bool = False
    drain_s: float = DRAIN_S
    lag_s: float = INDEX_LAGS_S

    def run(self) -> DestructionResult:
        """Destroy what exists, after approval, and search for what is left.

        Raises: DestructionError, DeploymentRefused, InvalidConfig, ClientError, BotoCoreError.
        """
        config = stage_settings(self.stage, folder=self.stages)
        account = Account.of_stage(config)
        cloudformation = account.session.client("cloudformation")
        record = KeptResources(account.session.client("ssm"), stage=self.stage)
        # The endpoint first: it is what costs, and photos wait without it.
        names = (serving_stack(self.stage), pipeline_stack(self.stage))
        stacks = [
            stack for name in names if (stack := existing_stack(cloudformation, name)) is not None
        ]
        kept = _merged(record.read(), stacks)
        self._show_plan(account, config, stacks, kept)
        self._check(stacks, kept)
        if self.is_dry_run:
            return DestructionResult(stage=self.stage, is_destroyed=False)
        question = f"This deletes stage {self.stage} in {account.account}, {account.region}"
        if self.questions.ask_name(question) != self.stage:
            raise DestructionRefused("the stage's name was not confirmed; nothing was deleted.")
        self._stop(account, stacks)
        self._export(account, stacks, kept)
        record.add(kept)
        for stack in stacks:
            self._delete(account, stack)
        if self.keeps_data:
            removed = []
            retained = self._retained(account, config, kept)
        else:
            removed = [*self._remove_kept(account, kept), *self._remove_own(account, config)]
            record.forget()
            retained = []
        search = LeftoverSearch(account=account, config=config)
        return DestructionResult(
            stage=self.stage,
            is_destroyed=True,
            deleted=tuple(stack.name for stack in stacks),
            removed=tuple(removed),
            kept=tuple(retained),
            leftovers=tuple(search.wait(without=retained, at_most_s=self.lag_s)),
        )

    def _check(self, stacks: list[ExistingStack], kept: list[KeptResource]) -> None:
        """Refuse what cannot be done. Raises: DestructionRefused."""
        for stack in stacks:
            if stack.is_changing:
                raise DestructionRefused(f"{stack.name} is {stack.status}: wait for its end.")
        is_durable = any(resource.is_kept for stack in stacks for resource in stack.resources)
        if self.keeps_data and stacks and not is_durable:
            raise DestructionRefused(
                f"stage {self.stage} is not durable, so its stacks delete their data: deploy it "
                "with is_durable = true first, or copy the data."
            )
        is_protected = any(stack.is_protected for stack in stacks) or (kept and not self.keeps_data)
        if is_protected and not (self.lifts_protection or self.is_dry_run):
            raise DestructionRefused(
                f"stage {self.stage} is protected: add --lift-protection. Nothing was changed."
            )

    def _show_plan(
        self,
        account: Account,
        config: StageConfig,
        stacks: list[ExistingStack],
        kept: list[KeptResource],
    ) -> None:
        show = self.questions.show
        s3 = account.session.client("s3")
        for stack in stacks:
            protection = ", protected" if stack.is_protected else ""
            count = len(stack.resources)
            show(f"delete stack {stack.name}: {stack.status}{protection}, {count} resources")
            for resource in stack.resources:
                if resource.kind == BUCKET and not resource.is_kept:
                    objects = count_versions(s3, resource.physical_id)
                    show(f"  empty bucket {resource.physical_id}: {objects} object versions")
        verb = "keep" if self.keeps_data else "delete"
        for entry in kept:
            show(f"{verb} {_label(entry)}{_size(account, entry)}")
        for name in self._own_parameters(config):
            show(f"{verb} parameter {name}, if it exists")
        show(f"{verb} bucket {models_bucket(account, self.stage)}, if it exists")
        show(SHARED)

    def _stop(self, account: Account, stacks: list[ExistingStack]) -> None:
        """Pause the intake of a stage that works; a half-made one takes no photos."""
        whole = {stack.name for stack in stacks if stack.is_whole}
        target = account.target(self.stage)
        if pipeline_stack(self.stage) not in whole or target is None:
            return
        in_progress = stop_intake(target, at_most_s=self.drain_s, show=self.questions.show)
        if in_progress:
            self.questions.show(f"{in_progress} photos are still in progress, and end undecided")

    def _export(
        self, account: Account, stacks: list[ExistingStack], kept: list[KeptResource]
    ) -> None:
        if self.export is None:
            return
        dynamodb = account.session.client("dynamodb")
        present = [resource for stack in stacks for resource in stack.resources]
        tables = {
            resource.logical_id: resource.physical_id
            for resource in present
            if resource.kind == TABLE
        }
        tables |= {entry.logical_id: entry.physical_id for entry in kept if entry.kind == TABLE}
        for logical_id, table in tables.items():
            file = self.export / f"{logical_id}.jsonl"
            try:
                count = export_table(dynamodb, table, file)
            except dynamodb.exceptions.ResourceNotFoundException:
                continue
            self.questions.show(f"{count} rows of {table} are in {file}")

    def _delete(self, account: Account, stack: ExistingStack) -> None:
        """Delete one stack, after emptying the buckets that go with it."""
        cloudformation, s3 = (
            account.session.client("cloudformation"),
            account.session.client("s3"),
        )
        if stack.is_protected:
            lift_protection(cloudformation, stack.name)
        buckets = [
            resource.physical_id
            for resource in stack.resources
            if resource.kind == BUCKET and not resource.is_kept
        ]
        for attempt in range(1, _ATTEMPTS + 1):
            for bucket in buckets:
                empty_bucket(s3, bucket)
            self.questions.show(f"deleting stack {stack.name}")
            try:
                delete_stack(cloudformation, stack.name)
            except StackNotDeleted as error:
                if attempt == _ATTEMPTS:
                    raise
                self.questions.show(f"{error}; trying again")
            else:
                return

    def _remove_kept(self, account: Account, kept: list[KeptResource]) -> list[str]:
        """Remove what the stacks kept; the access logs last, into which S3 writes late."""
        removed = []
        for resource in sorted(kept, key=lambda resource: resource.logical_id == "AccessLogs"):
            if remove(account.session, resource):
                self.questions.show(f"deleted {_label(resource)}")
                removed.append(resource.physical_id)
        return removed

    def _remove_own(self, account: Account, config: StageConfig) -> list[str]:
        """Remove what the commands, and no stack, have made for the stage."""
        ssm, s3 = account.session.client("ssm"), account.session.client("s3")
        removed = []
        for name in self._own_parameters(config):
            with contextlib.suppress(ssm.exceptions.ParameterNotFound):
                ssm.delete_parameter(Name=name)
                removed.append(name)
        models = KeptResource(
            logical_id="", kind=BUCKET, physical_id=models_bucket(account, self.stage)
        )
        if exists(account.session, models):
            empty_bucket(s3, models.physical_id)
            s3.delete_bucket(Bucket=models.physical_id)
            removed.append(models.physical_id)
        return removed

    def _own_parameters(self, config: StageConfig) -> tuple[str, ...]:
        return history_parameter(self.stage), config.policy_override_parameter_name

    def _retained(
        self, account: Account, config: StageConfig, kept: list[KeptResource]
    ) -> list[str]:
        """Return the names of what the caller keeps, and of the record that the commands need."""
        record = KeptResources(account.session.client("ssm"), stage=self.stage)
        return [
            *(resource.physical_id for resource in kept if exists(account.session, resource)),
            *self._own_parameters(config),
            models_bucket(account, self.stage),
            record.parameter,
        ]


def _merged(recorded: list[KeptResource], stacks: list[ExistingStack]) -> list[KeptResource]:
    """Return what former stacks have kept, and what the present ones will keep."""
    present = [
        KeptResource(
            logical_id=resource.logical_id, kind=resource.kind, physical_id=resource.physical_id
        )
        for stack in stacks
        for resource in stack.resources
        if resource.is_kept and resource.kind in KINDS
    ]
    return list(dict.fromkeys([*recorded, *present]))


def _label(resource: KeptResource) -> str:
    return f"{KINDS[resource.kind].word} {resource.physical_id}"


def _size(account: Account, resource: KeptResource) -> str:
    """Return how much a bucket or a table holds, as text; empty for others."""
    if not exists(account.session, resource):
        return " (gone)"
    if resource.kind == BUCKET:
        count = count_versions(account.session.client("s3"), resource.physical_id)
        return f": {count} object versions"
    if resource.kind == TABLE:
        dynamodb = account.session.client("dynamodb")
        table = dynamodb.describe_table(TableName=resource.physical_id)["Table"]
        # DynamoDB counts about every six hours.
        return f": about {table['ItemCount']} rows"
    return ""
