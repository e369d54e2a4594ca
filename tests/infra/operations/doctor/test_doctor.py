"""`scones doctor`: what it finds, what it cannot see, and that it reads only."""

import json
from collections.abc import Iterator
from random import Random

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from typer.testing import CliRunner

from infra.cli import app
from infra.cli import doctor as doctor_command
from infra.operations.doctor.catalogue import CHECKS, examine_stage
from infra.operations.doctor.examined_stage import ExaminedStage
from infra.operations.doctor.stage_check import CheckStatus
from tests.infra.operations.doctor.defects import DEFECTS
from tests.infra.operations.doctor.sound_stage import SoundStage, sound_stage
from tests.infra.operations.doctor.trials import run_trials

_CHANGES = ("Put", "Set", "Create", "Delete", "Update", "Subscribe", "Send", "Publish", "Start")


@pytest.fixture
def stage() -> Iterator[SoundStage]:
    with sound_stage(Random(0)) as sound:  # noqa: S311 # drawn stages
        yield sound


@pytest.fixture
def examined(stage: SoundStage, monkeypatch: pytest.MonkeyPatch) -> SoundStage:
    """The stage is the target of the command."""
    monkeypatch.setattr(doctor_command, "target", lambda _stack, **_: stage.target)
    return stage


def test_every_planted_defect_is_found_and_a_sound_stage_has_no_problem() -> None:
    """The short form; `make doctor-trials` runs 200 sound stages."""
    result = run_trials(rounds=1, sound=5, seed=7)
    assert result.wrong == ()
    assert (result.defects_right, result.sound_with_findings) == (len(DEFECTS), 0)


def test_every_check_has_a_defect_that_it_finds() -> None:
    assert {name for defect in DEFECTS for name in defect.found_by} == {
        check.name for check in CHECKS
    }


@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException"])
def test_what_may_not_be_read_is_neither_sound_nor_a_problem(stage: SoundStage, code: str) -> None:
    def refuse(_arguments: object) -> dict[str, object]:
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "DescribeEndpoint")

    stage.answers["sagemaker:DescribeEndpoint"] = refuse
    answers = {diagnosis.check.name: diagnosis.answer for diagnosis in stage.examine()}
    assert answers["endpoint_in_service"].status is CheckStatus.NOT_CHECKABLE
    assert code in answers["endpoint_in_service"].detail
    assert not stage.problems()


def test_a_service_that_does_not_answer_stops_no_other_check(stage: SoundStage) -> None:
    def unreachable(_arguments: object) -> dict[str, object]:
        raise EndpointConnectionError(endpoint_url="https://scheduler.example.com")

    stage.answers["scheduler:GetSchedule"] = unreachable
    stage.answers["events:DescribeRule"] = {"State": "DISABLED"}
    answers = {diagnosis.check.name: diagnosis.answer.status for diagnosis in stage.examine()}
    assert answers["schedules"] is CheckStatus.NOT_CHECKABLE
    assert answers["intake_rule"] is CheckStatus.PROBLEM


def test_a_malformed_answer_is_a_problem_and_stops_no_other_check(stage: SoundStage) -> None:
    stage.answers["scheduler:GetSchedule"] = {}
    stage.answers["lambda:GetAccountSettings"] = {}
    assert stage.problems() == {"schedules", "lambda_concurrency"}


def test_nothing_is_changed_and_no_alarm_is_sent_unless_it_is_asked_for(stage: SoundStage) -> None:
    stage.calls.clear()
    examined = ExaminedStage.of(stage.target, now=stage.now)
    answers = {diagnosis.check.name: diagnosis.answer for diagnosis in examine_stage(examined)}
    operations = {call.partition(":")[2] for call in stage.calls}
    assert not {name for name in operations if name.startswith(_CHANGES)}
    assert answers["test_alarm"].status is CheckStatus.NOT_CHECKABLE


def test_the_test_alarm_leaves_nothing_behind(stage: SoundStage) -> None:
    def left() -> tuple[int, int, int]:
        topic = stage.target.outputs["AlarmTopicArn"]
        return (
            len(stage.client("sqs").list_queues()["QueueUrls"]),
            len(stage.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]),
            len(stage.client("cloudwatch").describe_alarms()["MetricAlarms"]),
        )

    before = left()
    stage.examine()
    assert left() == before


def test_the_command_ends_with_1_and_the_remedy(examined: SoundStage) -> None:
    examined.send("FailuresQueueUrl")
    result = CliRunner().invoke(app, ["doctor", "prod"])
    assert result.exit_code == 1
    assert "scones redrive --queue failures" in result.stdout
    document = json.loads(CliRunner().invoke(app, ["doctor", "prod", "--json"]).stdout)
    problems = [entry["check"] for entry in document if entry["status"] == "problem"]
    assert problems == ["queue_of_failures"]
    assert all(entry["detail"] for entry in document)


@pytest.mark.usefixtures("examined")
def test_the_command_ends_with_0_on_a_sound_stage() -> None:
    result = CliRunner().invoke(app, ["doctor", "--stack", "Scones-prod-Pipeline"])
    assert result.exit_code == 0, result.stdout
    assert "problem" not in result.stdout


def test_a_stage_and_a_stack_are_refused_together() -> None:
    result = CliRunner().invoke(app, ["doctor", "prod", "--stack", "Scones-dev-Pipeline"])
    assert result.exit_code == 2
