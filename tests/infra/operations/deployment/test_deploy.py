"""The order of the stacks, the approval, and what a deployment leaves in file and history."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.operations.deployment import deploy, preflight
from infra.operations.deployment.account import Account
from infra.operations.deployment.artefacts import Build
from infra.operations.deployment.canary import CanaryResult
from infra.operations.deployment.cdk_cli import StackDiff
from infra.operations.deployment.deploy import Deployment, Dialogue, rollback
from infra.operations.deployment.errors import DeploymentRefused, NothingToRestore
from infra.operations.deployment.history import History
from infra.operations.deployment.serving_image import ServingImage
from infra.operations.destruction.kept_resources import KeptResource
from infra.operations.target import Target
from tests.infra.conftest import NEXT_MODEL, RELEASE

PIPELINE, SERVING = "Scones-dev-Pipeline", "Scones-dev-Serving"
TEXT = f"""account = "123456789012"
region = "eu-central-1"
is_durable = false
model_image_uri = "{RELEASE["model_image_uri"]}"
model_data_url = "{RELEASE["model_data_url"]}"
"""


class RecordedAccount:
    """An account in which stacks are only listed, and a command line that lists its calls."""

    def __init__(self, stages: Path) -> None:
        self.stages = stages
        self.stacks: set[str] = set()
        self.differing = {PIPELINE, SERVING}
        self.calls: list[str] = []
        self.kept: list[KeptResource] = []
        self.shown: list[str] = []
        self.answer = True
        self.waits_for = ""
        self.session = boto3.Session(region_name="eu-central-1")

    @property
    def stack_calls(self) -> list[str]:
        return [call for call in self.calls if call in {PIPELINE, SERVING}]

    @property
    def file(self) -> str:
        return (self.stages / "dev.toml").read_text(encoding="utf-8")

    @property
    def history(self) -> History:
        return History(self.session.client("ssm"), stage="dev")

    @property
    def dialogue(self) -> Dialogue:
        return Dialogue(show=self.shown.append, approves=lambda _question: self.answer)

    def deploy(self, **options: Any) -> deploy.DeploymentResult:
        return Deployment(stage="dev", dialogue=self.dialogue, stages=self.stages, **options).run()

    def diff(self, stack: str) -> StackDiff:
        return StackDiff(text=f"diff of {stack}", is_empty=stack not in self.differing)

    def deploy_stack(self, stack: str) -> None:
        self.calls.append(stack)
        self.stacks.add(stack)

    def build_image(self, image: ServingImage, *, show: Callable[[str], None]) -> None:
        self.calls.append("image")
        show(f"image: pushed {image.uri}")

    def send_canaries(self, _target: Target) -> list[CanaryResult]:
        self.calls.append("canaries")
        return []

    def made(self) -> dict[str, int]:
        """Count what a deployment can make in the account beside the stacks."""
        repositories = self.session.client("ecr").describe_repositories()["repositories"]
        return {
            "buckets": len(self.session.client("s3").list_buckets()["Buckets"]),
            "repositories": len(repositories),
            "builds": self.calls.count("image"),
        }

    def target(self, stage: str) -> Target | None:
        is_deployed = PIPELINE in self.stacks
        return Target(session=self.session, outputs={}, stage=stage) if is_deployed else None


@pytest.fixture
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RecordedAccount]:
    (tmp_path / "dev.toml").write_text(TEXT, encoding="utf-8")
    monkeypatch.setattr(deploy, "_DRAFTS", tmp_path / "drafts")
    with mock_aws():
        aws = RecordedAccount(tmp_path)

        class Cdk:
            def __init__(self, *_arguments: object, show: Callable[[str], None]) -> None:
                self.bootstrap = lambda: aws.calls.append("bootstrap")
                self.diff, self.deploy, self.show = aws.diff, aws.deploy_stack, show

        account = Account(session=aws.session, account="123456789012", region="eu-central-1")
        passed = preflight.CheckResult(check="any", status=preflight.PASSED, sentence="")
        monkeypatch.setattr(Account, "of_stage", lambda _config: account)
        monkeypatch.setattr(Account, "target", lambda _account, stage: aws.target(stage))
        monkeypatch.setattr(deploy, "CdkCli", Cdk)
        monkeypatch.setattr(deploy, "adoptable", lambda *_: list(aws.kept))
        monkeypatch.setattr(deploy, "adopt", lambda *_: aws.calls.append("adopt"))
        monkeypatch.setattr(deploy, "synthesize", lambda _stage, out, **_options: out)
        monkeypatch.setattr(deploy, "run_canaries", aws.send_canaries)
        monkeypatch.setattr(deploy, "reason_to_wait", lambda *_, **_options: aws.waits_for)
        monkeypatch.setattr(
            ServingImage, "build", lambda image, _ecr, show: aws.build_image(image, show=show)
        )
        monkeypatch.setattr(preflight, "check_machine", lambda: [passed])
        monkeypatch.setattr(preflight, "check_account", lambda *_: [passed])
        monkeypatch.setattr(preflight, "check_artefacts", lambda *_, **_options: [passed])
        monkeypatch.setattr(preflight, "check_bootstrap", lambda *_: passed)
        monkeypatch.setattr(
            preflight, "model_version", lambda _account, config, **_: config.model_data_url
        )
        yield aws


def test_a_new_stage_gets_its_endpoint_first_and_an_existing_one_its_policy(
    aws: RecordedAccount,
) -> None:
    aws.deploy()
    aws.deploy()
    assert aws.stack_calls == [SERVING, PIPELINE, PIPELINE, SERVING]


def test_what_a_destroyed_stage_has_kept_is_taken_in_before_the_stacks_are_deployed(
    aws: RecordedAccount,
) -> None:
    aws.kept = [KeptResource(logical_id="Photos", kind="AWS::DynamoDB::Table", physical_id="t")]
    aws.deploy()
    assert aws.calls == ["adopt", SERVING, PIPELINE, "canaries"]


def test_only_stacks_that_differ_are_deployed(aws: RecordedAccount) -> None:
    aws.deploy()
    aws.differing = {SERVING}
    assert aws.deploy().changed == (SERVING,)
    aws.differing = set()
    assert aws.deploy().changed == ()
    assert aws.stack_calls == [SERVING, PIPELINE, SERVING]


def test_a_dry_run_and_a_refused_approval_change_nothing(aws: RecordedAccount) -> None:
    assert not aws.deploy(is_dry_run=True, model=NEXT_MODEL).is_deployed
    aws.answer = False
    with pytest.raises(DeploymentRefused, match="not approved"):
        aws.deploy(model=NEXT_MODEL)
    assert (aws.calls, aws.history.records(), aws.file) == ([], [], TEXT)


def test_a_refused_check_ends_the_deployment_before_anything_is_changed(
    aws: RecordedAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = preflight.CheckResult(check="image", status=preflight.REFUSED, sentence="no image")
    monkeypatch.setattr(preflight, "check_artefacts", lambda *_, **_options: [refused])
    with pytest.raises(DeploymentRefused, match=r"1 check\(s\) refused"):
        aws.deploy()
    assert "refused image: no image" in aws.shown
    assert aws.calls == []


def test_an_account_without_a_bootstrap_gets_it_first(
    aws: RecordedAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = preflight.CheckResult(check="bootstrap", status=preflight.NOTED, sentence="missing")
    monkeypatch.setattr(preflight, "check_bootstrap", lambda *_: missing)
    aws.differing, aws.answer = set(), False
    with pytest.raises(DeploymentRefused, match="not approved"):
        aws.deploy()
    assert aws.calls == []
    aws.answer = True
    aws.deploy()
    assert aws.calls[:1] == ["bootstrap"]


def test_a_rollback_restores_the_models_lines_and_keeps_both_manifests(
    aws: RecordedAccount, tmp_path: Path
) -> None:
    aws.deploy()
    manifests = ["training/shipped/manifest.json", str(tmp_path / "next" / "manifest.json")]
    aws.deploy(model={**NEXT_MODEL, "model_manifests": manifests})
    result = rollback("dev", dialogue=aws.dialogue, stages=aws.stages)
    assert result.model_version == RELEASE["model_data_url"]
    assert RELEASE["model_data_url"] in aws.file
    assert aws.history.records()[-1].model == {
        "model_image_uri": RELEASE["model_image_uri"],
        "model_data_url": RELEASE["model_data_url"],
        "model_manifests": manifests,
    }


def test_a_stage_that_had_one_model_only_cannot_be_rolled_back(aws: RecordedAccount) -> None:
    aws.deploy()
    with pytest.raises(NothingToRestore, match="no earlier deployment of stage dev"):
        rollback("dev", dialogue=aws.dialogue, stages=aws.stages)


def test_the_settings_that_differ_from_the_last_deployment_are_shown(aws: RecordedAccount) -> None:
    aws.deploy()
    changed = f'{TEXT}time_zone = "Europe/Berlin"\n'
    (aws.stages / "dev.toml").write_text(changed, encoding="utf-8")
    aws.shown.clear()
    aws.deploy()
    assert '  time_zone: "UTC" -> "Europe/Berlin"' in aws.shown


NOTHING = {"buckets": 0, "repositories": 0, "builds": 0}


@pytest.mark.parametrize(
    "check", ["check_account", "check_artefacts", "check_bootstrap", "check_machine"]
)
def test_a_build_makes_nothing_before_every_check_has_passed(
    aws: RecordedAccount, monkeypatch: pytest.MonkeyPatch, check: str
) -> None:
    refused = preflight.CheckResult(check="any", status=preflight.REFUSED, sentence="no")
    results: object = refused if check == "check_bootstrap" else [refused]
    monkeypatch.setattr(preflight, check, lambda *_, **_options: results)
    with pytest.raises(DeploymentRefused, match="nothing was changed"):
        aws.deploy(build=Build())
    assert aws.made() == NOTHING


@pytest.mark.parametrize("broken", ["synthesis", "differences"])
def test_a_build_makes_nothing_if_the_stage_cannot_be_synthesized_or_compared(
    aws: RecordedAccount, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def fail(*_: object, **_options: object) -> None:
        raise DeploymentRefused(broken)

    if broken == "synthesis":
        monkeypatch.setattr(deploy, "synthesize", fail)
    else:
        monkeypatch.setattr(aws, "diff", fail)
    with pytest.raises(DeploymentRefused, match=broken):
        aws.deploy(build=Build())
    assert aws.made() == NOTHING


def test_a_build_is_shown_by_a_dry_run_and_made_after_approval_alone(
    aws: RecordedAccount,
) -> None:
    aws.deploy(build=Build(), is_dry_run=True)
    aws.answer = False
    with pytest.raises(DeploymentRefused, match="not approved; nothing was changed"):
        aws.deploy(build=Build())
    assert (aws.made(), aws.file) == (NOTHING, TEXT)
    aws.answer = True
    aws.deploy(build=Build())
    assert aws.made() == {"buckets": 1, "repositories": 0, "builds": 1}
    assert aws.calls[0] == "image"
    assert 'model_data_url = "s3://scones-dev-models-123456789012-eu-central-1/' in aws.file
    assert any(line.startswith("model: created the bucket scones-dev-models") for line in aws.shown)


def test_what_was_made_elsewhere_is_not_made(aws: RecordedAccount) -> None:
    aws.deploy(build=Build(), model={"model_image_uri": RELEASE["model_image_uri"]})
    assert aws.made() == {"buckets": 1, "repositories": 0, "builds": 0}


def test_canary_photos_that_would_wait_are_not_sent(
    aws: RecordedAccount,
) -> None:
    aws.waits_for = "intake is paused"
    result = aws.deploy()
    assert (result.canaries_not_sent, result.has_passed) == ("intake is paused", True)
    assert "canaries" not in aws.calls
    aws.waits_for = ""
    assert aws.deploy().canaries_not_sent == ""
    assert "canaries" in aws.calls
