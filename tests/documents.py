"""Generated sections of the documents: a test renders the text between two markers.

`make snapshot` rewrites the sections, as it does with every other snapshot.
"""

import os
import re
from pathlib import Path

from tests.conftest import ROOT


def matches(document: str, section: str, text: str) -> None:
    """Assert that `section` of `document` (a path below the root) is exactly `text`.

    The section is the text between `<!-- generated: NAME -->` and `<!-- end of NAME -->`.
    """
    path = ROOT / document
    if os.environ.get("SCONES_UPDATE_SNAPSHOTS") == "1":
        path.write_text(replaced(path, section, text), encoding="utf-8")
    current = _section(path, section)["text"].strip()
    # Lists of lines, so that pytest shows the lines that differ.
    assert current.splitlines() == text.strip().splitlines(), (
        f"{document}: section {section} is stale; run `make snapshot`"
    )


def replaced(path: Path, section: str, text: str) -> str:
    """Return the document with another text in its section."""
    place = _section(path, section)
    content = path.read_text(encoding="utf-8")
    start, end = place.span("text")
    return f"{content[:start]}\n{text.strip()}\n\n{content[end:]}"


def cells(*values: str) -> str:
    """Return one row of a Markdown table; bars inside cells are escaped."""
    return "| " + " | ".join(value.replace("|", "\\|") for value in values) + " |"


def _section(path: Path, section: str) -> re.Match[str]:
    pattern = rf"<!-- generated: {section} -->\n(?P<text>.*?)<!-- end of {section} -->"
    place = re.search(pattern, path.read_text(encoding="utf-8"), re.DOTALL)
    assert place, f"{path.name} has no markers for section {section}"
    return place
