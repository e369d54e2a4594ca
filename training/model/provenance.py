"""Provenance of a model: the commit and a digest of the code that trained it."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

from handlers.import_closure import ROOT, import_closure

# Their import closure decides about the trained weights; export, evaluation and server do not.
_DECIDING_MODULES = ("training.data.photo_set", "training.model.fit")


@cache  # files may change during a long run; the code that it loaded does not
def code_digest(root: Path = ROOT) -> str:
    """Return 16 hexadecimal digits of a hash over the code that decides about the weights.

    Files count as they are on disk, committed or not.
    """
    return import_closure(*_DECIDING_MODULES, root=root).digest()[:16]


def commit() -> str | None:
    """Return the commit that is checked out, with `+` if files differ from it.

    Outside of git, it is the value of SCONES_COMMIT, or None.
    """
    head = _git("rev-parse", "--verify", "--quiet", "HEAD")
    if not head:
        # A training job has the code and no repository.
        return os.environ.get("SCONES_COMMIT") or None
    return head + ("+" if _git("status", "--porcelain", "--", "training", "handlers") else "")


def _git(*arguments: str) -> str:
    program = shutil.which("git")
    if program is None:
        return ""
    # Fixed arguments, no shell, the program of the PATH.
    process = subprocess.run(  # noqa: S603 # our own arguments
        [program, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return process.stdout.strip() if process.returncode == 0 else ""
