"""What a model was made by: the commit, and the code itself."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

from handlers.import_closure import ROOT, import_closure

# The closure of these decides about the trained weights; export, evaluation and the server do not.
_DECIDING_MODULES = ("training.data", "training.fit")


@cache  # a run lasts long enough for files to change under it; what it loaded does not
def code_digest(root: Path = ROOT) -> str:
    """One hash over the code that decides about the weights, committed or not."""
    return import_closure(*_DECIDING_MODULES, root=root).digest()[:16]


def commit() -> str | None:
    """The commit that is checked out, with `+` if files differ from it.

    Outside git what SCONES_COMMIT says, or None.
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
    # Fixed arguments, no shell, the program found on the PATH.
    done = subprocess.run(  # noqa: S603
        [program, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else ""
