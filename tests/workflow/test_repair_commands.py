"""`scones reconcile` and `scones redrive` against the real definition, as an operator sees them."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from typer.testing import CliRunner, Result

from infra.cli import app, repairs
from infra.cli.targets import Target
from tests.workflow.broken_world import BUCKET, World, broken_world
from tests.workflow.conftest import Machine

HOSTILE = "intake/d1/\x9b2J\u202egpj.exe.jpg"  # what clears a terminal, and turns text around
OK, LEFT, WRONG, NOT_RUNNING = 0, 1, 2, 3


@pytest.fixture
def world(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[World]:
    """What the commands take for the running system."""
    monkeypatch.setenv("SCONES_UP_DIR", str(request.getfixturevalue("tmp_path")))
    with broken_world(machine) as made:
        outputs = {
            "IntakeBucket": BUCKET,
            "PhotosTable": "photos",
            "AssignmentsTable": "assignments",
            "ReviewQueueUrl": machine.review_queue_url,
            "FailuresQueueUrl": machine.failures_queue_url,
            "StateMachineArn": machine.machine_arn,
        }
        system = Target(session=boto3.Session(), outputs=outputs, stage="test")
        monkeypatch.setattr(repairs, "target", lambda _stack: system)
        yield made


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def document(*arguments: str) -> Any:
    return json.loads(call(*arguments, "--json").stdout)


def fails(_payload: dict[str, Any]) -> dict[str, Any]:
    raise PhotoMissing("gone")


class PhotoMissing(Exception):
    """By this name the workflow knows it."""


def failed(world: World, key: str) -> str:
    working = world.machine.steps.get("serialize")
    world.machine.steps["serialize"] = [fails]
    world.upload(key)
    if working:
        world.machine.steps["serialize"] = working
    else:
        del world.machine.steps["serialize"]
    (photo,) = (row["photo_id"] for row in world.machine.photos() if row["key"] == key)
    return str(photo)


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
    assert (found["clean"], found["mended"]) == (False, {})
    assert world.machine.photos() == []


def test_repair_mends(world: World) -> None:
    world.upload("intake/d1/lost.jpg", event=False)
    mended = call("reconcile", "--repair", "--older-than-minutes", "0")
    assert mended.exit_code == OK
    assert "mended 1 of 1 × start" in mended.stdout
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


@pytest.mark.parametrize("chosen", [lambda photo: [photo], lambda _photo: ["--all-failed"]])
def test_a_failed_photo_is_driven_again(world: World, chosen: Callable[[str], list[str]]) -> None:
    photo = failed(world, "intake/d1/f.jpg")
    done = call("redrive", *chosen(photo))
    assert done.exit_code == OK
    assert f"{photo}  started  intake/d1/f.jpg" in done.stdout
    world.settle()
    assert world.photo(photo)["status"] == "assigned"


def test_a_photo_that_did_not_fail_is_not_driven_again(world: World) -> None:
    world.upload("intake/d1/u.jpg")
    (row,) = world.machine.photos()
    done = call("redrive", row["photo_id"])
    assert done.exit_code == LEFT
    assert world.machine.photos() == [row]


def test_nothing_failed_is_no_error(world: World) -> None:
    assert world.machine.photos() == []
    done = call("redrive", "--all-failed")
    assert (done.exit_code, done.stdout) == (OK, "0 photo(s)\n")
    assert document("redrive", "--all-failed", "--since", "2026-01-01") == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "give photos, or --all-failed"),
        (("a" * 64, "--all-failed"), "give photos, or --all-failed"),
        (("nobody's",), "the ledger knows no photo nobody's"),
        (("--all-failed", "--since", "tomorrow"), "--since"),
    ],
)
def test_what_cannot_be_driven_is_refused_in_words(
    world: World, arguments: tuple[str, ...], said: str
) -> None:
    assert world.machine.photos() == []
    refused = call("redrive", *arguments)
    assert refused.exit_code == WRONG
    assert said in " ".join(refused.stderr.replace("│", " ").split())


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
