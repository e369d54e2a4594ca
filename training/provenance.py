"""What a model was made by: the commit, and the code itself."""

import hashlib
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
# What decides about the trained weights; export, evaluation and the server do not.
_CODE = (
    "handlers/domain/photo.py",
    "handlers/domain/photo_formats.py",
    "handlers/domain/photo_heif.py",
    "handlers/domain/photo_jpeg.py",
    "handlers/domain/photo_orientation.py",
    "training/augment.py",
    "training/data.py",
    "training/fit.py",
    "training/model.py",
    "training/prepared.py",
    "training/pretrained.py",
    "training/precision.py",
    "training/serving/preprocess.py",
    "training/sources/cifar100.py",
    "training/sources/corrections.py",
    "training/sources/files.py",
    "training/sources/folders.py",
    "training/splits.py",
)


@cache  # a run lasts long enough for files to change under it; what it loaded does not
def code_digest() -> str:
    """One hash over the code that decides about the weights, committed or not."""
    digest = hashlib.sha256()
    for name in _CODE:
        digest.update((_ROOT / name).read_bytes())
    return digest.hexdigest()[:16]


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
        [program, *arguments], cwd=_ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else ""
