"""`scones train`: which parts it runs, and what it answers."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from infra.cli import app, training


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What was run; every part ends well, but one that is named `refused` to its gate."""
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


def test_verdicts_are_collected_then_trained_on_then_judged(
    ran: list[list[str]], tmp_path: Path
) -> None:
    done = scones(
        *("--labels", "s3://scones-labels", "--data", str(tmp_path)),
        *("--out", str(tmp_path / "model"), "--epochs", "2", "--seed", "3"),
    )
    assert done.exit_code == 0
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


def test_folder_of_labels_keeps_its_place(
    ran: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The parts run at the project's root, whatever folder the person is in."""
    monkeypatch.chdir(tmp_path)
    assert scones("--labels", "labels", "--photos", "photos", "--data", "data").exit_code == 0
    assert option(ran[0], "--labels") == [str(tmp_path / "labels")]
    assert option(ran[0], "--photos") == [str(tmp_path / "photos")]
    assert option(ran[1], "--data")[0] == str(tmp_path / "data")


def test_without_labels_nothing_is_collected(ran: list[list[str]]) -> None:
    assert scones().exit_code == 0
    assert [step[0] for step in ran] == ["train", "promote"]


def test_registering_is_asked_of_the_gate(ran: list[list[str]]) -> None:
    done = scones("--register", "--bucket", "models", "--image-uri", "serving:1")
    assert done.exit_code == 0
    assert option(ran[-1], "--bucket") == ["models"]
    assert option(ran[-1], "--image-uri") == ["serving:1"]


def test_registering_needs_to_know_where(ran: list[list[str]]) -> None:
    done = scones("--register")
    assert done.exit_code == 2
    assert "--bucket" in done.output
    assert not ran


def test_labels_lie_under_labels(ran: list[list[str]]) -> None:
    assert scones("--labels", "s3://bucket/labels/").exit_code == 0
    assert scones("--labels", "s3://bucket/elsewhere").exit_code == 2
    assert len(ran) == 3


def test_refusal_of_the_gate_is_the_answer(ran: list[list[str]]) -> None:
    assert scones("--current", "refused").exit_code == 1
    assert len(ran) == 2


def test_first_part_that_fails_ends_it() -> None:
    ran: list[str] = []

    def run(step: Sequence[str]) -> int:
        ran.append(step[0])
        return 2 if step[0] == "train" else 0

    steps = [["verdicts"], ["train"], ["promote"]]
    assert training.run_all(steps, run) == 2
    assert ran == ["verdicts", "train"]


def test_missing_environment_is_named_with_what_makes_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(training, "PYTHON", tmp_path / "python")
    assert training.in_training(["train"]) == 2
    assert "make setup-training" in capsys.readouterr().err
