"""Where the sweeper notes how far it came: one small object."""

import json
from typing import Any

from handlers.aws.bucket import Bucket, UnreadableObject
from monitoring.reconciliation.bucket_walk import CHECKPOINT_KEY

_MAX_BYTES = 64_000


class CheckpointStore:
    """The last of two rounds that end together wins: the other's part is looked at again."""

    def __init__(self, objects: Bucket) -> None:
        self._objects = objects

    def read(self) -> dict[str, Any]:  # Any: JSON of our own
        """Nothing at first, nor where the notes cannot be read: then the walks begin anew.

        S3 may say "forbidden" of what is not there; who may really not read, fails to write."""
        try:
            notes = json.loads(
                self._objects.read(CHECKPOINT_KEY, at_most_bytes=_MAX_BYTES) or b"{}"
            )
        except (UnreadableObject, ValueError):
            return {}
        return notes if isinstance(notes, dict) else {}

    def write(self, notes: dict[str, Any]) -> None:  # Any: JSON of our own
        """Replace them."""
        content = json.dumps(notes, sort_keys=True).encode()
        self._objects.write(CHECKPOINT_KEY, content, content_type="application/json")
