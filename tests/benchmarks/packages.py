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
from infra.synthesis.packaging import build_package
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
    """Return one row a function, with boto3 where it is imported, and one for boto3 alone."""
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
    # It is part of the runtime and of no package.
    rows[BOTO3] = {"unzipped_mb": 0.0, "import_cpu_ms": _import_ms(Path(), "boto3", rounds)}
    return rows


def _size_mb(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def _import_ms(folder: Path, module: str, rounds: int) -> float:
    """Return the median over new processes. Raises: RuntimeError for a package with bytecode."""
    if module != "boto3" and any(folder.rglob("__pycache__")):
        raise RuntimeError(f"{folder} holds bytecode: delete the folder, so that it is built again")
    # -B: without it an import writes bytecode into the package, and the next one reads it.
    command = [sys.executable, "-I", "-B", "-c", _IMPORT, str(folder), _SITE_PACKAGES, module]
    # As on Lambda; without it the X-Ray SDK makes two clients at import.
    environment = {**os.environ, "LAMBDA_TASK_ROOT": str(folder)}
    seconds = [
        float(subprocess.check_output(command, text=True, env=environment)) for _ in range(rounds)
    ]
    return 1000 * statistics.median(seconds)


if __name__ == "__main__":
    run(measure, TITLE)
