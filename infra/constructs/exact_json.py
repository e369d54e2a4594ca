"""JSON that CDK writes as it was given: it drops nulls, and all its numbers are doubles.

So a null ResultPath would discard a state, and an event pattern that is to match null would match
everything, without a word.
"""

import math
from collections.abc import Mapping
from typing import Any, TypeVar

Document = TypeVar("Document")

_LARGEST = 2**53  # beyond it not every integer is a double


class InexactJson(ValueError):
    """A document has a value that a template would not hold as it is; the message says where."""


def exact_json(document: Document, *, what: str) -> Document:
    """Return the document as it is; `what` names it in errors.

    Raises: InexactJson, for a null, a number above 2^53, one that is not finite, and a value or key
    that JSON does not have.
    """
    _check(document, what)
    return document


def _check(value: Any, path: str) -> None:  # noqa: ANN401 # any JSON value
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise InexactJson(f"{path} has the key {key!r}, which is not a text")
            _check(inner, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            _check(inner, f"{path}[{index}]")
    else:
        _check_scalar(value, path)


def _check_scalar(value: object, path: str) -> None:
    if value is None:
        raise InexactJson(f"{path} is null, which CDK drops from a template")
    if not isinstance(value, bool | str | int | float):
        raise InexactJson(f"{path} is {value!r}, which is not JSON")
    if isinstance(value, int | float) and not (math.isfinite(value) and abs(value) <= _LARGEST):
        raise InexactJson(f"{path} is {value}, which CDK rounds: give it as a text")
