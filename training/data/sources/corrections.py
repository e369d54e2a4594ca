"""Labels corrected by hand: a photo's SHA-256, its label, and the reason.

A source's files are not changed; corrections are in a file with one JSON object a line:
`{"sha256": "…", "label": "<class>", "reason": "…"}`. An empty label leaves the photo out. They
apply to training only: test photos are measured as their source labels them.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from training.data.sources.files import UnusableData

CORRECTIONS = Path(__file__).resolve().parents[2] / "corrections.jsonl"
_SHA256 = re.compile(r"[0-9a-f]{64}")


def read_corrections(path: Path | None) -> Mapping[str, str]:
    """Return labels by digest; empty if the file does not exist. Raises: UnusableData."""
    if path is None or not path.exists():
        return {}
    labels: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            digest, label = entry["sha256"], entry["label"]
        except (ValueError, KeyError, TypeError) as error:
            raise UnusableData(f"{path}, line {number} is malformed: {error!r}") from error
        if not isinstance(label, str) or not _SHA256.fullmatch(str(digest)):
            raise UnusableData(f"{path}, line {number}: sha256 or label is malformed")
        if labels.setdefault(digest, label) != label:
            raise UnusableData(f"{path}, line {number} contradicts an earlier line")
    return labels
