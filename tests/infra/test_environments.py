"""An environment is replaced by a complete one or not at all, whichever Python runs `make`."""

import fcntl
from pathlib import Path

import pytest

from infra import bootstrap
from tests.infra.small_project import RECENT_NODE, SmallProject


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    return SmallProject(tmp_path)


def leftovers(project: SmallProject) -> list[str]:
    return [path.name for path in project.root.glob(".venv*") if path != project.venv]


def test_make_works_in_the_shell_of_an_activated_environment(
    project: SmallProject,
) -> None:
    """On a machine without Node, where the environment holds its own."""
    first = project.make("setup")
    assert first.returncode == 0, first.stdout
    assert project.output_of("node") == f"v{RECENT_NODE}"
    inode = project.venv.stat().st_ino

    again = project.make("setup", activated=True)
    assert (again.returncode, again.stdout) == (0, "")
    assert project.venv.stat().st_ino == inode, "an environment that has not changed is made again"

    project.lock("local", "local-tool", "dev-tool")
    other = project.make("setup", activated=True)
    assert other.returncode == 0, other.stdout
    tools = ("local-tool", "dev-tool", "small-project")
    assert [project.output_of(tool) for tool in tools] == list(tools)
    assert project.output_of("node") == f"v{RECENT_NODE}"


def test_a_larger_environment_replaces_the_activated_one_and_a_failure_does_not(
    project: SmallProject,
) -> None:
    """On a machine with Node."""
    project.install_node(RECENT_NODE)
    assert project.make("setup").returncode == 0
    assert (project.output_of("node"), project.output_of("dev-tool")) == ("", "")

    larger = project.make("setup-dev", activated=True)
    assert larger.returncode == 0, larger.stdout
    assert project.output_of("dev-tool") == "dev-tool"
    assert not leftovers(project)
    activate = (project.venv / "bin" / "activate").read_text(encoding="utf-8")
    assert str(project.venv) in activate
    assert f"{project.venv}.new" not in activate
    log = (project.root / ".scones" / "setup.log").read_text(encoding="utf-8")
    assert not log.startswith(f"$ {project.venv}/"), "the environment was made by its own Python"

    project.lock("dev", "local-tool", "dev-tool", "not-available")
    failed = project.make("setup-dev", activated=True)
    assert failed.returncode == 2
    assert ".venv is as it was before" in failed.stdout
    assert project.output_of("dev-tool") == "dev-tool"
    assert not leftovers(project)


def test_a_second_setup_waits_for_the_first(
    project: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "ROOT", str(project.root))
    (project.root / ".scones").mkdir()
    with (project.root / ".scones" / "setup.lock").open("w") as lock_file:
        fcntl.flock(lock_file, fcntl.LOCK_EX)  # as a running setup does
        with project.start("setup-dev") as other:
            assert other.stdout is not None
            assert "waiting for another `make`" in other.stdout.readline()
            (project.venv / "bin").mkdir(parents=True)
            (project.venv / "bin" / "node").touch()
            stamp = Path(bootstrap.stamp(str(project.venv), "dev"))
            stamp.write_text(bootstrap.fingerprint("dev"), encoding="utf-8")
            fcntl.flock(lock_file, fcntl.LOCK_UN)
            assert other.stdout.read() == "", "the other process has made it"
    assert other.returncode == 0


def test_a_setup_killed_between_its_renames_is_undone(tmp_path: Path) -> None:
    venv = tmp_path / ".venv"
    former = Path(bootstrap.former(str(venv)))
    former.mkdir()
    (former / "old").touch()
    bootstrap.restore(str(venv))
    assert (venv / "old").exists()
    assert not former.exists()


def test_an_environment_that_cannot_take_its_place_leaves_the_former_one(tmp_path: Path) -> None:
    venv = tmp_path / ".venv"
    venv.mkdir()
    (venv / "old").touch()
    with pytest.raises(FileNotFoundError):
        bootstrap.swap(str(tmp_path / ".venv.new"), str(venv))
    bootstrap.restore(str(venv))
    assert (venv / "old").exists()


def test_a_linked_environment_is_replaced_by_a_folder(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    venv = tmp_path / ".venv"
    venv.symlink_to(elsewhere)
    for _ in range(2):
        fresh = tmp_path / ".venv.new"
        fresh.mkdir()
        bootstrap.swap(str(fresh), str(venv))
    assert not venv.is_symlink()
    assert elsewhere.exists()
    assert not Path(bootstrap.former(str(venv))).exists()


def test_an_unwritable_disk_gives_one_line(project: SmallProject) -> None:
    (project.root / ".scones").write_text("not a folder", encoding="utf-8")
    failed = project.make("setup")
    assert failed.returncode == 2
    [line, _of_make] = failed.stdout.splitlines()
    assert line.startswith("scones: setting up failed: [Errno ")
