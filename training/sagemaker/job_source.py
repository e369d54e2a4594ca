"""The source files that a training job gets: the code that trains, and no more."""

import shutil
from pathlib import Path

from handlers.import_closure import ROOT, import_closure

# Only imported and named files: a folder of photos or a file of credentials is never uploaded.
_ENTRY = "training.sagemaker.job"
_DATA_FILES = ("training/corrections.jsonl",)
_LOCK = "requirements/training.lock"  # all but torch, which the job's image brings
REQUIREMENTS = "requirements.txt"
COMMAND = f"python3 -m {_ENTRY}"


def stage_source(folder: Path) -> list[str]:
    """Copy the job's code into an empty folder; return the relative paths."""
    names = [*import_closure(_ENTRY).files, *_DATA_FILES]
    for name in names:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target)
    shutil.copyfile(ROOT / _LOCK, folder / REQUIREMENTS)
    return sorted([*names, REQUIREMENTS])
