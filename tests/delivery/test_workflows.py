"""The workflows of GitHub Actions run this project's own commands, with no right they do not need.

`make workflows` holds them against GitHub's schema.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped] # its stubs would be one more dependency

from infra.config import STAGES
from tests.conftest import ROOT
from tests.test_docs import TARGETS

FOLDER = ROOT / ".github" / "workflows"
Json = dict[str, Any]  # a workflow: YAML


def _read(text: str) -> Json:
    # YAML 1.1 reads the key `on` as a boolean.
    return {"on" if key is True else key: value for key, value in yaml.safe_load(text).items()}


WORKFLOWS = {
    file.name: _read(file.read_text(encoding="utf-8")) for file in sorted(FOLDER.glob("*.yml"))
}
DEPLOYS = "deploy-stage.yml"
# A release is written and an identity token is asked for only here.
MAY_WRITE = {
    ("release.yml", "release"): {"contents": "write"},
    (DEPLOYS, "deploy"): {"contents": "read", "id-token": "write"},
    ("roll-out.yml", "dev"): {"contents": "read", "id-token": "write"},
    ("roll-out.yml", "prod"): {"contents": "read", "id-token": "write"},
}


def _jobs() -> Iterator[tuple[str, str, Json]]:
    for name, workflow in WORKFLOWS.items():
        for job, definition in workflow["jobs"].items():
            yield name, job, definition


def _steps() -> Iterator[tuple[str, Json]]:
    for name, _, job in _jobs():
        for step in job.get("steps", ()):
            yield name, step


def test_there_are_workflows_for_each_part_of_a_delivery() -> None:
    assert WORKFLOWS.keys() == {
        *("checks.yml", "template-diff.yml", "roll-out.yml", "release.yml"),
        DEPLOYS,
    }


def test_actions_of_others_are_pinned_by_commit_with_their_version() -> None:
    """A tag can be moved to other code, which would get the job's credentials."""
    uses = [
        line.partition("uses:")[2].strip()
        for name in WORKFLOWS
        for line in (FOLDER / name).read_text(encoding="utf-8").splitlines()
        if "uses:" in line
    ]
    others = [text for text in uses if not text.startswith("./")]
    assert others
    for text in others:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", text), text


def test_an_action_has_one_version() -> None:
    pins = {step["uses"] for _, step in _steps() if "uses" in step}
    assert len(pins) == len({pin.partition("@")[0] for pin in pins})


def test_jobs_may_only_read_unless_they_are_listed() -> None:
    for name, workflow in WORKFLOWS.items():
        assert workflow["permissions"] == {"contents": "read"}, name
    granted = {
        (name, job): row["permissions"] for name, job, row in _jobs() if "permissions" in row
    }
    assert granted == MAY_WRITE


def test_a_checkout_leaves_no_credentials_behind() -> None:
    for name, step in _steps():
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False, name


def test_jobs_end() -> None:
    for name, job, row in _jobs():
        assert "uses" in row or row["timeout-minutes"] <= 180, (name, job)


def test_no_text_of_others_becomes_code() -> None:
    """An expression in a command would run a branch's or an input's text in the shell."""
    for name, step in _steps():
        assert "${{" not in step.get("run", ""), name


def test_make_targets_and_commands_exist() -> None:
    commands = [step["run"] for _, step in _steps() if "run" in step]
    targets = {target for text in commands for target in re.findall(r"\bmake ([\w-]+)", text)}
    assert targets >= {"audit", "template-diff", "changelog"}
    assert targets <= TARGETS
    assert ".ci/run" in commands
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


def test_the_checks_run_on_each_kind_of_machine() -> None:
    machines = WORKFLOWS["checks.yml"]["jobs"]["checks"]["strategy"]["matrix"]["machine"]
    assert machines == ["ubuntu-24.04", "ubuntu-24.04-arm", "macos-15"]


def test_a_deployment_runs_in_the_environment_of_its_stage() -> None:
    """The stack Account trusts the environment's name, and its reviewers approve."""
    job = WORKFLOWS[DEPLOYS]["jobs"]["deploy"]
    assert job["environment"] == "${{ inputs.stage }}"
    triggers = WORKFLOWS[DEPLOYS]["on"]
    assert set(triggers["workflow_dispatch"]["inputs"]["stage"]["options"]) == set(STAGES) - {
        "local"
    }


def test_production_follows_the_sandbox_and_the_audit() -> None:
    jobs = WORKFLOWS["roll-out.yml"]["jobs"]
    assert jobs["audit"]["if"] == "github.ref == 'refs/heads/main'"
    assert (jobs["dev"]["needs"], jobs["prod"]["needs"]) == ("audit", "dev")
    for stage in ("dev", "prod"):
        assert jobs[stage]["uses"] == f"./.github/workflows/{DEPLOYS}"
        assert jobs[stage]["with"] == {"stage": stage}


def test_a_deployment_is_examined_with_rights_to_read_only() -> None:
    steps = WORKFLOWS[DEPLOYS]["jobs"]["deploy"]["steps"]
    roles = [step["with"]["role-to-assume"] for step in steps if "aws-actions" in str(step)]
    commands = [step["run"] for step in steps if "scones" in step.get("run", "")]
    assert roles == ["${{ vars.DEPLOYER_ROLE_ARN }}", "${{ vars.LOOKUP_ROLE_ARN }}"]
    assert [command.split()[1] for command in commands] == ["deploy", "doctor"]


@pytest.mark.parametrize("name", WORKFLOWS)
def test_nothing_runs_for_pull_requests_with_rights_of_the_repository(name: str) -> None:
    assert "pull_request_target" not in WORKFLOWS[name]["on"]
