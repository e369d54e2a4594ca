"""What every source gives: a photo's bytes, with what is said about it."""

from collections.abc import Callable
from dataclasses import dataclass


class UnusableData(Exception):
    """There is nothing to learn or measure from; the message says what was looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledFile:
    """One photo; its bytes are read when asked for, as folders may be larger than memory."""

    source: str
    label: str
    name: str  # within its class; only for people
    read: Callable[[], bytes]

    def __str__(self) -> str:
        return f"{self.source}/{self.label}/{self.name}"


def held(content: bytes) -> Callable[[], bytes]:
    """For small photos that had to be read already."""
    return lambda: content
