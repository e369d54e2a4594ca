"""`scones reconcile` against the real definition, as an operator uses it."""

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

HOSTILE = "intake/d1/\x9b2J\u202egpj.exe.jpg"  # clears a terminal, and reverses text


@pytest.fixture
def pipeline(pipeline: FaultyPipeline, operated: None) -> FaultyPipeline:
    """Not for the whole module: one of its tests has no pipeline."""
    del operated
    return pipeline


def test_a_sound_system_is_clean(pipeline: FaultyPipeline) -> None:
    pipeline.upload("intake/d1/u.jpg")
    result = run_command("reconcile", "--queues", "--older-than-minutes", "0")
    assert result.exit_code == EXIT_OK
    assert "consistent: every photo is in exactly one place" in result.stdout
    assert "1 assigned" in result.stdout


def test_a_dry_run_lists_the_repairs_and_makes_none(pipeline: FaultyPipeline) -> None:
    pipeline.upload("intake/d1/lost.jpg", event=False)
    dry = ("reconcile", "--older-than-minutes", "0")
    planned = run_json_command(*dry)
    assert run_command(*dry).exit_code == EXIT_UNREPAIRED
    assert [(repair["rule"], repair["action"]) for repair in planned["repairs"]] == [
        ("lost", "start")
    ]
    assert (planned["clean"], planned["repaired"]) == (False, {})
    assert pipeline.workflow.photos() == []


def test_repair_starts_a_lost_photo(pipeline: FaultyPipeline) -> None:
    pipeline.upload("intake/d1/lost.jpg", event=False)
    result = run_command("reconcile", "--repair", "--older-than-minutes", "0")
    assert result.exit_code == EXIT_OK
    assert "repaired 1 of 1 × start" in result.stdout
    pipeline.wait_for_executions()
    assert [row["status"] for row in pipeline.workflow.photos()] == ["assigned"]
    assert run_json_command("reconcile", "--older-than-minutes", "0")["clean"]


def test_a_photo_that_has_just_arrived_is_left_alone(pipeline: FaultyPipeline) -> None:
    pipeline.upload("intake/d1/lost.jpg", event=False)
    assert run_command("reconcile").exit_code == EXIT_OK


def test_a_violation_without_a_repair_is_left_to_a_person(pipeline: FaultyPipeline) -> None:
    pipeline.upload("intake/d1/u.jpg")
    (row,) = pipeline.workflow.photos()
    pipeline.overwrite(row["photo_id"], status="rejected")
    result = run_command("reconcile", "--repair", "--older-than-minutes", "0")
    assert result.exit_code == EXIT_UNREPAIRED
    assert "a person must decide" in result.stdout


def test_hostile_keys_do_nothing_to_a_terminal(pipeline: FaultyPipeline) -> None:
    pipeline.upload(HOSTILE, event=False)
    result = run_command("reconcile", "--older-than-minutes", "0")
    assert result.exit_code == EXIT_UNREPAIRED
    assert result.stdout.replace("\n", "").isprintable()
    assert (
        run_json_command("reconcile", "--older-than-minutes", "0")["repairs"][0]["key"] == HOSTILE
    )


def test_a_refused_repair_is_listed_and_the_others_are_made(
    pipeline: FaultyPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        pipeline.upload(f"intake/d{number}/lost.jpg", event=False)
    with monkeypatch.context() as patched:
        patched.setattr(Executions, "start", throttled_at(Executions.start, call=2))
        result = run_command("reconcile", "--repair", *OLDER_THAN_0_MINUTES)
    assert result.exit_code == EXIT_UNREPAIRED
    assert "repaired 2 of 3 × start" in result.stdout
    assert "refused: start " in result.stdout
    assert "ThrottlingException" in result.stdout
    pipeline.wait_for_executions()
    assert len(pipeline.workflow.photos()) == 2
    assert run_json_command("reconcile", "--repair", *OLDER_THAN_0_MINUTES)["refused"] == []


@pytest.mark.parametrize("command", [("reconcile",), ("redrive", "--all-failed"), ("report",)])
def test_without_a_system_a_sentence_names_what_to_do(
    command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("SCONES_UP_DIR", str(tmp_path))
    refused = run_command(*command)
    assert refused.exit_code == EXIT_NOT_RUNNING
    assert "scones up" in refused.stderr


def test_an_express_machine_keeps_no_list_and_is_reconciled_by_age(
    pipeline: FaultyPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_call = BaseClient._make_api_call  # type: ignore[attr-defined] # botocore's own

    def express(self: Any, operation: str, arguments: Any) -> Any:
        if operation in {"ListExecutions", "DescribeExecution"}:
            raise self.exceptions.StateMachineTypeNotSupported(
                {"Error": {"Code": "StateMachineTypeNotSupported"}}, operation
            )
        return make_call(self, operation, arguments)

    broken = upload_failed(pipeline, "intake/d3/f.jpg")
    stuck = pipeline.upload_stuck("intake/d2/stuck.jpg")
    pipeline.upload("intake/d1/lost.jpg", event=False)
    with monkeypatch.context() as patched:
        patched.setattr(BaseClient, "_make_api_call", express)
        planned = run_json_command("reconcile", "--older-than-minutes", "0")
        assert {repair["rule"] for repair in planned["repairs"]} == {"lost", "stuck"}
        assert (
            run_command("reconcile", "--repair", "--older-than-minutes", "0").exit_code == EXIT_OK
        )
        assert run_command("redrive", broken).exit_code == EXIT_OK
    pipeline.wait_for_executions()
    assert pipeline.photo(stuck)["status"] == "assigned"
    assert {row["status"] for row in pipeline.workflow.photos()} == {"assigned"}
