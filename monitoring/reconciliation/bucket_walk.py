"""The sweeper's walk through the whole bucket: counted over its rounds, read by the report.

What a walk finds without a row is counted before it is repaired: it was lost until then.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

CHECKPOINT_KEY = "sweeper/notes.json"  # in the bucket of reports
SweepCheckpoint = dict[str, Any]  # JSON: what a round leaves for the next

_MARK, _SO_FAR, _LAST = "uploads", "walk", "last_walk"


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeWalk:
    """A walk that came to its end."""

    ended_at: str  # ISO 8601, UTC
    objects: int
    lost: int  # of them without a row, when it came by


class BucketWalk:
    """Where the walk goes on, and its counts so far; both stand in the notes."""

    def __init__(self, notes: SweepCheckpoint) -> None:
        self._notes = notes
        if not _are_counts(notes.get(_SO_FAR)):
            notes.pop(_SO_FAR, None)
        if not notes.get(_MARK):  # at the start; its first page may have been broken off
            notes.setdefault(_SO_FAR, {"objects": 0, "lost": 0})

    @property
    def mark(self) -> dict[str, str] | None:
        """Where it goes on; None at its start."""
        return self._notes.get(_MARK) or None

    def lose(self) -> None:
        """An object without a row. Those of a page that is broken off are counted as well: what
        was repaired has a row when the page is looked at again."""
        self._add("lost", 1)

    def turn(self, objects: int, *, mark: dict[str, str], now: datetime) -> None:
        """A page is done; an empty mark says that it was the last."""
        self._add("objects", objects)
        self._notes[_MARK] = mark
        if not mark:
            so_far = self._notes.pop(_SO_FAR, None)
            if so_far:
                self._notes[_LAST] = {"ended_at": now.isoformat(timespec="seconds"), **so_far}

    def _add(self, name: str, count: int) -> None:
        # A walk whose beginning nobody has counted is not counted to its end.
        if _SO_FAR in self._notes:
            self._notes[_SO_FAR][name] += count


def _are_counts(noted: object) -> bool:
    return isinstance(noted, dict) and all(
        isinstance(noted.get(name), int) for name in ("objects", "lost")
    )


def last_whole_walk(notes: Mapping[str, Any]) -> WholeWalk | None:
    """None before the first has ended, and where the notes hold something else."""
    last = notes.get(_LAST)
    try:
        walk = WholeWalk(**last) if isinstance(last, dict) else None
        is_sound = walk is not None and (
            datetime.fromisoformat(walk.ended_at).tzinfo is not None
            and 0 <= int(walk.lost) <= int(walk.objects)
        )
    except (TypeError, ValueError):
        return None
    return walk if is_sound else None
