"""The list of an evaluation's photos, as CSV or JSON."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence

from training.evaluation.evaluate_folder import Measured

# What spreadsheets take for the start of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def photo_list(measured: Measured, suffix: str) -> str:
    """Return the list in the format of a file name's suffix, one of FORMATS."""
    return _WRITERS[suffix](measured)


def _as_json(measured: Measured) -> str:
    """Return one document: the model, its threshold, and an entry for each file."""
    document = {
        "model_version": measured.manifest.model_version,
        "threshold": measured.manifest.threshold,
        "classes": list(measured.manifest.classes),
        "photos": [result.to_wire() for result in measured.photo_list()],
    }
    return json.dumps(document, indent=2) + "\n"


def _as_csv(measured: Measured) -> str:
    """Return a header and one record a file; the text of a name may hold line breaks (RFC 4180)."""
    classes = measured.manifest.classes
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(_heads(classes))
    for result in measured.photo_list():
        trained_on = "" if result.trained_on is None else str(result.trained_on).lower()
        table.writerow(
            [
                _no_formula(result.path),
                *(result.label, result.predicted, result.decision, result.reason),
                " ".join(result.defects),
                trained_on,
                *(_share(result.probabilities.get(name)) for name in classes),
            ]
        )
    return text.getvalue()


def _heads(classes: Sequence[str]) -> list[str]:
    heads = ["path", "label", "predicted", "decision", "reason", "defects", "trained_on"]
    return [*heads, *(f"probability_{name}" for name in classes)]


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}"


def _no_formula(path: str) -> str:
    """Return a path of the same file that a spreadsheet does not compute."""
    return f"./{path}" if path.startswith(_FORMULA) else path


_WRITERS: Mapping[str, Callable[[Measured], str]] = {".csv": _as_csv, ".json": _as_json}
FORMATS = tuple(_WRITERS)
