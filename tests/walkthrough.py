"""Executes the walk-through notebook: `python -m tests.walkthrough` (`make walkthrough`).

Every cell prints only what is the same in each run, so that the outputs can be kept beside the
code, and a test can compare them.
"""

import os
import subprocess
import sys
import tempfile
import time
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from traitlets.config import Config

from tests.conftest import ROOT

NOTEBOOK = ROOT / "docs" / "walkthrough.ipynb"
CELL_TIMEOUT_S = 300

Notebook = Any  # nbformat's NotebookNode is a dict with attributes


def stored() -> Notebook:
    """The notebook as it is committed."""
    return nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call] # it has no types


def executed() -> Notebook:
    """The notebook with the outputs of a fresh run. Raises: CellExecutionError."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "SCONES_UP_DIR": f"{folder}/up", "IPYTHONDIR": folder}
        connection = {
            "transport": "ipc",  # no port, which every user of the machine could reach
            "connection_file": f"{folder}/kernel.json",
        }
        client = NotebookClient(
            stored(),
            config=Config({"ConnectionFileMixin": connection}),
            kernel_name="python3",
            timeout=CELL_TIMEOUT_S,
            resources={"metadata": {"path": str(NOTEBOOK.parent)}},
            record_timing=False,
        )
        try:
            return client.execute(env=environment)
        finally:
            # A cell that failed has left the system running.
            subprocess.run(
                [sys.executable, "-m", "infra.cli", "down", "--discard"],
                cwd=ROOT,
                env=environment,
                capture_output=True,
                check=False,
            )


def outputs(notebook: Notebook) -> list[str]:
    """What each code cell printed, in order."""
    return [
        "".join(output.get("text", "") for output in cell["outputs"])
        for cell in notebook["cells"]
        if cell["cell_type"] == "code"
    ]


def main() -> None:
    """Execute the notebook and store its outputs. Exits with 1 where a cell fails."""
    started = time.monotonic()
    try:
        notebook = executed()
    except CellExecutionError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
    # The version of this machine's Python would differ on the next one.
    notebook["metadata"]["language_info"] = {"name": "python"}
    nbformat.write(notebook, NOTEBOOK)  # type: ignore[no-untyped-call] # it has no types
    sys.stdout.write(f"{len(outputs(notebook))} cells in {time.monotonic() - started:.0f} s\n")


if __name__ == "__main__":
    main()
