"""JSON documents in which every attribute is spoiled in turn, in every way that JSON can hold.

Without SCONES_ALL_SPOILINGS=1, each attribute is spoiled in some of the ways, each way in turn.
"""

import json
import os
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]
_ABSENT = object()
_EVERY = 9  # one way of so many, in the short form
VALUES: tuple[object, ...] = (
    *(_ABSENT, None, "", "x", "\U0001f6b2" * 2_000, "2026-11-22T10:00:00"),
    *("9999-12-31T23:59:59.999+00:00", 0, -1, 0.5, 1e300, float("inf"), float("nan"), True),
    *([], ["x"], {}, {"x": {"x": "x"}}),
)
DEEP = "[" * 30_000
BODIES = ("x", " ", "[]", "null", "1", '"x"', "{}", "{", "\U0001f6b2", DEEP, '{"a":' * 10_000)


def spoiled_texts(sound: Json) -> Iterator[str]:
    """Yield the document with each of its attributes spoiled, and what is not such a document."""
    yield from BODIES
    is_whole = os.environ.get("SCONES_ALL_SPOILINGS") == "1"
    for number, path in enumerate(_paths(sound)):
        for value in VALUES if is_whole else VALUES[number % _EVERY :: _EVERY]:
            yield json.dumps(_replaced(sound, path, value), ensure_ascii=False)


def _paths(document: Json) -> Iterator[tuple[str, ...]]:
    for name, value in document.items():
        yield (name,)
        if isinstance(value, dict):
            yield from ((name, *rest) for rest in _paths(value))


def _replaced(document: Json, path: tuple[str, ...], value: object) -> Json:
    first, *rest = path
    if rest:
        return document | {first: _replaced(document[first], tuple(rest), value)}
    if value is _ABSENT:
        return {name: kept for name, kept in document.items() if name != first}
    return document | {first: value}
