"""However the system in the background ends, the commands report it and no process is left."""

import json
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from handlers.aws.dynamodb import item_of, plain
from infra.local.stage.sessions import StageSession
from infra.local.stage.state_file import is_running, read_state
from tests.e2e.local.conftest import Scones

pytestmark = pytest.mark.e2e

NOTICED_WITHIN_S = 20


def test_commands_without_a_system_print_what_to_do(scones: Scones, photo: Path) -> None:
    for words in (("status",), ("env",), ("submit", photo, "--driver", "anna")):
        output = scones(*words, code=3)
        assert "scones up" in output
        assert len(output.splitlines()) == 1
    assert "nothing was running" in scones("down")


@pytest.mark.parametrize("victim", ["emulator", "endpoint"])
def test_a_dead_process_is_reported_and_the_others_are_stopped(scones: Scones, victim: str) -> None:
    scones.up()
    state = read_state(scones.folder)
    assert state is not None
    pids = _pids(scones)
    os.kill(state.processes[victim], signal.SIGKILL)
    _await_gone(pids)
    output = scones("status", code=3)
    assert f"The {victim} was killed by signal 9." in output
    assert f"The {victim} was killed" in (scones.folder / "log").read_text()
    assert not list((scones.folder / "runs").iterdir())
    assert json.loads(_last_json(scones("status", "--json", code=3)))["status"] == "failed"


def test_a_system_starts_again_after_its_supervisor_was_killed(scones: Scones) -> None:
    scones.up()
    state = read_state(scones.folder)
    assert state is not None
    pids = _pids(scones)
    os.kill(state.pid, signal.SIGKILL)
    _await_gone(pids)
    assert "its supervisor was killed" in scones("status", code=3)
    scones.up()
    pids = _pids(scones)
    assert len(pids) == 5
    assert all(map(is_running, pids))
    assert "stopped" in scones("down")
    assert not any(map(is_running, pids))
    assert not scones.folder.exists()
    assert "nothing was running" in scones("down")


def test_persistent_state_is_there_after_a_down_and_an_up(scones: Scones, photo: Path) -> None:
    scones.up("--keep")
    [first] = scones.json("submit", photo, "--driver", "anna", "--wait")
    before = scones.json("status")
    scones("down")
    scones.up("--keep")
    after = scones.json("status")
    assert after["photos"] == before["photos"]
    assert after["queues"] == before["queues"]
    assert scones.json("status", first["photo_id"])["key"] == first["key"]
    _decide(scones, first["photo_id"])  # the stream goes on where the first stage has ended
    assert _await_label(scones, first["photo_id"])
    [second] = scones.json("submit", photo, "--driver", "anna", "--wait")
    assert second["outcome"] == first["outcome"]
    scones("down", "--discard")
    assert not scones.folder.exists()


def _decide(scones: Scones, photo_id: str) -> None:
    """Write a verdict about the photo into its row, as a decision does."""
    table, session = _outputs(scones)["PhotosTable"], _session(scones)
    dynamodb = session.client("dynamodb")
    row = plain(dynamodb.get_item(TableName=table, Key=item_of({"photo_id": photo_id}))["Item"])
    state = {"status": row["status"], "review": row["review"]}
    decision = {
        "seq": 1,
        "kind": "verdict",
        "verdict": "neither",
        "decided_by": "rita",
        "decided_at": "2026-11-22T12:00:00.000Z",
        "reason": "no_vehicle",
        "before": state,
        "after": state,
    }
    dynamodb.put_item(
        TableName=table, Item=item_of({**row, "decision_seq": 1, "decisions": [decision]})
    )


def _await_label(scones: Scones, photo_id: str) -> bool:
    s3, bucket = _session(scones).client("s3"), _outputs(scones)["LabelsBucket"]
    deadline = time.monotonic() + NOTICED_WITHIN_S
    while time.monotonic() < deadline:
        stored = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
        if any(photo_id in entry["Key"] for entry in stored):
            return True
        time.sleep(0.2)
    return False


def _outputs(scones: Scones) -> Mapping[str, str]:
    state = read_state(scones.folder)
    assert state is not None
    return state.outputs


def _session(scones: Scones) -> StageSession:
    state = read_state(scones.folder)
    assert state is not None
    return StageSession({}, state.endpoint_url)


def _pids(scones: Scones) -> list[int]:
    state = read_state(scones.folder)
    assert state is not None
    return [state.pid, *state.processes.values()]


def _await_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + NOTICED_WITHIN_S
    while any(map(is_running, pids)):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _last_json(output: str) -> str:
    return output[: output.rindex("}") + 1]
