"""Deploys a stage: checks, artefacts, differences, approval, stacks, canary photos, history."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from handlers.domain.timestamps import stamp
from infra.config import STAGES_FOLDER, stage_config, stage_file, stage_settings
from infra.operations.deployment import preflight
from infra.operations.deployment.account import Account, pipeline_stack, serving_stack
from infra.operations.deployment.adoption import adopt, adoptable
from infra.operations.deployment.artefacts import Artefacts
from infra.operations.deployment.canary import reason_to_wait, run_canaries
from infra.operations.deployment.cdk_cli import CdkCli
from infra.operations.deployment.errors import DeploymentRefused, NothingToRestore
from infra.operations.deployment.history import (
    DeploymentRecord,
    History,
    changes_between,
    deployment_to_restore,
    settings_of,
)
from infra.operations.deployment.stage_lines import write_settings
from infra.operations.version import commit
from infra.synthesis.synth import ROOT, synthesize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from infra.config import StageConfig
    from infra.operations.deployment.artefacts import Build
    from infra.operations.deployment.canary import CanaryResult
    from infra.operations.deployment.cdk_cli import StackDiff
    from infra.operations.deployment.preflight import CheckResult
    from infra.operations.destruction.kept_resources import KeptResource

_DRAFTS = ROOT / ".scones" / "stages"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialogue:
    """How a deployment talks to its caller."""

    show: Callable[[str], None]  # a line of text
    approves: Callable[[str], bool]  # asks a question


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentResult:
    """What a deployment did."""

    stage: str
    is_deployed: bool  # false: a dry run
    changed: tuple[str, ...] = ()  # the stacks that were deployed
    model_version: str = ""
    canaries: tuple[CanaryResult, ...] = ()
    canaries_not_sent: str = ""  # why no outcome could be judged; empty if none was wanted, too
    not_deployed: tuple[str, ...] = ()  # stacks that this account cannot have: the emulator's

    @property
    def has_passed(self) -> bool:
        """Whether every canary photo had its expected outcome."""
        return not any(result.problem for result in self.canaries)


@dataclass(frozen=True, slots=True)
class _Step:
    """One change of the account, and its name in the question before all of them."""

    name: str
    take: Callable[[], object]


@dataclass(kw_only=True)
class Deployment:
    """One deployment of a stage. Each step raises what its module raises."""

    stage: str
    dialogue: Dialogue
    stages: Path = STAGES_FOLDER
    model: Mapping[str, Any] = field(default_factory=dict)  # Any: new settings of the model
    build: Build | None = None
    is_dry_run: bool = False
    sends_canaries: bool = True
    restores: int = 0  # see `DeploymentRecord`

    def run(self) -> DeploymentResult:
        """Deploy what differs, after approval.

        Raises: DeploymentError, InvalidConfig, SynthFailed, NodeMissing, ClientError,
        BotoCoreError.
        """
        settings = stage_settings(self.stage, folder=self.stages)
        self._show_results(preflight.check_machine())
        account = Account.of_stage(settings)
        history = History(account.session.client("ssm"), stage=self.stage)
        records = history.records()
        in_force = records[-1] if records else None
        planned = self._planned(account)
        config, folder = self._settings(planned)
        self._show_results(
            [
                *preflight.check_account(account, config),
                *preflight.check_artefacts(account, config, in_force=in_force, planned=planned),
            ]
        )
        assembly = synthesize(self.stage, assembly_of(self.stage), stages=folder)
        bootstrap = preflight.check_bootstrap(account, assembly)
        self._show_results([bootstrap])
        cdk = CdkCli(assembly, account, show=self.dialogue.show)
        self._show_settings(config, in_force)
        kept = adoptable(account, self.stage)
        for resource in kept:
            self.dialogue.show(f"adopts {resource.logical_id}: {resource.physical_id}")
        stacks = self._order(account)
        differing = self._differing(cdk, stacks)
        version = preflight.model_version(account, config, planned=planned)
        result = DeploymentResult(
            stage=self.stage,
            is_deployed=False,
            model_version=version,
            not_deployed=(serving_stack(self.stage),) if account.is_emulator else (),
        )
        if self.is_dry_run:
            return result
        steps = [
            *(
                [_Step("cdk bootstrap", cdk.bootstrap)]
                if bootstrap.status != preflight.PASSED
                else []
            ),
            *self._steps_of_artefacts(account, planned),
            *self._steps_of_adoption(account, assembly, kept),
            *(_Step(stack, partial(cdk.deploy, stack)) for stack in differing),
        ]
        question = f"Deploy {', then '.join(step.name for step in steps)}?"
        if steps and not self.dialogue.approves(question):
            raise DeploymentRefused("not approved; nothing was changed.")
        for step in steps:
            step.take()
        self._keep_settings(folder)
        record = self._record(config, version)
        if differing or in_force is None or in_force.settings != record.settings:
            history.add(record)
        canaries, not_sent = self._canaries(account, config)
        return DeploymentResult(
            stage=self.stage,
            is_deployed=True,
            changed=tuple(differing),
            model_version=version,
            canaries=canaries,
            canaries_not_sent=not_sent,
            not_deployed=result.not_deployed,
        )

    def _steps_of_artefacts(self, account: Account, planned: Artefacts | None) -> list[_Step]:
        if planned is None or not planned.steps:
            return []
        make = partial(planned.make, account, show=self.dialogue.show)
        return [_Step(", then ".join(planned.steps), make)]

    def _steps_of_adoption(
        self, account: Account, assembly: Path, kept: list[KeptResource]
    ) -> list[_Step]:
        if not kept:
            return []
        return [
            _Step(
                f"adopt {len(kept)} kept resources",
                partial(adopt, account, self.stage, assembly, kept),
            )
        ]

    def _settings(self, planned: Artefacts | None) -> tuple[StageConfig, Path]:
        """Return the settings, and the folder of the file that has them.

        New settings of the model are written into a copy, which replaces the stage's file once
        they are deployed.
        """
        values = {**(planned.settings if planned is not None else {}), **self.model}
        if not values:
            return stage_config(self.stage, folder=self.stages), self.stages
        _DRAFTS.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(
            stage_file(self.stage, folder=self.stages), stage_file(self.stage, folder=_DRAFTS)
        )
        for line in write_settings(self.stage, values, folder=_DRAFTS):
            self.dialogue.show(f"stages/{self.stage}.toml: {line}")
        return stage_config(self.stage, folder=_DRAFTS), _DRAFTS

    def _planned(self, account: Account) -> Artefacts | None:
        if self.build is None:
            return None
        config = stage_settings(self.stage, folder=self.stages)
        return Artefacts.planned(account, config, self.build, given=self.model.keys())

    def _keep_settings(self, folder: Path) -> None:
        if folder != self.stages:
            shutil.copyfile(
                stage_file(self.stage, folder=folder), stage_file(self.stage, folder=self.stages)
            )
            self.dialogue.show(f"stages/{self.stage}.toml has the new model: commit it")

    def _order(self, account: Account) -> list[str]:
        """Return the stacks in the order of their deployment.

        In a new stage the endpoint comes first, so that no photo arrives before it. Later the
        pipeline does: its policy knows a new model before the endpoint answers with it.
        """
        pipeline, serving = pipeline_stack(self.stage), serving_stack(self.stage)
        if account.is_emulator:
            return [pipeline]
        is_new = account.target(self.stage) is None
        return [serving, pipeline] if is_new else [pipeline, serving]

    def _differing(self, cdk: CdkCli, stacks: list[str]) -> dict[str, StackDiff]:
        diffs = {stack: cdk.diff(stack) for stack in stacks}
        differing = {stack: diff for stack, diff in diffs.items() if not diff.is_empty}
        for diff in differing.values():
            self.dialogue.show(diff.text)
        for stack in diffs.keys() - differing.keys():
            self.dialogue.show(f"{stack}: no differences")
        return differing

    def _canaries(
        self, account: Account, config: StageConfig
    ) -> tuple[tuple[CanaryResult, ...], str]:
        target = account.target(self.stage)
        if not self.sends_canaries or target is None:
            return (), ""
        if not_sent := reason_to_wait(target, config.off_hours, now=datetime.now(UTC)):
            return (), not_sent
        self.dialogue.show("sending canary photos …")
        return tuple(run_canaries(target)), ""

    def _record(self, config: StageConfig, version: str) -> DeploymentRecord:
        return DeploymentRecord(
            model_version=version,
            settings=settings_of(config),
            commit=commit(),
            deployed_at=stamp(datetime.now(UTC)),
            restores=self.restores,
        )

    def _show_settings(self, config: StageConfig, in_force: DeploymentRecord | None) -> None:
        if in_force is None:
            self.dialogue.show(f"stage {self.stage} has no deployment yet")
            return
        changes = changes_between(in_force.settings, settings_of(config))
        at = f"deployment {in_force.number} of {in_force.deployed_at}"
        self.dialogue.show(f"settings since {at}: {'' if changes else 'the same'}".rstrip())
        for change in changes:
            self.dialogue.show(f"  {change}")

    def _show_results(self, results: Iterable[CheckResult]) -> None:
        refused = 0
        for result in results:
            self.dialogue.show(f"{result.status:<8}{result.check}: {result.sentence}")
            refused += result.status == preflight.REFUSED
        if refused:
            raise DeploymentRefused(f"{refused} check(s) refused it; nothing was changed.")


def assembly_of(stage: str) -> Path:
    """Return the folder that a stage is synthesized into before a deployment."""
    return ROOT / ".scones" / f"cdk.out.deploy-{stage}"


def rollback(
    stage: str,
    *,
    dialogue: Dialogue,
    stages: Path = STAGES_FOLDER,
    is_dry_run: bool = False,
    sends_canaries: bool = True,
) -> DeploymentResult:
    """Deploy the model that was in force before this one, with today's other settings.

    The policy keeps knowing the present model, which answers until the endpoint has changed.
    Raises: NothingToRestore, and what `Deployment.run` raises.
    """
    config = stage_settings(stage, folder=stages)
    account = Account.of_stage(config)
    records = History(account.session.client("ssm"), stage=stage).records()
    former = deployment_to_restore(records)
    if former is None:
        raise NothingToRestore(f"no earlier deployment of stage {stage} had another model.")
    current = records[-1]
    dialogue.show(
        f"rolling back from model {current.model_version} to {former.model_version}, that of "
        f"deployment {former.number} of {former.deployed_at}"
    )
    manifests = [*former.model["model_manifests"], *current.model["model_manifests"]]
    return Deployment(
        stage=stage,
        dialogue=dialogue,
        stages=stages,
        model={**former.model, "model_manifests": list(dict.fromkeys(manifests))},
        is_dry_run=is_dry_run,
        sends_canaries=sends_canaries,
        restores=former.number,
    ).run()
