"""Schema 2 of report.json has the values of schema 1 under other names and in other words.

What was added since is listed in `_without_additions`.

The old file and this map quote names and phrases that are retired everywhere else.
"""

import json
import re
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).parent / "golden" / "report.json"
SCHEMA_1 = GOLDEN.with_name("schema_1.json")
RENAMED_KEYS = {
    "asked": "reviewed",
    "judged": "labelled",
    "judged_error": "labelled_error",
    "anomalies": "anomalies",
    "seeded": "known_items",
    "seen": "labels",
}
REWORDED = (
    ("by what people saw on 21 photos of 30 days", "by human labels of 21 photos in 30 days"),
    ("Nobody has counted the bucket's objects yet", "The bucket's objects are not counted yet"),
    ("`scones reconcile` does", "`scones reconcile` counts them"),
    ("calibration error admit", "calibration error predict"),
    ("the model admits 22", "the model's confidence predicts 22"),
    ("and 0.0 % for its calibration", "and its calibration error allows 0.0 % more"),
    ("more often than it admits", "more often than its confidence predicts"),
    (
        "At some confidence, (.*) points more or fewer photos lie below it than did",
        r"The share of photos below some confidence differs by \1 points",
    ),
    ("A person was asked for", "Sent to review"),
    (
        "drivers may be told to photograph something else",
        "the app may ask drivers for photos of something else",
    ),
    ("mend the cause", "fix the cause"),
)


def test_schema_2_differs_from_schema_1_in_names_and_wording_alone() -> None:
    before = json.loads(SCHEMA_1.read_text(encoding="utf-8"))
    assert before["schema"] == 1
    now = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert _renamed(before) | {"schema": 2} == _without_additions(now)


def _without_additions(document: dict[str, Any]) -> dict[str, Any]:
    checks = [check for check in document["checks"] if check["name"] != "error_budget"]
    metrics = {name: value for name, value in document["metrics"].items() if name != "ErrorBudget"}
    kept = {name: value for name, value in document.items() if name != "budget"}
    return kept | {"checks": checks, "metrics": metrics}


def _renamed(value: Any) -> Any:
    if isinstance(value, dict):
        return {RENAMED_KEYS.get(name, name): _renamed(part) for name, part in value.items()}
    if isinstance(value, str):
        for before, after in REWORDED:
            value = re.sub(before, after, value)
    return [_renamed(part) for part in value] if isinstance(value, list) else value
