"""Size and import of every function's package: `python -m tests.benchmarks.packages`.

The import is that of a cold start: a new interpreter, the package as it was built, boto3 from the
environment as from the Lambda runtime, and no bytecode in the package, as none is deployed.
"""

import os
import statistics
import subprocess
import sys
import sysconfig
from pathlib import Path

from infra.config import HOST
from infra.function_specs import FUNCTIONS
from infra.packaging import build_package
from tests.benchmarks.measurement import Measurements, run

TITLE = "Function packages for this machine, and the CPU time of a cold import"
ROUNDS = 5
BOTO3 = "boto3 alone"
# Prints the CPU seconds of importing one module.
_IMPORT = """
import importlib, sys, time
package, runtime, module = sys.argv[1:]
sys.path[:0] = [package]
sys.path.append(runtime)
start = time.process_time()
importlib.import_module(module)
print(time.process_time() - start)
"""
_SITE_PACKAGES = sysconfig.get_path("purelib")


def measure(*, short: bool) -> Measurements:
    """One row a function, boto3 included where it imports it; and boto3 alone, to compare."""
    rounds = 1 if short else ROUNDS
    # The runtime's boto3 is compiled; in a new environment the first import compiles it.
    subprocess.run([sys.executable, "-I", "-c", "import boto3"], check=True)
    rows = {}
    for spec in FUNCTIONS:
        folder = build_package(spec, HOST).folder
        rows[spec.name] = {
            "unzipped_mb": _size_mb(folder),
            "import_cpu_ms": _import_ms(folder, spec.handler.rpartition(".")[0], rounds),
        }
    # No function's package holds it.
    rows[BOTO3] = {"unzipped_mb": 0.0, "import_cpu_ms": _import_ms(Path(), "boto3", rounds)}
    return rows


def _size_mb(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def _import_ms(folder: Path, module: str, rounds: int) -> float:
    """The median over new processes. Raises: RuntimeError for a package with bytecode in it."""
    if module != "boto3" and any(folder.rglob("__pycache__")):
        raise RuntimeError(f"{folder} holds bytecode: delete the folder, and it is built anew")
    # -B: what an import compiles must not be written into the package, or the next one reads it.
    command = [sys.executable, "-I", "-B", "-c", _IMPORT, str(folder), _SITE_PACKAGES, module]
    # As on Lambda; without it the X-Ray SDK makes two clients at import.
    environment = {**os.environ, "LAMBDA_TASK_ROOT": str(folder)}
    seconds = [
        float(subprocess.check_output(command, text=True, env=environment)) for _ in range(rounds)
    ]
    return 1000 * statistics.median(seconds)


if __name__ == "__main__":
    run(measure, TITLE)
