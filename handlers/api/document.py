"""The API document (OpenAPI 3.1), made of the operations: code, gateway and document agree."""

import re
from collections.abc import Iterable
from dataclasses import fields

from handlers.api.operations import Operation
from handlers.api.problems import CONTENT_TYPE, ProblemKind
from handlers.api.shapes import (
    JsonSchema,
    Shape,
    hints_of,
    is_required,
    members_of_union,
    schema_of,
)

VERSION = "1.0.0"
_BEARER = "people"
# The gateway's own answers cannot be changed: they are no problem documents.
_GATEWAYS_OWN = {
    "401": "No token, or one that is expired, forged or of another pool (the gateway says so).",
    "403": "The token lacks the scope (the gateway says so).",
    "429": "Too many calls: wait a second, then repeat (the gateway says so).",
}
_MESSAGE = {
    "application/json": {
        "schema": {
            "type": "object",
            "required": ["message"],
            "properties": {"message": {"type": "string"}},
        }
    }
}
_KEY_HEADER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "New for every call, the same when a call is repeated.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[ -~]{1,64}$"},
}


def api_document(operations: Iterable[Operation], *, sign_in_url: str) -> JsonSchema:
    """The document of these operations, and where tokens for them are to be had."""
    schemas: dict[str, JsonSchema] = {}
    paths: dict[str, JsonSchema] = {}
    scopes: dict[str, str] = {}
    for operation in operations:
        described = _operation(operation, schemas)
        paths.setdefault(operation.path, {})[operation.method.lower()] = described
        if operation.scope:
            scopes[operation.scope] = operation.scope
    flow = {
        "authorizationUrl": f"{sign_in_url}/oauth2/authorize",
        "tokenUrl": f"{sign_in_url}/oauth2/token",
        "scopes": scopes,
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Scones Unlimited",
            "version": VERSION,
            "description": "Drivers send photos of their vehicle; reviewers decide where the "
            "model is not sure. Errors are problem documents (RFC 9457) with a stable `code`.",
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                _BEARER: {"type": "oauth2", "flows": {"authorizationCode": flow}},
            },
        },
    }


def _operation(operation: Operation, schemas: dict[str, JsonSchema]) -> JsonSchema:
    described: JsonSchema = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": _parameters(operation, schemas),
        "responses": {str(operation.status): _answer(operation, schemas), **_refusals(operation)},
        "security": [{_BEARER: [operation.scope]}] if operation.scope else [],
    }
    if operation.scope:
        described["description"] = f"For {' and '.join(operation.groups)}."
    if operation.body:
        content = {"application/json": {"schema": schema_of(operation.body, schemas)}}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _parameters(operation: Operation, schemas: dict[str, JsonSchema]) -> list[JsonSchema]:
    found: list[JsonSchema] = []
    for name in re.findall(r"{(\w+)}", operation.path):
        schema = schema_of(operation.path_parameters[name], schemas)
        found.append({"name": name, "in": "path", "required": True, "schema": schema})
    found += _query(operation, schemas)
    if operation.method == "POST":
        found.append(_KEY_HEADER)
    return found


def _query(operation: Operation, schemas: dict[str, JsonSchema]) -> list[JsonSchema]:
    if operation.query is None:
        return []
    needed = {field.name for field in fields(operation.query) if is_required(field)}
    return [
        {
            "name": name,
            "in": "query",
            "required": name in needed,
            "schema": schema_of(_given(hint), schemas),
        }
        for name, hint in hints_of(operation.query).items()
    ]


def _given(hint: Shape) -> Shape:
    """A parameter is left out, never null."""
    members = members_of_union(hint)
    return next((member for member in members if member is not type(None)), hint)


def _answer(operation: Operation, schemas: dict[str, JsonSchema]) -> JsonSchema:
    schema = schema_of(operation.answer, schemas) if operation.answer else {}
    return {"description": "Done.", "content": {operation.media_type: {"schema": schema}}}


def _refusals(operation: Operation) -> JsonSchema:
    by_status: dict[str, list[ProblemKind]] = {}
    for kind in operation.all_problems:
        by_status.setdefault(str(kind.status), []).append(kind)
    refusals: JsonSchema = {
        status: {
            "description": " ".join(f"`{kind.code}`: {kind.title}" for kind in kinds),
            "content": {CONTENT_TYPE: {"schema": _problem(kinds)}},
        }
        for status, kinds in sorted(by_status.items())
    }
    for status, said in _GATEWAYS_OWN.items():
        if operation.scope or status == "429":
            response = refusals.setdefault(status, {"description": "", "content": {}})
            response["description"] = f"{response['description']} {said}".strip()
            response["content"] = {**response["content"], **_MESSAGE}
    return refusals


def _problem(kinds: list[ProblemKind]) -> JsonSchema:
    extra: JsonSchema = {name: {} for kind in kinds for name in kind.extra}
    return {
        "type": "object",
        "required": ["type", "title", "status", "detail", "code"],
        "additionalProperties": False,
        "properties": {
            "type": {"type": "string", "format": "uri"},
            "title": {"type": "string"},
            "status": {"type": "integer", "const": kinds[0].status},
            "detail": {"type": "string"},
            "code": {"type": "string", "enum": sorted({kind.code for kind in kinds})},
            **extra,
        },
    }
