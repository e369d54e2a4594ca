"""Only a clean stop changes the kept state, and that of another build is refused."""

import json
import os
from pathlib import Path

import pytest

from infra.local.errors import StateOutdated
from infra.local.stage.persistent_state import (
    FORMAT_FILE,
    KEPT_FORMAT,
    NEEDED,
    persistent_state,
)


def save(folder: Path, text: str) -> None:
    """Write the files of the emulator's state, as it does on a clean stop."""
    (folder / "state").mkdir(parents=True, exist_ok=True)
    for name in NEEDED:
        (folder / "state" / f"{name}.json").write_text(text, encoding="utf-8")


def keep_state_of_the_build_before_the_renames(keep: Path) -> Path:
    """Make a kept state without a format, whose stack has the outputs of that build."""
    save(keep, '{"payload": [{"OutputKey": "DoorUrl", "OutputValue": "http://127.0.0.1:4569"}]}')
    (keep / "s3" / "scones-local-intake").mkdir(parents=True)
    (keep / "s3" / "scones-local-intake" / "photo").write_bytes(b"photo")
    return keep


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_saved_state_is_there_for_the_next_run(tmp_path: Path) -> None:
    keep = tmp_path / "kept"
    for run in ("one", "two"):
        with persistent_state(keep, tmp_path / run) as working:
            assert working is not None
            is_restored = (working / "state" / "s3.json").exists()
            assert is_restored == (run == "two")
            save(working, run)
    assert (keep / "state" / "s3.json").read_text() == "two"
    assert json.loads((keep / FORMAT_FILE).read_text()) == {"format": KEPT_FORMAT}
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_the_saved_state_is_kept_when_the_clock_was_set_back(tmp_path: Path) -> None:
    """File systems also round times down, so that a file can seem older than the run."""
    keep = tmp_path / "kept"
    for run in ("one", "two"):
        with persistent_state(keep, tmp_path / run) as working:
            assert working is not None
            save(working, run)
            for file in (working / "state").iterdir():
                os.utime(file, (1_000_000_000, 1_000_000_000))
    assert (keep / "state" / "s3.json").read_text() == "two"


def test_a_save_that_broke_off_leaves_persistent_state_unchanged(tmp_path: Path) -> None:
    keep = tmp_path / "kept"
    with persistent_state(keep, tmp_path / "one") as working:
        assert working is not None
        save(working, "one")
    with persistent_state(keep, tmp_path / "two") as working:
        assert working is not None
        (working / "state" / f"{NEEDED[0]}.json").write_text("two")  # killed after the first file
    assert (keep / "state" / f"{NEEDED[0]}.json").read_text() == "one"


def test_a_crash_leaves_persistent_state_unchanged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keep = tmp_path / "kept"
    with persistent_state(keep, tmp_path / "one") as working:
        assert working is not None
        save(working, "one")
    os.utime(keep / "state" / "sqs.json", (0, 0))
    with persistent_state(keep, tmp_path / "two") as working:
        assert working is not None
        (working / "s3").mkdir()  # a photo arrived, and the tables were never written
    assert not (keep / "s3").exists()
    assert "not saved" in caplog.text


def test_a_kill_between_the_renames_loses_no_state(tmp_path: Path) -> None:
    before = tmp_path / "kept.before"
    with persistent_state(before, tmp_path / "first") as working:
        assert working is not None
        save(working, "one")
    with persistent_state(tmp_path / "kept", tmp_path / "run") as working:
        assert working is not None
        assert (working / "state").is_dir()


def test_no_state_is_kept_without_the_option(tmp_path: Path) -> None:
    with persistent_state(None, tmp_path / "run") as working:
        assert working is None
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "marker", [None, "", "2", "[]", '{"format": 1}', f'{{"format": {KEPT_FORMAT + 1}}}']
)
def test_persistent_state_of_another_build_is_refused_and_left_alone(
    tmp_path: Path, marker: str | None
) -> None:
    keep = keep_state_of_the_build_before_the_renames(tmp_path / "kept")
    if marker is not None:
        (keep / FORMAT_FILE).write_text(marker, encoding="utf-8")
    before = files(keep)
    with (
        pytest.raises(StateOutdated) as refused,
        persistent_state(keep, tmp_path / "run"),
    ):
        pass
    message = str(refused.value)
    assert "of another build" in message
    assert "`scones down --discard`" in message
    assert len(message.splitlines()) == 1
    assert files(keep) == before
    assert not (tmp_path / "run").exists()
