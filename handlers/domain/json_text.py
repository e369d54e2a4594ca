"""JSON that others have written, or that may have been changed by hand."""

import json
from typing import Any


def parse_json(text: str | bytes) -> Any:  # noqa: ANN401 # any JSON
    """Parse a JSON text.

    Raises: ValueError, also for nesting that is too deep to read, where `json` raises
    RecursionError.
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("the JSON is nested too deeply") from error
