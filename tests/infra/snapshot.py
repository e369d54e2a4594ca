"""Snapshots: files that a reviewer reads in a change; `make snapshot` writes them anew."""

import os
from pathlib import Path

SNAPSHOTS = Path(__file__).parent / "snapshots"


def matches(name: str, text: str) -> None:
    """Fails where the text is not what the snapshot says, unless told to write it."""
    path = SNAPSHOTS / name
    if os.environ.get("SCONES_UPDATE_SNAPSHOTS") == "1":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.is_file(), f"there is no snapshot {name}; `make snapshot` writes it"
    # Lists of lines, so that pytest shows the lines that differ.
    expected = path.read_text(encoding="utf-8").splitlines()
    assert text.splitlines() == expected, f"{name} differs; if that is meant: `make snapshot`"
