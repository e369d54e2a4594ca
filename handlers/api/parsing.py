"""Reads what a caller sent into a frozen dataclass, or says which field is wrong and why."""

import json
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Literal, TypeVar, get_args

from handlers.api.problems import INVALID_REQUEST, NOT_FOUND, REQUEST_TOO_LARGE, Problem
from handlers.api.shapes import (
    Shape,
    Text,
    Whole,
    hints_of,
    is_required,
    members_of_union,
    origin_of,
    unfold,
)

Record = TypeVar("Record")

MAX_BODY_BYTES = 16_384  # no request of ours comes near


def parse_body(shape: type[Record], body: str) -> Record:
    """Raises: Problem."""
    if len(body.encode("utf-8", errors="replace")) > MAX_BODY_BYTES:
        raise Problem(REQUEST_TOO_LARGE, f"The body must have {MAX_BODY_BYTES} bytes at most.")
    try:
        wire = json.loads(body or "{}")
    except (ValueError, RecursionError) as error:
        raise Problem(INVALID_REQUEST, "The body is not JSON.") from error
    return parse_record(shape, wire, "the body")


def parse_query(shape: type[Record], query: Mapping[str, str]) -> Record:
    """Parameters are text; whole numbers are read from it. Raises: Problem."""
    return parse_record(shape, {name: _number(shape, name, query[name]) for name in query}, "")


def parse_record(shape: type[Record], wire: object, place: str) -> Record:
    """Raises: Problem."""
    if not isinstance(wire, Mapping):
        raise Problem(INVALID_REQUEST, f"{place} must be a JSON object.".capitalize())
    if not is_dataclass(shape):
        raise TypeError(f"{shape!r} is no dataclass")
    known = {field.name: field for field in fields(shape)}
    if unknown := [name for name in wire if name not in known]:
        expected = f"The fields are: {', '.join(known)}." if known else "It takes none."
        raise Problem(INVALID_REQUEST, f"{unknown[0][:64]!r} is no field of this call. {expected}")
    if missing := [
        name for name, field in known.items() if is_required(field) and name not in wire
    ]:
        raise Problem(INVALID_REQUEST, f"The field {missing[0]!r} is missing.")
    hints = hints_of(shape)
    return shape(**{name: _value(hints[name], value, name) for name, value in wire.items()})


def _number(shape: type, name: str, text: str) -> object:
    bare, _bounds = unfold(hints_of(shape).get(name))
    if bare is int and re.fullmatch(r"-?[0-9]{1,9}", text):
        return int(text)
    return text


# Any: the value is JSON, and what comes back is of the type that `shape` says.
def _value(shape: Shape, value: object, name: str) -> Any:  # noqa: ANN401 # above
    bare, bounds = unfold(shape)
    if members := members_of_union(bare):
        wanted = next(member for member in members if member is not type(None))
        return None if value is None else _value(wanted, value, name)
    if origin_of(bare) is Literal:
        return _choice(get_args(bare), value, name)
    if bare is bool:
        if not isinstance(value, bool):
            raise _wrong(name, "must be true or false")
        return value
    if bare is int:
        return _whole(value, bounds, name)
    if bare is str:
        return _text(value, bounds, name)
    raise TypeError(f"nobody can send a {shape!r}")


def _choice(choices: tuple[str, ...], value: object, name: str) -> object:
    if not isinstance(value, str) or value not in choices:
        raise _wrong(name, f"must be one of: {', '.join(choices)}")
    return value


def _whole(value: object, bounds: Text | Whole | None, name: str) -> int:
    limits = bounds if isinstance(bounds, Whole) else Whole()
    if isinstance(value, float) and value.is_integer():  # JSON knows one kind of number
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong(name, "must be a whole number")
    if value < limits.minimum:
        raise _wrong(name, f"must be {limits.minimum} at least")
    if limits.maximum is not None and value > limits.maximum:
        raise _wrong(name, f"must be {limits.maximum} at most")
    return value


def _text(value: object, bounds: Text | Whole | None, name: str) -> str:
    if not isinstance(value, str):
        raise _wrong(name, "must be a text")
    if any("\ud800" <= character <= "\udfff" for character in value):  # halves of a character
        raise _wrong(name, "must be text that UTF-8 can carry")
    if isinstance(bounds, Text):
        if not bounds.min_length <= len(value) <= bounds.max_length:
            raise _wrong(name, f"must have {bounds.min_length} to {bounds.max_length} characters")
        if bounds.pattern and not re.fullmatch(bounds.pattern, value):
            raise _wrong(name, f"must match {bounds.pattern}")
    return value


def _wrong(name: str, why: str) -> Problem:
    return Problem(INVALID_REQUEST, f"{name!r} {why}.")


def parse_path(shapes: Mapping[str, Shape], path: Mapping[str, str]) -> dict[str, str]:
    """What does not look like an id names nothing. Raises: Problem."""
    try:
        return {name: _value(shapes[name], text, name) for name, text in path.items()}
    except Problem as error:
        raise Problem(NOT_FOUND, "There is nothing at this address.") from error
