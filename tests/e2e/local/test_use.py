"""A system that runs in the background, used as its users do."""

import os
import shlex
import signal
import time
from pathlib import Path
from typing import Any

import boto3
import pytest

from handlers.domain.ledger.rows import FINAL_STATUSES
from infra.local.stage.state_file import read_state
from tests.e2e.local.conftest import ANY_PORTS, Scones

pytestmark = pytest.mark.e2e

System = tuple[Scones, Path]
DONE_WITHIN_S = 20
PROCESSES = ("supervisor", "emulator", "endpoint", "page", "gateway")


def test_up_again_prints_the_addresses(running: System) -> None:
    scones, _ = running
    before = scones.json("status")
    output = scones("up", *ANY_PORTS)
    assert "running already" in output
    assert before["endpoint_url"] in output
    assert scones.json("status")["endpoint_url"] == before["endpoint_url"]


def test_every_process_runs(running: System) -> None:
    status = running[0].json("status")
    assert status["processes"] == dict.fromkeys(PROCESSES, True)
    assert "Review" in status["queues"]
    assert status["page_url"] in running[0]("status")


def test_a_photo_reaches_a_final_status(running: System, photo: Path) -> None:
    scones, _ = running
    [sent] = scones.json("submit", photo, "--driver", "anna", "--wait")
    assert sent["outcome"] in FINAL_STATUSES
    assert sent["key"].startswith("intake/anna/")
    assert sent["seconds"] < DONE_WITHIN_S
    story = scones.json("status", sent["photo_id"])
    assert story["status"] == sent["outcome"]
    assert story["steps"][0]["state"] == "Identify"
    assert scones.json("status", sent["photo_id"][:10]) == story
    assert sent["photo_id"] in scones("status", sent["photo_id"])


def test_photos_of_a_driver_are_listed_newest_first(running: System, photo: Path) -> None:
    scones, _ = running
    ids = [scones.json("submit", photo, "--driver", "bo", "--wait")[0]["photo_id"]]
    time.sleep(1.1)  # the event's time has whole seconds
    ids += [scones.json("submit", photo, "--driver", "bo", "--wait")[0]["photo_id"]]
    listed = [row["photo_id"] for row in scones.json("status", "--driver", "bo")["photos"]]
    assert listed == ids[::-1]
    assert ids[0][:12] in scones("status", "--driver", "bo")


def test_a_driver_is_the_same_in_any_case(running: System, photo: Path) -> None:
    scones, _ = running
    (sent,) = scones.json("submit", photo, "--driver", "Berta", "--wait")
    for spelling in ("Berta", "berta"):
        view = scones.json("status", "--driver", spelling)
        assert view["driver_id"] == "berta"
        assert [row["photo_id"] for row in view["photos"]] == [sent["photo_id"]]


def test_an_error_is_one_line(running: System, photo: Path, tmp_path: Path) -> None:
    scones, _ = running
    for words in (
        ("status", "0" * 64),
        ("status", "abc"),
        ("submit", tmp_path / "absent.jpg", "--driver", "anna"),
        ("submit", photo, "--driver", "an/na"),
        ("submit", photo, "--driver", ".."),
    ):
        output = scones(*words, code=2)
        assert output.startswith("scones: ")
        assert len(output.splitlines()) == 1


def test_the_printed_environment_suffices_for_boto3(
    running: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in _exported(running[0]("env")).items():
        monkeypatch.setenv(name, value)
    assert boto3.client("s3").head_bucket(Bucket=os.environ["SCONES_INTAKE_BUCKET"])
    assert boto3.client("sqs").get_queue_attributes(QueueUrl=os.environ["SCONES_REVIEW_QUEUE_URL"])


def test_the_status_page_is_started_again_and_the_stage_works_on(
    running: System, photo: Path
) -> None:
    scones, _ = running
    state = read_state(scones.folder)
    assert state is not None
    os.kill(state.processes["page"], signal.SIGKILL)
    deadline = time.monotonic() + DONE_WITHIN_S
    while (again := read_state(scones.folder)) is None or again.processes == state.processes:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert again.page_url == state.page_url
    assert {**again.processes, "page": 0} == {**state.processes, "page": 0}
    scones.json("submit", photo, "--driver", "paula", "--wait")
    assert scones.json("status")["processes"] == dict.fromkeys(PROCESSES, True)


def test_dropped_files_are_uploaded_once(running: System, photo: Path) -> None:
    scones, drop = running
    (drop / "carla").mkdir()
    content = photo.read_bytes()
    (drop / "carla" / "photo.jpg.part").write_bytes(content[:100])
    with (drop / "carla" / "slow.jpg").open("wb") as slow:  # written bit by bit
        for start in range(0, len(content), len(content) // 4 + 1):
            slow.write(content[start : start + len(content) // 4 + 1])
            slow.flush()
            time.sleep(0.3)
    (drop / "top.jpg").write_bytes(content)
    rows = [_one_of(scones, driver) for driver in ("carla", "dropbox")]
    assert all(row["status"] in FINAL_STATUSES for row in rows)
    assert not list(drop.glob("*.jpg"))
    assert [file.name for file in (drop / "carla").iterdir()] == ["photo.jpg.part"]
    [moved] = (drop / ".done" / "carla").iterdir()
    assert moved.read_bytes() == content


def _one_of(scones: Scones, driver: str) -> Any:
    """Return the one photo of a driver when it has a final status."""
    deadline = time.monotonic() + DONE_WITHIN_S
    while time.monotonic() < deadline:
        rows = scones.json("status", "--driver", driver)["photos"]
        if rows and all(row["status"] in FINAL_STATUSES for row in rows):
            [row] = rows
            return row
    pytest.fail("not uploaded")


def _exported(lines: str) -> dict[str, str]:
    words = [shlex.split(line) for line in lines.splitlines()]
    return dict(line[1].split("=", 1) for line in words if line[0] == "export")
