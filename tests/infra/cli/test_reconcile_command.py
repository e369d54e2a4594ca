"""`scones reconcile` against the real definition, as an operator sees it."""

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

HOSTILE = "intake/d1/\x9b2J\u202egpj.exe.jpg"  # what clears a terminal, and turns text around


@pytest.fixture
def world(world: World, operated: None) -> World:
    """Not for the whole module: one of its tests has no system."""
    del operated
    return world


def test_a_sound_system_is_clean(world: World) -> None:
    world.upload("intake/d1/u.jpg")
    found = call("reconcile", "--queues", "--older-than-minutes", "0")
    assert found.exit_code == OK
    assert "everything is where it should be" in found.stdout
    assert "1 assigned" in found.stdout


def test_a_dry_run_says_what_it_would_do_and_does_nothing(world: World) -> None:
    world.upload("intake/d1/lost.jpg", event=False)
    dry = ("reconcile", "--older-than-minutes", "0")
    found = document(*dry)
    assert call(*dry).exit_code == LEFT
    assert [(each["rule"], each["action"]) for each in found["repairs"]] == [("lost", "start")]
    assert (found["clean"], found["repaired"]) == (False, {})
    assert world.machine.photos() == []


def test_repair_mends(world: World) -> None:
    world.upload("intake/d1/lost.jpg", event=False)
    repaired = call("reconcile", "--repair", "--older-than-minutes", "0")
    assert repaired.exit_code == OK
    assert "repaired 1 of 1 × start" in repaired.stdout
    world.settle()
    assert [row["status"] for row in world.machine.photos()] == ["assigned"]
    assert document("reconcile", "--older-than-minutes", "0")["clean"]


def test_what_has_just_come_is_left_alone(world: World) -> None:
    world.upload("intake/d1/lost.jpg", event=False)
    assert call("reconcile").exit_code == OK


def test_what_a_person_must_judge_is_left_to_one(world: World) -> None:
    world.upload("intake/d1/u.jpg")
    world.forget_assignment("d1")
    found = call("reconcile", "--repair", "--older-than-minutes", "0")
    assert found.exit_code == LEFT
    assert "a person must judge" in found.stdout


def test_hostile_keys_do_nothing_to_a_terminal(world: World) -> None:
    world.upload(HOSTILE, event=False)
    found = call("reconcile", "--older-than-minutes", "0")
    assert found.exit_code == LEFT
    assert found.stdout.replace("\n", "").isprintable()
    assert document("reconcile", "--older-than-minutes", "0")["repairs"][0]["key"] == HOSTILE


def test_what_a_service_refuses_is_told_and_the_others_are_mended(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        world.upload(f"intake/d{number}/lost.jpg", event=False)
    with monkeypatch.context() as patched:
        patched.setattr(Executions, "start", refusing(Executions.start, call=2))
        found = call("reconcile", "--repair", *NOW)
    assert found.exit_code == LEFT
    assert "repaired 2 of 3 × start" in found.stdout
    assert "refused: start " in found.stdout
    assert "ThrottlingException" in found.stdout
    world.settle()
    assert len(world.machine.photos()) == 2
    assert document("reconcile", "--repair", *NOW)["refused"] == []


@pytest.mark.parametrize("command", [("reconcile",), ("redrive", "--all-failed"), ("report",)])
def test_without_a_system_there_is_a_sentence(
    command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("SCONES_UP_DIR", str(tmp_path))
    refused = call(*command)
    assert refused.exit_code == NOT_RUNNING
    assert "scones up" in refused.stderr


def test_an_express_machine_keeps_no_list_and_is_reconciled_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is on its way is judged by its age alone."""
    ask = BaseClient._make_api_call  # type: ignore[attr-defined] # botocore's own

    def express(self: Any, operation: str, arguments: Any) -> Any:
        if operation in {"ListExecutions", "DescribeExecution"}:
            raise self.exceptions.StateMachineTypeNotSupported(
                {"Error": {"Code": "StateMachineTypeNotSupported"}}, operation
            )
        return ask(self, operation, arguments)

    broken = failed(world, "intake/d3/f.jpg")
    stuck = world.stuck("intake/d2/stuck.jpg")
    world.upload("intake/d1/lost.jpg", event=False)
    with monkeypatch.context() as patched:
        patched.setattr(BaseClient, "_make_api_call", express)
        found = document("reconcile", "--older-than-minutes", "0")
        assert {each["rule"] for each in found["repairs"]} == {"lost", "stuck"}
        assert call("reconcile", "--repair", "--older-than-minutes", "0").exit_code == OK
        assert call("redrive", broken).exit_code == OK
    world.settle()
    assert world.photo(stuck)["status"] == "assigned"
    assert {row["status"] for row in world.machine.photos()} == {"assigned"}
