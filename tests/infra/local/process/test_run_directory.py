"""A run's directory lives as long as the run; those of dead runs go at the next start."""

from pathlib import Path

import pytest

from infra.local.process.exit_with_parent import remove_own_files
from infra.local.process.run_directory import run_directory


def test_directory_is_gone_afterwards(tmp_path: Path) -> None:
    with run_directory(tmp_path) as directory:
        (directory / "part").mkdir()
        (directory / "part" / "log").touch()
    assert list(tmp_path.iterdir()) == []


def test_directory_is_gone_after_a_failure(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), run_directory(tmp_path):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_dead_runs_are_removed_and_living_ones_stay(tmp_path: Path) -> None:
    (tmp_path / "run-dead" / "emulator").mkdir(parents=True)
    with run_directory(tmp_path) as living, run_directory(tmp_path) as second:
        assert set(tmp_path.iterdir()) == {living, second}


def test_files_beside_the_runs_are_nobodys_business(tmp_path: Path) -> None:
    (tmp_path / "note").touch()
    with run_directory(tmp_path):
        pass
    assert [each.name for each in tmp_path.iterdir()] == ["note"]


def test_last_part_takes_the_run_directory_along(tmp_path: Path) -> None:
    for part in ("emulator", "endpoint"):
        (tmp_path / "run" / part).mkdir(parents=True)
    remove_own_files(tmp_path / "run" / "emulator")
    assert [each.name for each in (tmp_path / "run").iterdir()] == ["endpoint"]
    remove_own_files(tmp_path / "run" / "endpoint")
    assert not (tmp_path / "run").exists()
