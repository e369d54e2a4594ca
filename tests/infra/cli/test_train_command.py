"""`scones train`: the steps that it runs, and its exit code."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from infra.cli import app, training


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The steps that ran; all succeed but a promotion of the model named `refused`."""
    steps: list[list[str]] = []

    def run(step: Sequence[str]) -> int:
        steps.append(list(step))
        return 1 if step[0] == "promote" and "refused" in step else 0

    monkeypatch.setattr(training, "in_training", run)
    return steps


def scones(*words: str) -> Result:
    return CliRunner().invoke(app, ["train", *words])


def option(step: list[str], name: str) -> list[str]:
    return [step[row + 1] for row, word in enumerate(step) if word == name]


def test_verdicts_are_collected_then_trained_on_then_compared(
    ran: list[list[str]], tmp_path: Path
) -> None:
    result = scones(
        *("--labels", "s3://scones-labels", "--data", str(tmp_path)),
        *("--out", str(tmp_path / "model"), "--epochs", "2", "--seed", "3"),
    )
    assert result.exit_code == 0
    verdicts, train, promote = ran
    assert (verdicts[0], train[0], promote[:2]) == (
        "verdicts",
        "train",
        ["promote", str(tmp_path / "model")],
    )
    assert option(verdicts, "--labels-bucket") == ["scones-labels"]
    assert option(train, "--data") == [str(tmp_path), *option(verdicts, "--out")]
    assert option(promote, "--data") == option(train, "--data")
    assert option(promote, "--current")[0].endswith("training/shipped")
    assert (option(train, "--epochs"), option(train, "--seed")) == (["2"], ["3"])
    assert not option(promote, "--image-uri")


def test_relative_folders_are_those_of_the_users_folder(
    ran: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The steps run at the project's root, in whatever folder the user is."""
    monkeypatch.chdir(tmp_path)
    assert scones("--labels", "labels", "--photos", "photos", "--data", "data").exit_code == 0
    assert option(ran[0], "--labels") == [str(tmp_path / "labels")]
    assert option(ran[0], "--photos") == [str(tmp_path / "photos")]
    assert option(ran[1], "--data")[0] == str(tmp_path / "data")


def test_without_labels_nothing_is_collected(ran: list[list[str]]) -> None:
    assert scones().exit_code == 0
    assert [step[0] for step in ran] == ["train", "promote"]


def test_registering_is_passed_to_the_gate(ran: list[list[str]]) -> None:
    result = scones("--register", "--bucket", "models", "--image-uri", "serving:1")
    assert result.exit_code == 0
    assert option(ran[-1], "--bucket") == ["models"]
    assert option(ran[-1], "--image-uri") == ["serving:1"]


def test_registering_without_bucket_and_image_is_wrong_input(ran: list[list[str]]) -> None:
    result = scones("--register")
    assert result.exit_code == 2
    assert "--bucket" in result.output
    assert not ran


def test_labels_of_a_bucket_are_read_under_labels_only(ran: list[list[str]]) -> None:
    assert scones("--labels", "s3://bucket/labels/").exit_code == 0
    assert scones("--labels", "s3://bucket/elsewhere").exit_code == 2
    assert len(ran) == 3


def test_a_refusal_of_the_gate_is_the_exit_code(ran: list[list[str]]) -> None:
    assert scones("--current", "refused").exit_code == 1
    assert len(ran) == 2


def test_the_first_step_that_fails_ends_the_command() -> None:
    ran: list[str] = []

    def run(step: Sequence[str]) -> int:
        ran.append(step[0])
        return 2 if step[0] == "train" else 0

    steps = [["verdicts"], ["train"], ["promote"]]
    assert training.run_all(steps, run) == 2
    assert ran == ["verdicts", "train"]


def test_a_missing_environment_is_named_with_the_command_that_makes_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(training, "PYTHON", tmp_path / "python")
    result = scones()
    assert result.exit_code == 2
    assert result.stderr == "scones: training is not set up: run `make setup-training`.\n"
