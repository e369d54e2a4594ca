"""The stage leaves neither process nor file, however it ends."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.local.process.processes import ROOT
from infra.local.stage.stage import running_stage
from tests.e2e.emulator.processes_of import processes_in

pytestmark = pytest.mark.e2e

APP = "tests.e2e.emulator.small_assembly:create_app"
GONE_WITHIN_S = 10

OWNER = """
import sys, time
from pathlib import Path
from infra.local.stage.stage import running_stage

run_dir, assembly, app = sys.argv[1:]
with running_stage(Path(run_dir), assembly=Path(assembly), serving_app=app) as stage:
    stage.client("lambda").invoke(FunctionName=stage.outputs["Function"])
    print("ready", flush=True)
    time.sleep(60)
"""


def test_no_process_or_file_is_left_after_the_block(assembly: Path, tmp_path: Path) -> None:
    with running_stage(tmp_path, assembly=assembly, serving_app=APP) as stage:
        stage.client("lambda").invoke(FunctionName=stage.outputs["Function"])
        assert processes_in(tmp_path)
    assert not processes_in(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_or_file_is_left_after_a_signal(
    assembly: Path, tmp_path: Path, ending: signal.Signals
) -> None:
    """The whole process group gets the signal, as a terminal sends Ctrl-C."""
    with _starting(tmp_path, assembly) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "ready\n"
        assert processes_in(tmp_path)
        os.killpg(owner.pid, ending)
        owner.wait(GONE_WITHIN_S)
        _await(lambda: not processes_in(tmp_path) and not list(tmp_path.iterdir()))


def test_no_process_or_file_is_left_after_an_interrupted_start(
    assembly: Path, tmp_path: Path
) -> None:
    with _starting(tmp_path, assembly) as owner:
        _await(lambda: list(tmp_path.glob("run-*/endpoint/log")))
        os.killpg(owner.pid, signal.SIGINT)
        owner.wait(GONE_WITHIN_S)
        _await(lambda: not processes_in(tmp_path) and not list(tmp_path.iterdir()))


def test_directories_of_dead_runs_are_removed_at_the_next_start(
    assembly: Path, tmp_path: Path
) -> None:
    (tmp_path / "run-dead" / "emulator").mkdir(parents=True)
    with running_stage(tmp_path, assembly=assembly, serving_app=APP):
        assert not (tmp_path / "run-dead").exists()


@contextlib.contextmanager
def _starting(runs: Path, assembly: Path) -> Iterator[subprocess.Popen[str]]:
    """Run another process that starts a stage."""
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(runs), str(assembly), APP],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        process_group=0,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _await(claim: Callable[[], object]) -> None:
    deadline = time.monotonic() + GONE_WITHIN_S
    while not claim():
        assert time.monotonic() < deadline
        time.sleep(0.05)
