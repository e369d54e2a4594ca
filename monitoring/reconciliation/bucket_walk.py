"""The sweeper's walk through the whole bucket, counted over several sweeps and read by the report.

An object without a row is counted before it is repaired: it was lost until then.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

CHECKPOINT_KEY = "sweeper/checkpoint.json"  # in the reports bucket
SweepCheckpoint = dict[str, Any]  # JSON: what a sweep leaves for the next one

_MARK, _SO_FAR, _LAST = "uploads", "walk", "last_walk"


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletedWalk:
    """Counts of a walk that has reached the end of the bucket."""

    ended_at: str  # ISO 8601, UTC
    objects: int
    lost: int  # objects without a row when the walk reached them


class BucketWalk:
    """Position and counts of the current walk; both are stored in the checkpoint."""

    def __init__(self, checkpoint: SweepCheckpoint) -> None:
        self._checkpoint = checkpoint
        if not _are_counts(checkpoint.get(_SO_FAR)):
            checkpoint.pop(_SO_FAR, None)
        if not checkpoint.get(_MARK):  # at the start; its first page may have been interrupted
            checkpoint.setdefault(_SO_FAR, {"objects": 0, "lost": 0})

    @property
    def mark(self) -> dict[str, str] | None:
        """Where the listing goes on; None at the start of a walk."""
        return self._checkpoint.get(_MARK) or None

    def count_lost(self) -> None:
        """Count an object without a row, also of a page that is interrupted later.

        What is repaired has a row when the page is listed again, so nothing is counted twice.
        """
        self._add("lost", 1)

    def finish_page(self, objects: int, *, mark: dict[str, str], now: datetime) -> None:
        """Count a page and store where the listing goes on; an empty mark ends the walk."""
        self._add("objects", objects)
        self._checkpoint[_MARK] = mark
        if not mark:
            so_far = self._checkpoint.pop(_SO_FAR, None)
            if so_far:
                ended_at = now.isoformat(timespec="seconds")
                self._checkpoint[_LAST] = {"ended_at": ended_at, **so_far}

    def _add(self, name: str, count: int) -> None:
        # A walk without counts from its beginning stays uncounted to its end.
        if _SO_FAR in self._checkpoint:
            self._checkpoint[_SO_FAR][name] += count


def _are_counts(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(value.get(name), int) for name in ("objects", "lost")
    )


def last_completed_walk(checkpoint: Mapping[str, Any]) -> CompletedWalk | None:
    """Return the last completed walk; None before the first one, and for malformed counts."""
    last = checkpoint.get(_LAST)
    try:
        walk = CompletedWalk(**last) if isinstance(last, dict) else None
        is_valid = walk is not None and (
            datetime.fromisoformat(walk.ended_at).tzinfo is not None
            and 0 <= int(walk.lost) <= int(walk.objects)
        )
    except (TypeError, ValueError):
        return None
    return walk if is_valid else None
