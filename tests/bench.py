"""Speed and size, as `make bench` prints them: ratios taken in one run, since machines are noisy.

Not collected by pytest: nothing here can fail.
"""

import io
import statistics
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PIL import Image
from rich.console import Console
from rich.table import Table

from handlers.domain.photo import prepare
from infra.config import HOST
from infra.function_specs import FUNCTIONS
from infra.packaging import build_package
from tests.monitoring.bench import report_table
from tests.monitoring.capture.bench import captures_table
from tests.pictures import a_picture, encoded

ROUNDS = 11
_IMPORT = (
    "import sys, time; sys.path[:0] = [sys.argv[1]]; sys.path.append(sys.argv[2]); "
    "import boto3; start = time.process_time(); __import__(sys.argv[3]); "
    "print(time.process_time() - start)"
)


def main() -> None:
    """Four tables."""
    console = Console()
    console.print(_serialize())
    console.print(captures_table())
    console.print(report_table())
    console.print(_packages())


def _serialize() -> Table:
    table = Table(title=f"A 12-megapixel JPEG, CPU seconds, median of {ROUNDS}")
    for column in ("file, MB", "Serialize's prepare", "open, convert, resize", "times less"):
        table.add_column(column, justify="right")
    size = (4032, 3024)
    drawing, grain = a_picture(size), Image.effect_noise(size, 60).convert("RGB")
    # Every bit of a JPEG must be read at any scale: how much that is depends on the detail.
    for share_of_grain in (0.0, 0.05, 0.12):
        photo = encoded(Image.blend(drawing, grain, share_of_grain), "JPEG", quality=90)
        ours, plain = [], []
        for _ in range(ROUNDS):  # in turns, so that a busy moment meets both
            ours.append(_cpu_s(partial(prepare, photo)))
            plain.append(_cpu_s(partial(_plainly, photo)))
        mine, theirs = statistics.median(ours), statistics.median(plain)
        figures = (f"{len(photo) / 1e6:.1f}", f"{mine:.4f}", f"{theirs:.4f}")
        table.add_row(*figures, f"{theirs / mine:.1f}")
    return table


def _plainly(photo: bytes) -> Image.Image:
    return Image.open(io.BytesIO(photo)).convert("RGB").resize((224, 168))


def _cpu_s(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def _packages() -> Table:
    table = Table(title="Function packages for this machine (boto3 is the runtime's)")
    table.add_column("function")
    table.add_column("unzipped MB", justify="right")
    table.add_column("import, CPU s", justify="right")
    for spec in FUNCTIONS:
        folder = build_package(spec, HOST).folder
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        cpu = statistics.median(_import_s(folder, spec.module) for _ in range(5))
        table.add_row(spec.name, f"{size / 1e6:.1f}", f"{cpu:.2f}")
    return table


def _import_s(folder: Path, module: str) -> float:
    """CPU seconds to import a function's module in a new process, boto3 apart."""
    runtime = sysconfig.get_path("purelib")
    command = [sys.executable, "-I", "-c", _IMPORT, str(folder), runtime, module]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


if __name__ == "__main__":
    main()
