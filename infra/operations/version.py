"""The version of these sources: that of the project, and the commit where there is one."""

from __future__ import annotations

import shutil
import subprocess
import tomllib

from infra.synthesis.synth import ROOT


def version() -> str:
    """Return the version, such as `0.1.0` or `0.1.0 (0123456789ab)`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    number: str = project["version"]
    at = commit()
    return f"{number} ({at})" if at else number


def commit() -> str:
    """Return the commit of the sources; empty where they are not in a repository of their own."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        return ""
    result = subprocess.run(  # noqa: S603 (the machine's git, our own arguments)
        [git, "rev-parse", "--short=12", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return result.stdout.strip() if result.returncode == 0 else ""
