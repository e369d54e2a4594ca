"""`scones reconcile` against the real definition, as an operator uses it."""

from typing import Any

import pytest
from botocore.client import BaseClient

from handlers.aws.executions import Executions
from tests.workflow.damaged_inventory import World
from tests.workflow.operators import (
    LEFT,
    NOT_RUNNING,
    NOW,
    OK,
    call,
    document,
    failed,
    refusing,
)

HOSTILE = "intake/d1/\x9b2J\u202egpj.exe.jpg"  # clears a terminal, and reverses text


@pytest.fixture
def pipeline(world: World, operated: None) -> World:
    """Not for the whole module: one of its tests has no pipeline."""
    del operated
    return world


def test_a_sound_system_is_clean(pipeline: World) -> None:
    pipeline.upload("intake/d1/u.jpg")
    result = call("reconcile", "--queues", "--older-than-minutes", "0")
    assert result.exit_code == OK
    assert "consistent: every photo is in exactly one place" in result.stdout
    assert "1 assigned" in result.stdout


def test_a_dry_run_lists_the_repairs_and_makes_none(pipeline: World) -> None:
    pipeline.upload("intake/d1/lost.jpg", event=False)
    dry = ("reconcile", "--older-than-minutes", "0")
    planned = document(*dry)
    assert call(*dry).exit_code == LEFT
    assert [(repair["rule"], repair["action"]) for repair in planned["repairs"]] == [
        ("lost", "start")
    ]
    assert (planned["clean"], planned["repaired"]) == (False, {})
    assert pipeline.machine.photos() == []


def test_repair_starts_a_lost_photo(pipeline: World) -> None:
    pipeline.upload("intake/d1/lost.jpg", event=False)
    result = call("reconcile", "--repair", "--older-than-minutes", "0")
    assert result.exit_code == OK
    assert "repaired 1 of 1 × start" in result.stdout
    pipeline.settle()
    assert [row["status"] for row in pipeline.machine.photos()] == ["assigned"]
    assert document("reconcile", "--older-than-minutes", "0")["clean"]


def test_a_photo_that_has_just_arrived_is_left_alone(pipeline: World) -> None:
    pipeline.upload("intake/d1/lost.jpg", event=False)
    assert call("reconcile").exit_code == OK


def test_a_violation_without_a_repair_is_left_to_a_person(pipeline: World) -> None:
    pipeline.upload("intake/d1/u.jpg")
    pipeline.forget_assignment("d1")
    result = call("reconcile", "--repair", "--older-than-minutes", "0")
    assert result.exit_code == LEFT
    assert "a person must decide" in result.stdout


def test_hostile_keys_do_nothing_to_a_terminal(pipeline: World) -> None:
    pipeline.upload(HOSTILE, event=False)
    result = call("reconcile", "--older-than-minutes", "0")
    assert result.exit_code == LEFT
    assert result.stdout.replace("\n", "").isprintable()
    assert document("reconcile", "--older-than-minutes", "0")["repairs"][0]["key"] == HOSTILE


def test_a_refused_repair_is_listed_and_the_others_are_made(
    pipeline: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        pipeline.upload(f"intake/d{number}/lost.jpg", event=False)
    with monkeypatch.context() as patched:
        patched.setattr(Executions, "start", refusing(Executions.start, call=2))
        result = call("reconcile", "--repair", *NOW)
    assert result.exit_code == LEFT
    assert "repaired 2 of 3 × start" in result.stdout
    assert "refused: start " in result.stdout
    assert "ThrottlingException" in result.stdout
    pipeline.settle()
    assert len(pipeline.machine.photos()) == 2
    assert document("reconcile", "--repair", *NOW)["refused"] == []


@pytest.mark.parametrize("command", [("reconcile",), ("redrive", "--all-failed"), ("report",)])
def test_without_a_system_a_sentence_names_what_to_do(
    command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("SCONES_UP_DIR", str(tmp_path))
    refused = call(*command)
    assert refused.exit_code == NOT_RUNNING
    assert "scones up" in refused.stderr


def test_an_express_machine_keeps_no_list_and_is_reconciled_by_age(
    pipeline: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_call = BaseClient._make_api_call  # type: ignore[attr-defined] # botocore's own

    def express(self: Any, operation: str, arguments: Any) -> Any:
        if operation in {"ListExecutions", "DescribeExecution"}:
            raise self.exceptions.StateMachineTypeNotSupported(
                {"Error": {"Code": "StateMachineTypeNotSupported"}}, operation
            )
        return make_call(self, operation, arguments)

    broken = failed(pipeline, "intake/d3/f.jpg")
    stuck = pipeline.stuck("intake/d2/stuck.jpg")
    pipeline.upload("intake/d1/lost.jpg", event=False)
    with monkeypatch.context() as patched:
        patched.setattr(BaseClient, "_make_api_call", express)
        planned = document("reconcile", "--older-than-minutes", "0")
        assert {repair["rule"] for repair in planned["repairs"]} == {"lost", "stuck"}
        assert call("reconcile", "--repair", "--older-than-minutes", "0").exit_code == OK
        assert call("redrive", broken).exit_code == OK
    pipeline.settle()
    assert pipeline.photo(stuck)["status"] == "assigned"
    assert {row["status"] for row in pipeline.machine.photos()} == {"assigned"}
