"""The API document (OpenAPI 3.1), made from the operations, as the gateway's routes are."""

import re
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from handlers.http_api.auth import POOL_OF_SCOPE
from handlers.http_api.operations import Operation
from handlers.http_api.problems import CONTENT_TYPE, NOT_FOUND, Problem, ProblemKind
from handlers.http_api.schemas import JsonSchema, Schema

VERSION = "1.1.0"
# The gateway's own responses are not problem documents: an HTTP API of API Gateway, unlike a REST
# API, has no setting for their bodies.
_GATEWAY_RESPONSES = {
    "401": "No token, or one that is expired, forged or of another pool (from the gateway).",
    "403": "The token lacks the scope (from the gateway).",
    "413": "The request has more than 10 MB (from the gateway).",
    "429": "Too many calls: wait a second, then repeat (from the gateway).",
    "500": "The function ended early (from the gateway).",
    "503": "The function does not answer; repeat the call with the same key (from the gateway).",
}
_PROBLEM, _GATEWAY_MESSAGE, _PROBLEM_OR_MESSAGE = "Problem", "GatewayMessage", "ProblemOrMessage"
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
    kinds = {kind for operation in listed for kind in operation.all_problems}
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
            "schemas": {
                **_components({operation.body for operation in listed if operation.body}),
                **_responses({operation.response for operation in listed if operation.response}),
                **_error_schemas(sorted(kinds, key=lambda kind: kind.code)),
            },
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


def _responses(types: Iterable[object]) -> dict[str, JsonSchema]:
    """Return the components of responses: they allow further fields, which a later version adds."""
    return {
        name: {key: value for key, value in schema.items() if key != "additionalProperties"}
        for name, schema in _components(types).items()
    }


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
        audience = f"For {' and '.join(operation.groups)}."
        described["description"] = " ".join([audience, *operation.description.split()])
    if operation.body:
        media = _media(operation.body.__name__, operation.body_example)
        described["requestBody"] = {"required": True, "content": {"application/json": media}}
    return described


def _media(component: str, example: Schema | None = None) -> JsonSchema:
    media: JsonSchema = {"schema": {"$ref": _reference(component)}}
    return media if example is None else {**media, "example": msgspec.to_builtins(example)}


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
    media: JsonSchema = {"schema": {}}
    if operation.response:
        media = _media(operation.response.__name__, operation.response_example)
    return {"description": "Success.", "content": {operation.media_type: media}}


def _failures(operation: Operation) -> JsonSchema:
    by_status: dict[str, list[ProblemKind]] = {}
    for kind in operation.all_problems:
        by_status.setdefault(str(kind.status), []).append(kind)
    from_gateway = {
        status: description
        for status, description in _GATEWAY_RESPONSES.items()
        if status == "429" or (operation.scope and (status != "413" or operation.method == "POST"))
    }
    return {
        status: _failure(by_status.get(status, []), from_gateway.get(status))
        for status in sorted({*by_status, *from_gateway})
    }


def _failure(kinds: list[ProblemKind], from_gateway: str | None) -> JsonSchema:
    """Return the response of a status: problems of the code, a message of the gateway, or both.

    Generators of clients read the first media type alone. So where both can come, both media types
    have a schema that takes either.
    """
    sentences = [f"`{kind.code}`: {kind.title}" for kind in kinds]
    content: JsonSchema = {}
    if kinds:
        content[CONTENT_TYPE] = _media(_PROBLEM_OR_MESSAGE if from_gateway else _PROBLEM)
    if from_gateway:
        sentences.append(from_gateway)
        component = _PROBLEM_OR_MESSAGE if kinds else _GATEWAY_MESSAGE
        content["application/json"] = _media(component)
    return {
        "description": " ".join(sentences),
        **({"headers": _RETRY_AFTER} if any(kind.has_retry_after for kind in kinds) else {}),
        "content": content,
    }


def _error_schemas(kinds: Sequence[ProblemKind]) -> dict[str, JsonSchema]:
    """Return one schema of all problems, the gateway's own message, and the choice of both."""
    extra: dict[str, JsonSchema] = {}
    for kind in kinds:
        for name, type_ in kind.extra.items():
            schema = _portable(msgspec.json.schema(type_))
            values = {*extra.get(name, {}).get("enum", ()), *schema.get("enum", ())}
            extra[name] = {**schema, **({"enum": sorted(values)} if values else {})}
            extra[name].setdefault("description", f"With the code `{kind.code}`.")
    problem: JsonSchema = {
        "description": "Why the call was refused (RFC 9457). Branch on `code`; a later version may "
        "add codes and fields.",
        "type": "object",
        "required": ["type", "title", "status", "detail", "code"],
        "properties": {
            "type": {"type": "string", "format": "uri"},
            "title": {"type": "string", "description": "The same for every problem of a code."},
            "status": {"type": "integer", "description": "The HTTP status."},
            "detail": {"type": "string", "description": "What to do, as a sentence."},
            "code": {"type": "string", "enum": [kind.code for kind in kinds]},
            **extra,
        },
        "examples": [Problem(NOT_FOUND, "You have no such photo.").document()],
    }
    message: JsonSchema = {
        "description": "An answer of the gateway itself.",
        "type": "object",
        "required": ["message"],
        "properties": {"message": {"type": "string"}},
        "examples": [{"message": "Unauthorized"}],
    }
    choice = [{"$ref": _reference(name)} for name in (_PROBLEM, _GATEWAY_MESSAGE)]
    return {
        _PROBLEM: problem,
        _GATEWAY_MESSAGE: message,
        _PROBLEM_OR_MESSAGE: {
            "description": "A problem, or an answer of the gateway itself: it has no `code`.",
            "anyOf": choice,
        },
    }
