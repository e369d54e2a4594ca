"""A run's directory exists as long as the run; the next start removes those of dead runs."""

from pathlib import Path

import pytest

from infra.local.process.exit_with_parent import remove_own_files
from infra.local.process.run_directory import run_directory


def test_a_directory_is_removed_after_the_run(tmp_path: Path) -> None:
    with run_directory(tmp_path) as directory:
        (directory / "process").mkdir()
        (directory / "process" / "log").touch()
    assert list(tmp_path.iterdir()) == []


def test_a_directory_is_removed_after_a_failure(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), run_directory(tmp_path):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_directories_of_dead_runs_are_removed_and_of_living_ones_stay(tmp_path: Path) -> None:
    (tmp_path / "run-dead" / "emulator").mkdir(parents=True)
    with run_directory(tmp_path) as living, run_directory(tmp_path) as second:
        assert set(tmp_path.iterdir()) == {living, second}


def test_files_beside_the_runs_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "note").touch()
    with run_directory(tmp_path):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["note"]


def test_the_last_process_removes_the_run_directory(tmp_path: Path) -> None:
    for process in ("emulator", "endpoint"):
        (tmp_path / "run" / process).mkdir(parents=True)
    remove_own_files(tmp_path / "run" / "emulator")
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["endpoint"]
    remove_own_files(tmp_path / "run" / "endpoint")
    assert not (tmp_path / "run").exists()
