"""Execute the walk-through notebook: `python -m tests.walkthrough` (`make walkthrough`).

Cells print only what is equal in every run, so that a test can compare the stored outputs.
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
    """Return the notebook as it is committed."""
    return nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call] # it has no types


def executed() -> Notebook:
    """Run the notebook; return it with the new outputs. Raises: CellExecutionError."""
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
            # After a failed cell the system is still running.
            subprocess.run(
                [sys.executable, "-m", "infra.cli", "down", "--discard"],
                cwd=ROOT,
                env=environment,
                capture_output=True,
                check=False,
            )


def outputs(notebook: Notebook) -> list[str]:
    """Return the text that the code cells printed, in their order."""
    return [
        "".join(output.get("text", "") for output in cell["outputs"])
        for cell in notebook["cells"]
        if cell["cell_type"] == "code"
    ]


def main() -> None:
    """Execute the notebook and store its outputs; exit with 1 if a cell fails."""
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
