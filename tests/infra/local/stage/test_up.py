"""The state file, the lock, what is kept, and the commands around them, without any process."""

import dataclasses
import json
import os
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from typer.testing import CliRunner

from infra import cli
from infra.cli import photos, rendering, system
from infra.cli.errors import NOT_RUNNING, plain_text
from infra.local.errors import NotRunning
from infra.local.stage.background import UpSettings, start, stop
from infra.local.stage.persistent_state import NEEDED, persistent_state
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
from infra.operations.upload_key import InvalidDriver, key_of, new_upload_id


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


@pytest.fixture
def lock(tmp_path: Path) -> Iterator[int]:
    taken = take_lock(tmp_path / "up")
    assert taken is not None
    yield taken
    os.close(taken)


def test_the_state_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_state(tmp_path / "up", a_state())
    assert read_state(tmp_path / "up") == a_state()
    assert running_state(tmp_path / "up") == a_state()
    assert [each.name for each in (tmp_path / "up").iterdir()] == ["state.json"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"other": 1}'])
def test_a_spoilt_state_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "state.json").write_text(content)
    assert read_state(tmp_path) is None
    with pytest.raises(NotRunning, match="scones up"):
        running_state(tmp_path)


def test_another_process_with_the_same_number_is_not_believed(tmp_path: Path) -> None:
    write_state(tmp_path, a_state(pid_started=1.0))
    with pytest.raises(NotRunning, match="its supervisor was killed"):
        running_state(tmp_path)


@pytest.mark.parametrize(("status", "said"), [(FAILED, "stopped by itself"), (STARTING, "waits")])
def test_what_is_not_ready_is_said(tmp_path: Path, status: str, said: str) -> None:
    write_state(tmp_path, a_state(status))
    with pytest.raises(NotRunning, match=said):
        running_state(tmp_path)


def test_one_at_a_time_has_the_lock(tmp_path: Path, lock: int) -> None:
    assert lock
    assert take_lock(tmp_path / "up") is None


def test_up_again_is_answered_with_what_runs(tmp_path: Path, lock: int) -> None:
    assert lock
    write_state(tmp_path / "up", a_state())
    settings = UpSettings(
        port=0, runtime_port=0, page_port=0, api_port=0, keep=False, drop_folder=None
    )
    assert start(tmp_path / "up", settings, step=print) == (a_state(), False)


def test_down_clears_what_a_dead_supervisor_left(tmp_path: Path) -> None:
    folder = tmp_path / "up"
    write_state(folder, a_state(pid_started=1.0))
    (folder / "log").touch()
    (folder / "runs" / "run-dead").mkdir(parents=True)
    assert stop(folder) is False
    assert not folder.exists()
    assert stop(folder) is False


def test_down_leaves_what_is_kept_unless_told(tmp_path: Path) -> None:
    (tmp_path / "up" / "kept" / "s3").mkdir(parents=True)
    stop(tmp_path / "up")
    assert [each.name for each in (tmp_path / "up").iterdir()] == ["kept"]
    stop(tmp_path / "up", discard=True)
    assert not (tmp_path / "up").exists()


def saved(working: Path, text: str) -> None:
    (working / "state").mkdir(exist_ok=True)
    for name in NEEDED:
        (working / "state" / f"{name}.json").write_text(text)


def test_what_is_saved_is_there_for_the_next_run(tmp_path: Path) -> None:
    keep = tmp_path / "kept"
    for run in ("one", "two"):
        with persistent_state(keep, tmp_path / run) as working:
            assert working is not None
            found = (working / "state" / "s3.json").exists()
            assert found == (run == "two")
            saved(working, run)
    assert (keep / "state" / "s3.json").read_text() == "two"
    assert [each.name for each in tmp_path.iterdir()] == ["kept"]


def test_what_is_saved_is_kept_though_the_clock_was_set_back(tmp_path: Path) -> None:
    """File systems may round times down, too: a file's time can lie before the run's begin."""
    keep = tmp_path / "kept"
    for run in ("one", "two"):
        with persistent_state(keep, tmp_path / run) as working:
            assert working is not None
            saved(working, run)
            for file in (working / "state").iterdir():
                os.utime(file, (1_000_000_000, 1_000_000_000))
    assert (keep / "state" / "s3.json").read_text() == "two"


def test_a_save_that_broke_off_leaves_what_was_kept_before(tmp_path: Path) -> None:
    keep = tmp_path / "kept"
    with persistent_state(keep, tmp_path / "one") as working:
        assert working is not None
        saved(working, "one")
    with persistent_state(keep, tmp_path / "two") as working:
        assert working is not None
        (working / "state" / f"{NEEDED[0]}.json").write_text("two")  # killed after the first file
    assert (keep / "state" / f"{NEEDED[0]}.json").read_text() == "one"


def test_a_crash_leaves_what_was_kept_before(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keep = tmp_path / "kept"
    with persistent_state(keep, tmp_path / "one") as working:
        assert working is not None
        saved(working, "one")
    with persistent_state(keep, tmp_path / "two") as working:
        assert working is not None
        (working / "s3").mkdir()  # a photo came, and the tables were never written
    assert not (keep / "s3").exists()
    assert "not saved" in caplog.text


def test_a_kill_between_the_renames_loses_nothing(tmp_path: Path) -> None:
    (tmp_path / "kept.before" / "state").mkdir(parents=True)
    with persistent_state(tmp_path / "kept", tmp_path / "run") as working:
        assert working is not None
        assert (working / "state").is_dir()


def test_nothing_is_kept_unless_asked(tmp_path: Path) -> None:
    with persistent_state(None, tmp_path / "run") as working:
        assert working is None
    assert not list(tmp_path.iterdir())


def test_environment_lines_survive_a_shell() -> None:
    lines = system.env_lines({"A": "x y'z", "NO_PROXY": "127.0.0.1"}, {"ReviewQueueUrl": "u"})
    exported = [shlex.split(line)[1] for line in lines if line.startswith("export ")]
    assert exported == [
        "A=x y'z",
        "NO_PROXY=127.0.0.1",
        "no_proxy=127.0.0.1",
        "SCONES_REVIEW_QUEUE_URL=u",
    ]
    assert lines[0].startswith("unset AWS_PROFILE")


def test_upload_ids_sort_by_time_and_differ() -> None:
    earlier = new_upload_id(datetime(2026, 1, 1, 9, 59, 59, 999_000, tzinfo=UTC))
    later = [new_upload_id(datetime(2026, 1, 1, 10, tzinfo=UTC)) for _ in range(100)]
    assert earlier < min(later)
    assert len(set(later)) == 100
    assert earlier.startswith("20260101T095959999-")


def test_the_key_names_driver_and_upload() -> None:
    assert key_of("anna", "u", Path("x/A.JPEG")) == "intake/anna/u.jpeg"
    assert key_of("änna 1", "u", Path("a.not an extension")) == "intake/änna 1/u"


@pytest.mark.parametrize("driver", ["", "a/b", ".a", "..", "a" * 1_100, "\udcff"])
def test_impossible_drivers_are_refused(driver: str) -> None:
    with pytest.raises(InvalidDriver):
        key_of(driver, "u", Path("a.jpg"))


@pytest.mark.parametrize("words", [["status"], ["env"], ["submit", "a.jpg", "--driver", "d"]])
def test_without_a_system_one_line_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: list[str]
) -> None:
    monkeypatch.setenv("SCONES_UP_DIR", str(tmp_path / "up"))
    result = CliRunner().invoke(cli.app, words)
    assert result.exit_code == NOT_RUNNING
    assert result.stderr == "scones: nothing is running: start it with `scones up`.\n"


def test_a_failed_system_is_told_to_scripts_too(
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


def test_up_says_where_everything_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[UpSettings] = []

    def started(_folder: Path, settings: UpSettings, **_: object) -> tuple[UpState, bool]:
        asked.append(settings)
        return a_state(), True

    monkeypatch.setattr(system, "start", started)
    words = ["up", "--keep", "--port", "0", "--drop-folder", str(tmp_path)]
    result = CliRunner().invoke(cli.app, words)
    assert result.exit_code == 0
    assert "http://127.0.0.1:4566" in result.stdout
    assert asked[0].arguments()[:2] == ["--port", "0"]
    assert asked[0].arguments()[-3:] == ["--keep", "--drop-folder", str(tmp_path)]


def test_a_hostile_name_is_shown_as_text() -> None:
    assert plain_text("a\x1b[31m\n\udcff") == r"a\x1b[31m\n\udcff"
    rows = [{"photo_id": "p", "path": "\x1b", "outcome": None}]
    assert "\x1b" not in rendering.submissions(rows)
