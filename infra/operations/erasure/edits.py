"""Files that hold several drivers' records, without those of one; pure functions.

The other records keep their bytes. A file of a report is cut where its format shows where a record
begins and ends; `None` means that the whole file has to go.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection

    from infra.operations.erasure.traces import Traces

# Quotes inside a captured payload are escaped, so that only those of the metadata match.
_CAPTURE_ID = re.compile(rb'"(?:inferenceId|eventId)"\s*:\s*"([^"]*)"')
_HTML_ITEM = re.compile(r"<li>(?:(?!<li>).)*?</li>\s*", re.DOTALL)
_SHORT_ID = 16  # characters of a photo's id that the report's page shows


def captures_without(content: bytes, photo_ids: Collection[str]) -> tuple[bytes, int]:
    """Return a capture file without the records of these photos, and how many there were."""
    lines = content.splitlines(keepends=True)
    kept = [line for line in lines if not _names_photo(line, photo_ids)]
    return b"".join(kept), len(lines) - len(kept)


def _names_photo(line: bytes, photo_ids: Collection[str]) -> bool:
    return any(name.decode(errors="replace") in photo_ids for name in _CAPTURE_ID.findall(line))


def report_file_without(name: str, content: bytes, traces: Traces) -> bytes | None:
    """Return a report's file without the driver's records; None if some would remain."""
    text = content.decode("utf-8", "surrogateescape")
    if name.endswith(".csv"):
        text = _csv_without(text, traces)
    elif name.endswith(".json"):
        text = _json_without(text, traces)
    elif name.endswith(".html"):
        text = _html_without(text, traces)
    return None if mentions(text, traces) else text.encode("utf-8", "surrogateescape")


def mentions(text: str, traces: Traces) -> bool:
    """Whether a file names the driver's photos: by id, by its shown beginning, or by key."""
    return traces.are_in(text) or any(
        f"<code>{photo_id[:_SHORT_ID]}</code>" in text for photo_id in traces.photo_ids
    )


def _csv_without(text: str, traces: Traces) -> str:
    """Cut lines by their first cell, the photo's id; no cell contains a line break."""
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if line.partition(",")[0] not in traces.photo_ids)


def _json_without(text: str, traces: Traces) -> str:
    try:
        document = json.loads(text)
    except ValueError:
        return text
    return json.dumps(_pruned(document, traces), sort_keys=True, indent=1) + "\n"


def _pruned(value: Any, traces: Traces) -> Any:  # noqa: ANN401 # JSON
    """Return a document without the list elements that name the driver's photos."""
    if isinstance(value, dict):
        return {name: _pruned(item, traces) for name, item in value.items()}
    if isinstance(value, list):
        return [_pruned(item, traces) for item in value if not _is_traced(item, traces)]
    return value


def _is_traced(item: Any, traces: Traces) -> bool:  # noqa: ANN401 # JSON
    """Whether the element is about a photo: the innermost list that names it is cut."""
    if isinstance(item, str):
        return traces.are_in(item)
    if isinstance(item, dict):
        texts = (value for value in item.values() if isinstance(value, str))
        return any(traces.are_in(text) for text in texts)
    return False


def _html_without(text: str, traces: Traces) -> str:
    return _HTML_ITEM.sub(
        lambda match: "" if mentions(match.group(), traces) else match.group(), text
    )
