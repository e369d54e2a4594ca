"""Shapes of what goes in and out: frozen dataclasses, read by parser and API document alike.

Not pydantic: it would double the import time of the API's functions (see docs/decisions.md).
"""

import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

# A type, as an annotation gives it: a class, a union or a generic alias.
Shape = Any
JsonSchema = dict[str, Any]  # JSON
SIMPLE: Mapping[object, str] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    type(None): "null",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Bounds of a text: `Annotated[str, Text(max_length=64)]`."""

    min_length: int = 1
    max_length: int
    pattern: str = ""  # matches the whole text
    format: str = ""  # only said, not checked
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """Bounds of a whole number."""

    minimum: int = 0
    maximum: int | None = None
    description: str = ""


Instant = Annotated[str, Text(max_length=40, format="date-time")]
PhotoId = Annotated[str, Text(min_length=64, max_length=64, pattern="[0-9a-f]{64}")]
KeySegment = Annotated[str, Text(max_length=128, pattern="[A-Za-z0-9_@+=,-][A-Za-z0-9_@+=,.-]*")]


def is_required(field: "Field[Any]") -> bool:
    """Whether the field has to be sent."""
    return field.default is MISSING and field.default_factory is MISSING


def hints_of(shape: Shape) -> dict[str, Shape]:
    """The annotations of a dataclass, with their bounds."""
    return get_type_hints(shape, include_extras=True)


def origin_of(shape: Shape) -> object:
    """What a generic alias is made of, as a plain object to compare with."""
    origin: object = get_origin(shape)
    return origin


def unfold(shape: Shape) -> tuple[Shape, Text | Whole | None]:
    """The bare type, and its bounds where it has some."""
    if origin_of(shape) is Annotated:
        bare, *extras = get_args(shape)
        bounds = next((extra for extra in extras if isinstance(extra, Text | Whole)), None)
        return bare, bounds
    return shape, None


def members_of_union(shape: Shape) -> tuple[Shape, ...]:
    """The members of a union, or nothing where it is none."""
    if origin_of(shape) in {Union, types.UnionType}:
        return get_args(shape)
    return ()


def schema_of(shape: Shape, definitions: dict[str, JsonSchema]) -> JsonSchema:
    """The JSON Schema of a type; dataclasses are put into `definitions` and referred to."""
    bare, bounds = unfold(shape)
    arguments = get_args(bare)
    schema: JsonSchema
    if members := members_of_union(bare):
        schema = {"anyOf": [schema_of(member, definitions) for member in members]}
    elif origin_of(bare) is Literal:
        schema = {"type": "string", "enum": list(arguments)}
    elif origin_of(bare) is tuple:
        schema = {"type": "array", "items": schema_of(arguments[0], definitions)}
    elif origin_of(bare) is Mapping:
        schema = {"type": "object", "additionalProperties": schema_of(arguments[1], definitions)}
    elif is_dataclass(bare):
        schema = _refer(bare, definitions)
    else:
        schema = {"type": SIMPLE[bare], **_bounds(bounds)}
    return schema


def _refer(shape: Shape, definitions: dict[str, JsonSchema]) -> JsonSchema:
    if shape.__name__ not in definitions:
        definitions[shape.__name__] = {}  # a shape may hold itself
        hints = hints_of(shape)
        definitions[shape.__name__] = {
            "type": "object",
            "description": (shape.__doc__ or "").strip(),
            "properties": {name: schema_of(hint, definitions) for name, hint in hints.items()},
            "required": [field.name for field in fields(shape) if is_required(field)],
            "additionalProperties": False,
        }
    return {"$ref": f"#/components/schemas/{shape.__name__}"}


def _bounds(bounds: Text | Whole | None) -> JsonSchema:
    if isinstance(bounds, Text):
        said = {"format": bounds.format, "description": bounds.description}
        if bounds.pattern:
            said["pattern"] = f"^(?:{bounds.pattern})$"
        known = {name: value for name, value in said.items() if value}
        return {"minLength": bounds.min_length, "maxLength": bounds.max_length, **known}
    if isinstance(bounds, Whole):
        named = {"maximum": bounds.maximum, "description": bounds.description or None}
        return {"minimum": bounds.minimum} | {k: v for k, v in named.items() if v is not None}
    return {}
