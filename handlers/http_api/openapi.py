"""The API document (OpenAPI 3.1), made from the operations, as the gateway's routes are."""

import re
from collections.abc import Iterable, Mapping

import msgspec

from handlers.http_api.auth import POOL_OF_SCOPE
from handlers.http_api.operations import Operation
from handlers.http_api.problems import CONTENT_TYPE, ProblemKind
from handlers.http_api.schemas import JsonSchema, Schema

VERSION = "1.0.0"
# The gateway's own responses are not problem documents, and cannot be changed.
_GATEWAY_RESPONSES = {
    "401": "No token, or one that is expired, forged or of another pool (from the gateway).",
    "403": "The token lacks the scope (from the gateway).",
    "429": "Too many calls: wait a second, then repeat (from the gateway).",
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
_RETRY_AFTER = {
    "Retry-After": {
        "description": "Seconds until the call may be repeated; absent if the gateway refused it.",
        "schema": {"type": "integer", "minimum": 1},
    }
}
_KEY_HEADER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "New for every call, the same when a call is repeated.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[ -~]{1,64}$"},
}


def api_document(operations: Iterable[Operation], *, sign_in_urls: Mapping[str, str]) -> JsonSchema:
    """Return the document of these operations; `sign_in_urls` has the sign-in page of each pool."""
    listed = tuple(operations)
    paths: dict[str, JsonSchema] = {}
    for operation in listed:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    scopes = dict.fromkeys(operation.scope for operation in listed if operation.scope)
    types = [
        schema for operation in listed for schema in (operation.body, operation.response) if schema
    ]
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
            "schemas": _components(types),
            "securitySchemes": {
                pool: _security_scheme(
                    url, [name for name in scopes if POOL_OF_SCOPE[name] == pool]
                )
                for pool, url in sign_in_urls.items()
            },
        },
    }


def _security_scheme(sign_in_url: str, scopes: list[str]) -> JsonSchema:
    flow = {
        "authorizationUrl": f"{sign_in_url}/oauth2/authorize",
        "tokenUrl": f"{sign_in_url}/oauth2/token",
        "scopes": {scope: scope for scope in scopes},
    }
    return {"type": "oauth2", "flows": {"authorizationCode": flow}}


def _components(types: Iterable[object]) -> dict[str, JsonSchema]:
    _, components = msgspec.json.schema_components(types, ref_template=_reference("{name}"))
    return _portable(components)


def _reference(name: str) -> str:
    return f"#/components/schemas/{name}"


def _portable(schema: JsonSchema) -> JsonSchema:
    """Replace Python's `\\Z` at the end of patterns by `$`, which means the same in ECMA 262."""
    text = msgspec.json.encode(schema).replace(rb'\\Z"', b'$"')
    portable: JsonSchema = msgspec.json.decode(text)
    return portable


def _operation(operation: Operation) -> JsonSchema:
    described: JsonSchema = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": _parameters(operation),
        "responses": {str(operation.status): _success(operation), **_failures(operation)},
        "security": (
            [{POOL_OF_SCOPE[operation.scope]: [operation.scope]}] if operation.scope else []
        ),
    }
    if operation.scope:
        described["description"] = f"For {' and '.join(operation.groups)}."
    if operation.body:
        content = {"application/json": {"schema": _refer(operation.body)}}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _refer(schema: type[Schema]) -> JsonSchema:
    return {"$ref": _reference(schema.__name__)}


def _parameters(operation: Operation) -> list[JsonSchema]:
    parameters: list[JsonSchema] = []
    for name in re.findall(r"{(\w+)}", operation.path):
        schema = _portable(msgspec.json.schema(operation.path_parameters[name]))
        parameters.append({"name": name, "in": "path", "required": True, "schema": schema})
    parameters += _query(operation.query) if operation.query else []
    if operation.method == "POST":
        parameters.append(_KEY_HEADER)
    return parameters


def _query(query: type[Schema]) -> list[JsonSchema]:
    described = _components([query])[query.__name__]
    return [
        {
            "name": name,
            "in": "query",
            "required": name in described["required"],
            "description": schema.pop("description", ""),
            "schema": _without_null(schema),
        }
        for name, schema in described["properties"].items()
    ]


def _without_null(schema: JsonSchema) -> JsonSchema:
    """Remove null from a type: a parameter is omitted, never null."""
    members = [member for member in schema.get("anyOf", ()) if member != {"type": "null"}]
    if not members:
        return schema
    rest = {key: value for key, value in schema.items() if key not in {"anyOf", "default"}}
    return {**rest, **members[0]}


def _success(operation: Operation) -> JsonSchema:
    schema = _refer(operation.response) if operation.response else {}
    return {"description": "Success.", "content": {operation.media_type: {"schema": schema}}}


def _failures(operation: Operation) -> JsonSchema:
    by_status: dict[str, list[ProblemKind]] = {}
    for kind in operation.all_problems:
        by_status.setdefault(str(kind.status), []).append(kind)
    responses: JsonSchema = {
        status: {
            "description": " ".join(f"`{kind.code}`: {kind.title}" for kind in kinds),
            **({"headers": _RETRY_AFTER} if any(kind.has_retry_after for kind in kinds) else {}),
            "content": {CONTENT_TYPE: {"schema": _problem(kinds)}},
        }
        for status, kinds in sorted(by_status.items())
    }
    for status, description in _GATEWAY_RESPONSES.items():
        if operation.scope or status == "429":
            response = responses.setdefault(status, {"description": "", "content": {}})
            response["description"] = f"{response['description']} {description}".strip()
            response["content"] = {**response["content"], **_MESSAGE}
    return responses


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
