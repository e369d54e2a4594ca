"""`scones reconcile` against the real definition, as an operator sees it."""

from typing import Any

import pytest
from botocore.client import BaseClient

from handlers.aws.executions import Executions
from tests.workflow.faulty_pipeline import FaultyPipeline
from tests.workflow.operator_commands import (
    EXIT_NOT_RUNNING,
    EXIT_OK,
    EXIT_UNREPAIRED,
    OLDER_THAN_0_MINUTES,
    run_command,
    run_json_command,
    throttled_at,
    upload_failed,
)

HOSTILE = "intake/d1/\x9b2J\u202egpj.exe.jpg"  # what clears a terminal, and turns text around


@pytest.fixture
def pipeline(pipeline: FaultyPipeline, operated: None) -> FaultyPipeline:
    """Not for the whole module: one of its tests has no system."""
    del operated
    return pipeline


def test_a_sound_system_is_clean(pipeline: FaultyPipeline) -> None:
    pipeline.upload("intake/d1/u.jpg")
    found = run_command("reconcile", "--queues", "--older-than-minutes", "0")
    assert found.exit_code == EXIT_OK
    assert "everything is where it should be" in found.stdout
    assert "1 assigned" in found.stdout


def test_a_dry_run_says_what_it_would_do_and_does_nothing(pipeline: FaultyPipeline) -> None:
    pipeline.upload("intake/d1/lost.jpg", event=False)
    dry = ("reconcile", "--older-than-minutes", "0")
    found = run_json_command(*dry)
    assert run_command(*dry).exit_code == EXIT_UNREPAIRED
    assert [(each["rule"], each["action"]) for each in found["repairs"]] == [("lost", "start")]
    assert (found["clean"], found["repaired"]) == (False, {})
    assert pipeline.workflow.photos() == []


def test_repair_mends(pipeline: FaultyPipeline) -> None:
    pipeline.upload("intake/d1/lost.jpg", event=False)
    repaired = run_command("reconcile", "--repair", "--older-than-minutes", "0")
    assert repaired.exit_code == EXIT_OK
    assert "repaired 1 of 1 × start" in repaired.stdout
    pipeline.wait_for_executions()
    assert [row["status"] for row in pipeline.workflow.photos()] == ["assigned"]
    assert run_json_command("reconcile", "--older-than-minutes", "0")["clean"]


def test_what_has_just_come_is_left_alone(pipeline: FaultyPipeline) -> None:
    pipeline.upload("intake/d1/lost.jpg", event=False)
    assert run_command("reconcile").exit_code == EXIT_OK


def test_what_a_person_must_judge_is_left_to_one(pipeline: FaultyPipeline) -> None:
    pipeline.upload("intake/d1/u.jpg")
    pipeline.delete_assignment("d1")
    found = run_command("reconcile", "--repair", "--older-than-minutes", "0")
    assert found.exit_code == EXIT_UNREPAIRED
    assert "a person must judge" in found.stdout


def test_hostile_keys_do_nothing_to_a_terminal(pipeline: FaultyPipeline) -> None:
    pipeline.upload(HOSTILE, event=False)
    found = run_command("reconcile", "--older-than-minutes", "0")
    assert found.exit_code == EXIT_UNREPAIRED
    assert found.stdout.replace("\n", "").isprintable()
    assert (
        run_json_command("reconcile", "--older-than-minutes", "0")["repairs"][0]["key"] == HOSTILE
    )


def test_what_a_service_refuses_is_told_and_the_others_are_mended(
    pipeline: FaultyPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        pipeline.upload(f"intake/d{number}/lost.jpg", event=False)
    with monkeypatch.context() as patched:
        patched.setattr(Executions, "start", throttled_at(Executions.start, call=2))
        found = run_command("reconcile", "--repair", *OLDER_THAN_0_MINUTES)
    assert found.exit_code == EXIT_UNREPAIRED
    assert "repaired 2 of 3 × start" in found.stdout
    assert "refused: start " in found.stdout
    assert "ThrottlingException" in found.stdout
    pipeline.wait_for_executions()
    assert len(pipeline.workflow.photos()) == 2
    assert run_json_command("reconcile", "--repair", *OLDER_THAN_0_MINUTES)["refused"] == []


@pytest.mark.parametrize("command", [("reconcile",), ("redrive", "--all-failed"), ("report",)])
def test_without_a_system_there_is_a_sentence(
    command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("SCONES_UP_DIR", str(tmp_path))
    refused = run_command(*command)
    assert refused.exit_code == EXIT_NOT_RUNNING
    assert "scones up" in refused.stderr


def test_an_express_machine_keeps_no_list_and_is_reconciled_all_the_same(
    pipeline: FaultyPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is on its way is judged by its age alone."""
    ask = BaseClient._make_api_call  # type: ignore[attr-defined] # botocore's own

    def express(self: Any, operation: str, arguments: Any) -> Any:
        if operation in {"ListExecutions", "DescribeExecution"}:
            raise self.exceptions.StateMachineTypeNotSupported(
                {"Error": {"Code": "StateMachineTypeNotSupported"}}, operation
            )
        return ask(self, operation, arguments)

    broken = upload_failed(pipeline, "intake/d3/f.jpg")
    stuck = pipeline.upload_stuck("intake/d2/stuck.jpg")
    pipeline.upload("intake/d1/lost.jpg", event=False)
    with monkeypatch.context() as patched:
        patched.setattr(BaseClient, "_make_api_call", express)
        found = run_json_command("reconcile", "--older-than-minutes", "0")
        assert {each["rule"] for each in found["repairs"]} == {"lost", "stuck"}
        assert (
            run_command("reconcile", "--repair", "--older-than-minutes", "0").exit_code == EXIT_OK
        )
        assert run_command("redrive", broken).exit_code == EXIT_OK
    pipeline.wait_for_executions()
    assert pipeline.photo(stuck)["status"] == "assigned"
    assert {row["status"] for row in pipeline.workflow.photos()} == {"assigned"}
