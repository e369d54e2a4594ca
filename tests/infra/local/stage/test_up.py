"""The state file, the lock, and the commands around them, without any process."""

import dataclasses
import json
import os
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from typer.testing import CliRunner

from infra import cli
from infra.cli import photos, rendering, system
from infra.cli.errors import NOT_RUNNING
from infra.local.errors import NotRunning, StageError
from infra.local.stage.background import UpSettings, start, stop
from infra.local.stage.state_file import (
    FAILED,
    READY,
    STARTING,
    UpState,
    read_state,
    running_state,
    take_lock,
    write_state,
)
from infra.operations.errors import InvalidDriver
from infra.operations.plain_text import plain_text
from infra.operations.upload import key_of, new_upload_id


def a_state(status: str = READY, *, pid_started: float | None = None) -> UpState:
    this = psutil.Process()
    return UpState(
        status=status,
        pid=this.pid,
        pid_started=this.create_time() if pid_started is None else pid_started,
        since="2026-01-01T00:00:00+00:00",
        endpoint_url="http://127.0.0.1:4566",
        runtime_url="http://127.0.0.1:4567",
        outputs={"IntakeBucket": "b"},
        processes={"emulator": 1},
    )


ANY_PORTS = UpSettings(
    port=0, runtime_port=0, page_port=0, api_port=0, keep=False, drop_folder=None
)


@pytest.fixture
def lock(tmp_path: Path) -> Iterator[int]:
    descriptor = take_lock(tmp_path / "up")
    assert descriptor is not None
    yield descriptor
    os.close(descriptor)


def test_the_state_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_state(tmp_path / "up", a_state())
    assert read_state(tmp_path / "up") == a_state()
    assert running_state(tmp_path / "up") == a_state()
    assert [path.name for path in (tmp_path / "up").iterdir()] == ["state.json"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"other": 1}'])
def test_a_damaged_state_file_counts_as_absent(tmp_path: Path, content: str) -> None:
    (tmp_path / "state.json").write_text(content)
    assert read_state(tmp_path) is None
    with pytest.raises(NotRunning, match="scones up"):
        running_state(tmp_path)


def test_a_process_that_reuses_the_number_is_not_the_supervisor(tmp_path: Path) -> None:
    write_state(tmp_path, a_state(pid_started=1.0))
    with pytest.raises(NotRunning, match="its supervisor was killed"):
        running_state(tmp_path)


@pytest.mark.parametrize(("status", "reason"), [(FAILED, "stopped by itself"), (STARTING, "waits")])
def test_the_error_states_why_a_system_is_not_ready(
    tmp_path: Path, status: str, reason: str
) -> None:
    write_state(tmp_path, a_state(status))
    with pytest.raises(NotRunning, match=reason):
        running_state(tmp_path)


def test_only_one_process_has_the_lock(tmp_path: Path, lock: int) -> None:
    assert lock
    assert take_lock(tmp_path / "up") is None


def test_up_again_returns_the_running_system(tmp_path: Path, lock: int) -> None:
    assert lock
    write_state(tmp_path / "up", a_state())
    assert start(tmp_path / "up", ANY_PORTS, step=print) == (a_state(), False)


def write_state_of_the_build_before_the_renames(folder: Path) -> None:
    """Its state file has no format, another name for the API's address, and other outputs."""
    this = psutil.Process()
    folder.mkdir(exist_ok=True)
    (folder / "state.json").write_text(
        f"""{{
            "status": "ready", "pid": {this.pid}, "pid_started": {this.create_time()},
            "since": "2026-01-01T00:00:00+00:00", "message": "",
            "endpoint_url": "http://127.0.0.1:4566", "runtime_url": "http://127.0.0.1:4567",
            "page_url": "http://127.0.0.1:4568", "door_url": "http://127.0.0.1:4569",
            "drop_folder": "", "keep": true, "outputs": {{ "DoorUrl": "http://127.0.0.1:4569" }},
            "processes": {{ "emulator": 1 }}
        }}""",
        encoding="utf-8",
    )


def test_a_running_system_of_another_build_is_refused_but_can_be_stopped(
    tmp_path: Path, lock: int
) -> None:
    assert lock
    write_state_of_the_build_before_the_renames(tmp_path / "up")
    with pytest.raises(NotRunning, match="run `scones down`, then `scones up`"):
        running_state(tmp_path / "up")
    with pytest.raises(StageError, match="run `scones down`, then `scones up`"):
        start(tmp_path / "up", ANY_PORTS, step=print)
    state = read_state(tmp_path / "up")
    assert state is not None
    assert state.is_alive, "`scones down` finds the process to stop"


def test_down_removes_the_files_of_a_dead_supervisor(tmp_path: Path) -> None:
    folder = tmp_path / "up"
    write_state(folder, a_state(pid_started=1.0))
    (folder / "log").touch()
    (folder / "runs" / "run-dead").mkdir(parents=True)
    assert stop(folder) is False
    assert not folder.exists()
    assert stop(folder) is False


def test_down_removes_persistent_state_only_with_discard(tmp_path: Path) -> None:
    (tmp_path / "up" / "kept" / "s3").mkdir(parents=True)
    stop(tmp_path / "up")
    assert [path.name for path in (tmp_path / "up").iterdir()] == ["kept"]
    stop(tmp_path / "up", discard=True)
    assert not (tmp_path / "up").exists()


def test_a_shell_reads_the_environment_lines_unchanged() -> None:
    lines = system.env_lines({"A": "x y'z", "NO_PROXY": "127.0.0.1"}, {"ReviewQueueUrl": "u"})
    exported = [shlex.split(line)[1] for line in lines if line.startswith("export ")]
    assert exported == [
        "A=x y'z",
        "NO_PROXY=127.0.0.1",
        "no_proxy=127.0.0.1",
        "SCONES_REVIEW_QUEUE_URL=u",
    ]
    assert lines[0].startswith("unset AWS_PROFILE")


def test_upload_ids_sort_by_time_and_are_unique() -> None:
    earlier = new_upload_id(datetime(2026, 1, 1, 9, 59, 59, 999_000, tzinfo=UTC))
    later = [new_upload_id(datetime(2026, 1, 1, 10, tzinfo=UTC)) for _ in range(100)]
    assert earlier < min(later)
    assert len(set(later)) == 100
    assert earlier.startswith("20260101T095959999-")


def test_the_key_names_driver_and_upload() -> None:
    assert key_of("anna", "u", Path("x/A.JPEG")) == "intake/anna/u.jpeg"
    assert key_of("Anna", "u", Path("x.jpg")) == "intake/anna/u.jpg"
    assert key_of("änna 1", "u", Path("a.not an extension")) == "intake/änna 1/u"


@pytest.mark.parametrize(
    "driver", ["", "a/b", ".a", "..", "a" * 1_100, "\udcff", "a\x01", "Icon\r", "a\uffff"]
)
def test_invalid_driver_ids_are_refused(driver: str) -> None:
    with pytest.raises(InvalidDriver):
        key_of(driver, "u", Path("a.jpg"))


@pytest.mark.parametrize("words", [["status"], ["env"], ["submit", "a.jpg", "--driver", "d"]])
def test_without_a_system_a_command_prints_one_line_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: list[str]
) -> None:
    monkeypatch.setenv("SCONES_UP_DIR", str(tmp_path / "up"))
    result = CliRunner().invoke(cli.app, words)
    assert result.exit_code == NOT_RUNNING
    assert result.stderr == "scones: nothing is running: start it with `scones up`.\n"


def test_the_json_status_reports_a_failed_system(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(photos, "home", lambda: tmp_path)
    message = "The emulator died.\nits log"
    write_state(tmp_path, dataclasses.replace(a_state(FAILED), message=message))
    result = CliRunner().invoke(cli.app, ["status", "--json"])
    assert result.exit_code == NOT_RUNNING
    document = json.loads(result.stdout)
    assert document["status"] == FAILED
    assert "The emulator died." in document["message"]
    assert "its log" not in document["message"]


def test_up_prints_all_addresses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings_used: list[UpSettings] = []

    def started(_folder: Path, settings: UpSettings, **_: object) -> tuple[UpState, bool]:
        settings_used.append(settings)
        return a_state(), True

    monkeypatch.setattr(system, "start", started)
    words = ["up", "--keep", "--port", "0", "--drop-folder", str(tmp_path)]
    result = CliRunner().invoke(cli.app, words)
    assert result.exit_code == 0
    assert "http://127.0.0.1:4566" in result.stdout
    assert settings_used[0].arguments()[:2] == ["--port", "0"]
    assert settings_used[0].arguments()[-3:] == ["--keep", "--drop-folder", str(tmp_path)]


def test_control_characters_of_a_name_are_escaped() -> None:
    assert plain_text("a\x1b[31m\n\udcff") == r"a\x1b[31m\n\udcff"
    rows = [{"photo_id": "p", "path": "\x1b", "outcome": None}]
    assert "\x1b" not in rendering.submissions(rows)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([], 0),
        (["--port", "0"], 0),
        (["--port", "4566"], 0),
        (["--port", "5000"], 2),
        (["--keep"], 2),
        (["--drop-folder", "photos"], 2),
    ],
)
def test_an_option_that_the_running_system_lacks_is_refused(
    monkeypatch: pytest.MonkeyPatch, words: list[str], code: int
) -> None:
    monkeypatch.setattr(system, "start", lambda *_settings, **_options: (a_state(), False))
    result = CliRunner().invoke(cli.app, ["up", *words])
    assert result.exit_code == code, result.output
    assert ("running already" in result.stdout) == (code == 0)


@pytest.mark.parametrize(
    ("keep", "words", "line"),
    [
        (False, [], "stopped; 3 photos discarded (`scones up --keep` keeps them)"),
        (True, [], "stopped"),
        (True, ["--discard"], "stopped; 3 photos discarded (`scones up --keep` keeps them)"),
    ],
)
def test_stopping_says_how_many_photos_it_discards(
    monkeypatch: pytest.MonkeyPatch, keep: bool, words: list[str], line: str
) -> None:
    state = dataclasses.replace(a_state(), keep=keep)
    figures = SimpleNamespace(photos={"assigned": 2, "failed": 1})
    monkeypatch.setattr(system, "read_state", lambda _folder: state)
    monkeypatch.setattr(system, "overview", lambda _target, **_options: figures)
    monkeypatch.setattr(system, "target_of_laptop", lambda _state: None)
    monkeypatch.setattr(system, "stop", lambda _folder, **_options: True)
    result = CliRunner().invoke(cli.app, ["down", *words])
    assert result.stdout.splitlines() == [line]
