"""Whatever the machine lacks, a command ends with one sentence and an exit code that is true."""

import errno
import importlib
from typing import NoReturn

import pytest
from typer.testing import CliRunner, Result

from infra.cli import app
from infra.local.errors import NotRunning, PortTaken

# The command line, its module, and the first thing that it calls outside of the module.
COMMANDS = (
    (("demo",), "demo", "run_demo"),
    (("up",), "system", "start"),
    (("down",), "system", "stop"),
    (("env",), "system", "running_state"),
    (("submit", __file__, "--driver", "dora"), "photos", "target"),
    (("status", "--driver", "dora"), "photos", "target"),
    (("known",), "known", "target"),
    (("provision", "driver", "dora"), "provision", "target"),
    (("reconcile",), "reconciliation", "target"),
    (("redrive", "--all-failed"), "reconciliation", "target"),
    (("pause",), "controls", "target"),
)
CONDITIONS = (
    (OSError(errno.ENOSPC, "x", "file"), 2, "scones: No space left on device: file"),
    (OSError(errno.EROFS, "x", "file"), 2, "scones: Read-only file system: file"),
    (PermissionError(errno.EACCES, "x", "file"), 2, "scones: Permission denied: file"),
    (MemoryError(), 2, "scones: there is not enough memory"),
    (PortTaken(4566), 2, "scones: Port 4566 of 127.0.0.1 is in use"),
    (NotRunning("nothing runs."), 3, "scones: nothing runs."),
    (KeyboardInterrupt(), 130, "scones: interrupted; "),
)


def call(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


@pytest.mark.parametrize(("words", "module", "callee"), COMMANDS, ids=lambda value: str(value)[:24])
@pytest.mark.parametrize(("error", "code", "line"), CONDITIONS, ids=lambda value: repr(value)[:24])
def test_a_condition_gives_one_line_and_its_exit_code(
    monkeypatch: pytest.MonkeyPatch,
    *,
    words: tuple[str, ...],
    module: str,
    callee: str,
    error: BaseException,
    code: int,
    line: str,
) -> None:
    def fail(*_arguments: object, **_options: object) -> NoReturn:
        raise error

    monkeypatch.setattr(importlib.import_module(f"infra.cli.{module}"), callee, fail)
    result = call(*words)
    assert result.exit_code == code, result.output
    # Lines of progress may come before it.
    errors = [text for text in result.stderr.splitlines() if text.startswith("scones: ")]
    assert len(errors) == 1
    assert errors[0].startswith(line)
    assert result.stderr.rstrip().endswith(errors[0])
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    "words",
    [
        ("demo", "--burst", "50"),
        ("demo", "--minutes", "2"),
        ("redrive", "--all-failed", "--drop"),
        ("up", "--no-such-option"),
    ],
)
def test_an_option_that_would_be_ignored_is_refused(words: tuple[str, ...]) -> None:
    assert call(*words).exit_code == 2


def test_another_fault_of_the_system_is_not_taken_for_a_condition(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_arguments: object) -> NoReturn:
        raise OSError(errno.EBADF, "x")

    monkeypatch.setattr("infra.cli.system.running_state", fail)
    assert isinstance(call("env").exception, OSError)
