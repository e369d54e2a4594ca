"""The common type of all sources: a photo's bytes with its label."""

from collections.abc import Callable
from dataclasses import dataclass


class UnusableData(Exception):
    """There are no photos to train or evaluate on; the message names what was expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledFile:
    """One photo; its bytes are read on demand, as folders may be larger than memory."""

    source: str
    label: str
    name: str  # within its class, for people only
    read: Callable[[], bytes]

    def __str__(self) -> str:
        return f"{self.source}/{self.label}/{self.name}"


def in_memory(content: bytes) -> Callable[[], bytes]:
    """Return a reader of bytes that are read already; for small photos only."""
    return lambda: content
