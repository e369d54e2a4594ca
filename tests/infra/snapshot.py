"""Snapshots: files whose differences a reviewer reads; `make snapshot` rewrites them."""

import os
from pathlib import Path

SNAPSHOTS = Path(__file__).parent / "snapshots"


def matches(name: str, text: str) -> None:
    """Assert that the text equals the snapshot; with SCONES_UPDATE_SNAPSHOTS=1, write it first."""
    path = SNAPSHOTS / name
    if os.environ.get("SCONES_UPDATE_SNAPSHOTS") == "1":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.is_file(), f"there is no snapshot {name}; run `make snapshot`"
    # Lists of lines, so that pytest shows the lines that differ.
    expected = path.read_text(encoding="utf-8").splitlines()
    assert text.splitlines() == expected, (
        f"{name} differs; if that is intended, run `make snapshot`"
    )
