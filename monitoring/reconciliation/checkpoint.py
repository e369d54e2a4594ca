"""Stores the sweeper's checkpoint between two sweeps: one small object in the reports bucket."""

import json
from typing import Any

from handlers.aws.bucket import Bucket, UnreadableObject
from handlers.domain.json_text import parse_json
from monitoring.reconciliation.bucket_walk import CHECKPOINT_KEY

_MAX_BYTES = 64_000


class CheckpointStore:
    """Reads and replaces the checkpoint.

    Of two sweeps that end together, the last write wins; the next sweep repeats the work of the
    other.
    """

    def __init__(self, objects: Bucket) -> None:
        self._objects = objects

    def read(self) -> dict[str, Any]:  # Any: JSON of our own
        """Return the last sweep's checkpoint; empty at first, and where it cannot be read.

        With an empty checkpoint the listings start from the beginning. S3 may answer "forbidden"
        for an object that does not exist; without the permission to read, writing fails as well.
        """
        try:
            checkpoint = parse_json(
                self._objects.read(CHECKPOINT_KEY, at_most_bytes=_MAX_BYTES) or b"{}"
            )
        except (UnreadableObject, ValueError):
            return {}
        return checkpoint if isinstance(checkpoint, dict) else {}

    def write(self, checkpoint: dict[str, Any]) -> None:  # Any: JSON of our own
        """Replace the checkpoint."""
        content = json.dumps(checkpoint, sort_keys=True).encode()
        self._objects.write(CHECKPOINT_KEY, content, content_type="application/json")
