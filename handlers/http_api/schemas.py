r"""Base class of requests and responses, and the reading of requests into them.

Every schema is a `msgspec.Struct`; the API document is made from the same classes (`openapi`).

Patterns end in `\Z`, because `$` also matches before a final newline in Python. The API document
shows them with `$`, since JSON Schema's regular expressions (ECMA 262) have no `\Z`.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from handlers.http_api.problems import INVALID_REQUEST, NOT_FOUND, REQUEST_TOO_LARGE, Problem

MAX_BODY_BYTES = 16_384  # the largest valid request has about 2 KB
_MAX_REASON = 300  # characters: the reason quotes the request

JsonSchema = dict[str, Any]  # JSON


class Schema(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of every JSON object that the API receives or returns."""


SchemaType = TypeVar("SchemaType", bound=Schema)

# msgspec describes a Literal by its values alone; generators of clients want their type, too.
TEXT = Meta(extra_json_schema={"type": "string"})
Instant = Annotated[
    str, Meta(min_length=1, max_length=40, extra_json_schema={"format": "date-time"})
]
PhotoId = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z", min_length=64, max_length=64)]


def one_of(names: Iterable[str]) -> Meta:
    """Return a constraint that the API document lists and responses are not checked against."""
    return Meta(extra_json_schema={"enum": sorted(names)})


def parse_body(schema: type[SchemaType], body: str) -> SchemaType:
    """Decode and validate a JSON body; an empty one counts as `{}`.

    Raises: Problem.
    """
    if len(body.encode("utf-8", errors="replace")) > MAX_BODY_BYTES:
        raise Problem(REQUEST_TOO_LARGE, f"The body must have {MAX_BODY_BYTES} bytes at most.")
    return _decode(schema, body or "{}", strict=True)


def parse_query(schema: type[SchemaType], query: Mapping[str, str]) -> SchemaType:
    """Validate query parameters; numbers are read from their text.

    Raises: Problem.
    """
    try:
        text = msgspec.json.encode(query)
    except UnicodeError as error:
        raise Problem(INVALID_REQUEST, "The query is not text in UTF-8.") from error
    return _decode(schema, text, strict=False)


def parse_path(types: Mapping[str, object], path: Mapping[str, str]) -> dict[str, str]:
    """Validate path parameters: a value of the wrong form identifies no resource.

    Raises: Problem.
    """
    try:
        return {
            name: msgspec.json.decode(msgspec.json.encode(text), type=types[name])
            for name, text in path.items()
        }
    except ValueError as error:  # also text that UTF-8 cannot carry
        raise Problem(NOT_FOUND, "There is no resource at this address.") from error


def _decode(schema: type[SchemaType], text: str | bytes, *, strict: bool) -> SchemaType:
    try:
        return msgspec.json.decode(text, type=schema, strict=strict)
    except msgspec.ValidationError as error:
        reason = str(error).replace(r"\\Z'", "$'")[:_MAX_REASON]
        raise Problem(INVALID_REQUEST, f"{reason}. {_expectation(schema)}") from error
    # RecursionError: nested too deeply. UnicodeError: half of a surrogate pair, unescaped.
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise Problem(INVALID_REQUEST, "The body is not valid JSON in UTF-8.") from error


def _expectation(schema: type[Schema]) -> str:
    """Return a sentence that lists the fields: `lease_id, verdict, comment (optional)`."""
    _, components = msgspec.json.schema_components((schema,))
    described = components[schema.__name__]
    fields = []
    for name, field in described["properties"].items():
        remarks = [" | ".join(field.get("enum", ()))]
        remarks += [] if name in described["required"] else ["optional"]
        remark = ", ".join(filter(None, remarks))
        fields.append(f"{name} ({remark})" if remark else name)
    return f"The fields are: {', '.join(fields)}."
