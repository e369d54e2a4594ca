"""The process that decodes: reads files from its input, answers a line for each.

A file comes as four bytes of length and its content. The answer is one JSON object: outcome,
seconds, and the most memory that was resident while the file was handled.
"""

import json
import resource
import struct
import sys
import time
from pathlib import Path

from handlers.domain.photo.wire_image import Prepared, prepare

# Far above what the function has: stops a runaway before it takes the machine along.
_ADDRESS_SPACE = 6 << 30
_PEAK = Path("/proc/self/status")
_RESET = Path("/proc/self/clear_refs")


def main() -> None:
    """Answer until the input ends."""
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    while head := sys.stdin.buffer.read(4):
        data = sys.stdin.buffer.read(struct.unpack(">I", head)[0])
        _forget_peak()
        began = time.perf_counter()
        result = prepare(data)
        answer = {
            "outcome": "accepted" if isinstance(result, Prepared) else result.reason,
            "seconds": round(time.perf_counter() - began, 3),
            "memory_mb": _peak_mb(),
        }
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _forget_peak() -> None:
    if _RESET.exists():
        _RESET.write_text("5")


def _peak_mb() -> int:
    """Since it was last forgotten; where that cannot be had, since the process began."""
    if _PEAK.exists():
        for line in _PEAK.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) // 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit // 1_048_576


if __name__ == "__main__":
    main()
