"""The decoding process: reads files from its input and writes a line for each.

A file is four bytes of length and its content. The line is one JSON object: outcome, seconds, and
the peak of resident memory in MB while the file was decoded.
"""

import json
import resource
import struct
import sys
import time
from pathlib import Path

from handlers.domain.photo.wire_image import Prepared, prepare

# Far above the function's memory: stops a runaway process before it exhausts the machine.
_ADDRESS_SPACE = 6 << 30
_PEAK = Path("/proc/self/status")
_RESET = Path("/proc/self/clear_refs")


def main() -> None:
    """Decode files until the input ends."""
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    while head := sys.stdin.buffer.read(4):
        data = sys.stdin.buffer.read(struct.unpack(">I", head)[0])
        _reset_peak()
        began = time.perf_counter()
        result = prepare(data)
        decoding = {
            "outcome": "accepted" if isinstance(result, Prepared) else result.reason,
            "seconds": round(time.perf_counter() - began, 3),
            "memory_mb": _peak_mb(),
        }
        sys.stdout.write(json.dumps(decoding) + "\n")
        sys.stdout.flush()


def _reset_peak() -> None:
    if _RESET.exists():
        _RESET.write_text("5")


def _peak_mb() -> int:
    """Return the peak since the last reset, or since the start where it cannot be reset."""
    if _PEAK.exists():
        for line in _PEAK.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) // 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit // 1_048_576


if __name__ == "__main__":
    main()
