"""One target under atheris: `python -m tests.fuzz.instrumented TARGET CORPUS [libFuzzer options]`.

It runs where `make fuzz` installed atheris, in an environment of its own.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["handlers", "monitoring"]):
    from tests.fuzz.targets import TARGETS


def main() -> None:
    """Write the seeds into the corpus and fuzz until libFuzzer's time is over."""
    name, corpus = sys.argv[1], Path(sys.argv[2])
    target = TARGETS[name]
    for number, seed in enumerate(target.seeds()):
        (corpus / f"seed-{number}").write_bytes(seed)
    arguments = [sys.argv[0], str(corpus), f"-max_len={target.longest}", *sys.argv[3:]]
    atheris.Setup(arguments, target.run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
