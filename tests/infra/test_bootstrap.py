"""Setting up with a wrong Python, without a network, and with an unchanged environment."""

import ast
import os
import sys
from pathlib import Path

import pytest

from infra import bootstrap
from infra.synthesis import node
from tests.conftest import ROOT
from tests.infra.small_project import RECENT_NODE, write_node


def test_an_old_python_can_parse_the_script() -> None:
    source = Path(bootstrap.__file__).read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 6))


def test_a_wrong_python_gets_one_clear_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)
    with pytest.raises(SystemExit) as ended:
        bootstrap.run_with_another_python()
    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "Python 3.11 to 3.14 is needed" in line


def test_the_script_needs_the_versions_that_the_project_states() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    oldest = ".".join(map(str, bootstrap.OLDEST))
    assert f'requires-python = ">={oldest},<3.{bootstrap.NEWEST[1] + 1}"' in text
    assert bootstrap.OLDEST_NODE == node.OLDEST_MAJOR


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (
            "ERROR: Could not find a version that satisfies x (from versions: none)",
            "the package registry cannot be reached",
        ),
        (
            "error: dns error: failed to lookup address",
            "the package registry cannot be reached",
        ),
        ("error: no space left on device", "no space left on device"),
    ],
)
def test_a_failing_step_ends_with_what_to_do(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    output: str,
    message: str,
) -> None:
    monkeypatch.setattr(bootstrap, "LOG", str(tmp_path / "setup.log"))
    with pytest.raises(SystemExit):
        bootstrap.run([sys.executable, "-c", f"import sys; print({output!r}); sys.exit(1)"])
    assert message in capsys.readouterr().err


def test_an_environment_is_ready_until_a_lock_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "pyproject.toml").write_text("x", encoding="utf-8")
    for name in ("bootstrap", "node", "local", "dev"):
        (tmp_path / "requirements" / f"{name}.lock").write_text("x", encoding="utf-8")
    monkeypatch.setattr(bootstrap, "ROOT", str(tmp_path))
    monkeypatch.setattr(bootstrap, "machine_has_node", lambda: True)
    venv = tmp_path / ".venv"
    venv.mkdir()
    assert not bootstrap.is_ready(str(venv), "local")
    Path(bootstrap.stamp(str(venv), "dev")).write_text(bootstrap.fingerprint("dev"), "utf-8")
    assert bootstrap.is_ready(str(venv), "dev")
    assert bootstrap.is_ready(str(venv), "local"), "an environment for tests serves the demo too"
    monkeypatch.setattr(bootstrap, "machine_has_node", lambda: False)
    assert not bootstrap.is_ready(str(venv), "dev"), "CDK has no Node to run on"
    (venv / "bin").mkdir()
    (venv / "bin" / "node").touch()
    assert bootstrap.is_ready(str(venv), "dev")
    (tmp_path / "requirements" / "dev.lock").write_text("y", encoding="utf-8")
    assert not bootstrap.is_ready(str(venv), "dev")


def test_only_a_recent_node_outside_of_environments_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment, machine = tmp_path / ".venv" / "bin", tmp_path / "machine"
    environment.mkdir(parents=True)
    machine.mkdir()
    (tmp_path / ".venv" / "pyvenv.cfg").touch()
    monkeypatch.setenv("PATH", f"{environment}/{os.pathsep}{environment}{os.pathsep}{machine}")
    write_node(environment, RECENT_NODE)
    assert not bootstrap.machine_has_node()
    write_node(machine, "20.20.2")
    assert not bootstrap.machine_has_node()
    write_node(machine, RECENT_NODE)
    assert bootstrap.machine_has_node()


def test_locks_hold_hashes_and_no_addresses() -> None:
    for lock in sorted((ROOT / "requirements").glob("*.lock")):
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text, lock.name
        assert text.count("--hash=sha256:") >= text.count("=="), lock.name
        assert "\ntorch==" not in text, lock.name
        assert ("\nsagemaker==" in text) == (lock.name == "sagemaker.lock")
