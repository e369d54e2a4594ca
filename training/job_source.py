"""What a training job is given of this project: the code that trains, and nothing else."""

import shutil
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
# An allow-list: a folder of photos or a file of credentials that lies about is never uploaded.
_FILES = (
    "handlers/__init__.py",
    "handlers/domain/*.py",
    "monitoring/__init__.py",
    "monitoring/rendering/*.py",
    "monitoring/statistics/*.py",
    "training/corrections.jsonl",
    "training/**/*.py",
)
_LOCK = "requirements/training.lock"  # all but torch, which the job's image brings
REQUIREMENTS = "requirements.txt"
COMMAND = "python3 -m training.job"


def stage_source(folder: Path) -> list[str]:
    """Copy the job's code into an empty folder; answers the names."""
    for pattern in _FILES:
        for path in sorted(_ROOT.glob(pattern)):
            target = folder / path.relative_to(_ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    shutil.copyfile(_ROOT / _LOCK, folder / REQUIREMENTS)
    files = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in files)
