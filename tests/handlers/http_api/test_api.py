"""Both APIs: authorization, idempotency, problem documents, and the API document."""

import json
from dataclasses import replace
from typing import Any

import boto3
import pytest

from handlers.domain.errors import InvalidRecord, LedgerUnavailable
from handlers.http_api.auth import (
    DRIVE,
    DRIVERS,
    POOL_OF_SCOPE,
    RESERVED_NAMES,
    REVIEW,
    Caller,
)
from handlers.http_api.contract.every_operation import EVERY_OPERATION
from handlers.http_api.problems import INTERNAL, UNAVAILABLE, Problem, problem_of
from tests.handlers.api_client import DAN, DORA, LENA, RITA, SIGN_IN, Api, Person
from tests.handlers.drivers_api.ledger import put_photo, row_of

NEW = {"content_type": "image/jpeg"}


@pytest.mark.parametrize(
    "person",
    [
        pytest.param(RITA, id="no scope, no group"),
        pytest.param(Person(name="rita", groups=("reviewers",), scopes=(DRIVE,)), id="group"),
        pytest.param(Person(name="dora", groups=(DRIVERS,), scopes=(REVIEW,)), id="scope"),
        pytest.param(Person(name="dora", groups=(), scopes=(DRIVE,)), id="no group"),
        pytest.param(
            Person(name="dora", groups=(DRIVERS,), scopes=(DRIVE,), token_use="id"),  # noqa: S106 # a kind of token
            id="an ID token",
        ),
        pytest.param(Person(name="a/b", groups=(DRIVERS,), scopes=(DRIVE,)), id="slash"),
        pytest.param(Person(name=".dot", groups=(DRIVERS,), scopes=(DRIVE,)), id="dot"),
        pytest.param(Person(name="", groups=(DRIVERS,), scopes=(DRIVE,)), id="nameless"),
        pytest.param(None, id="no token"),
    ],
)
def test_scope_and_group_are_both_required(api: Api, person: Person | None) -> None:
    response = api.call("GET", "/photos", person)
    assert (response.status, response.code) == (403, "forbidden")


def test_a_driver_with_the_reviewers_scope_cannot_review(api: Api) -> None:
    greedy = Person(name="dora", groups=(DRIVERS,), scopes=(DRIVE, REVIEW, "scones/lead"))
    for operation in EVERY_OPERATION:
        if operation.scope and DRIVERS not in operation.groups:
            path = operation.path.replace("{photo_id}", "0" * 64)
            headers = {"idempotency-key": "k"}
            response = api.call(operation.method, path, greedy, b"{}", headers)
            assert (response.status, response.code) == (403, "forbidden"), operation.name


@pytest.mark.parametrize("groups", ["[drivers]", "[drivers leads]", ["drivers"], "drivers,x"])
def test_groups_are_read_however_the_gateway_writes_them(groups: Any) -> None:
    claims = {"username": "u", "token_use": "access", "scope": "s", "cognito:groups": groups}
    event = {"requestContext": {"authorizer": {"jwt": {"claims": claims}}}}
    assert DRIVERS in Caller.from_event(event).groups


def test_the_same_key_gives_the_same_response(api: Api) -> None:
    first = api.post("/uploads", NEW, DORA, key="k").body
    assert api.post("/uploads", NEW, DORA, key="k").body == first
    assert api.post("/uploads", NEW, DORA, key="other").body["upload_id"] != first["upload_id"]
    items = boto3.client("dynamodb").scan(TableName="uploads")["Items"]
    assert sum("granted_at" in item for item in items) == 2


def test_a_key_of_another_caller_is_another_key(api: Api) -> None:
    first = api.post("/uploads", NEW, DORA, key="k").body
    assert "dan" in api.post("/uploads", NEW, DAN, key="k").body["fields"]["key"]
    assert "dora" in first["fields"]["key"]


def test_a_key_reused_for_another_request_is_refused(api: Api) -> None:
    api.post("/uploads", NEW, DORA, key="k")
    response = api.post("/uploads", {"content_type": "image/png"}, DORA, key="k")
    assert (response.status, response.code) == (422, "idempotency_key_reused")
    photo, other = put_photo(driver="dora", upload="u1"), put_photo(driver="dora", upload="u2")
    api.post(f"/photos/{photo}/contest", {}, DORA, key="k")
    response = api.post(f"/photos/{other}/contest", {}, DORA, key="k")
    assert (response.status, response.code) == (422, "idempotency_key_reused")
    assert row_of(other)["review"] == "none"


def test_a_refusal_is_not_remembered(api: Api) -> None:
    photo_id = put_photo(driver="dora", upload="u1", status="received")
    path = f"/photos/{photo_id}/contest"
    assert api.post(path, {}, DORA, key="k").status == 409
    put_photo(driver="dora", upload="u1")
    assert api.post(path, {}, DORA, key="k").status == 200


@pytest.mark.parametrize("key", ["", "x" * 65, "tab\there", "ümlaut"])
def test_every_post_needs_a_key(api: Api, key: str) -> None:
    body = json.dumps(NEW).encode()
    response = api.call("POST", "/uploads", DORA, body, {"idempotency-key": key})
    assert (response.status, response.code) == (400, "idempotency_key_needed")


def test_details_of_unexpected_errors_are_not_disclosed() -> None:
    for error in (InvalidRecord("arn:aws:secret"), KeyError("secret"), LedgerUnavailable("secret")):
        assert "secret" not in json.dumps(problem_of(error).document())
    assert problem_of(LedgerUnavailable("x")).kind is UNAVAILABLE
    assert problem_of(RuntimeError("x")).kind is INTERNAL
    refusal = Problem(UNAVAILABLE, "wait")
    assert problem_of(refusal) is refusal


def test_a_fault_becomes_a_problem_document_and_is_logged(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    boto3.client("dynamodb").delete_table(TableName="photos")
    response = api.get(f"/photos/{'0' * 64}", DORA)
    assert (response.status, response.code) == (503, "unavailable")
    assert "call_failed" in caplog.text


def test_responses_must_not_be_cached(api: Api) -> None:
    response = api.get("/photos", DORA)
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_the_document_lists_every_operation_and_no_other(api: Api) -> None:
    document = api.call("GET", "/openapi.json", None).body
    assert document["openapi"] == "3.1.0"
    listed = {
        (described["operationId"], method.upper(), path)
        for path, methods in document["paths"].items()
        for method, described in methods.items()
    }
    assert listed == {
        (operation.name, operation.method, operation.path) for operation in EVERY_OPERATION
    }
    assert len(listed) == len(EVERY_OPERATION)


def test_the_document_lists_scopes_and_the_sign_in_page_of_each_pool(api: Api) -> None:
    document = api.call("GET", "/openapi.json", None).body
    schemes = document["components"]["securitySchemes"]
    assert schemes.keys() == SIGN_IN.keys()
    for operation in EVERY_OPERATION:
        described = document["paths"][operation.path][operation.method.lower()]
        if operation.scope is None:
            assert described["security"] == []
            continue
        pool = POOL_OF_SCOPE[operation.scope]
        assert described["security"] == [{pool: [operation.scope]}]
        flow = schemes[pool]["flows"]["authorizationCode"]
        assert flow["authorizationUrl"] == f"{SIGN_IN[pool]}/oauth2/authorize"
        assert operation.scope in flow["scopes"]


def test_a_name_is_the_same_person_in_any_case(api: Api) -> None:
    upper = replace(DORA, name="DORA")
    permission = api.post("/uploads", NEW, upper).body
    assert permission["fields"]["key"].startswith("intake/dora/")
    assert api.get(f"/uploads/{permission['upload_id']}", DORA).status == 200


@pytest.mark.parametrize("name", sorted(RESERVED_NAMES | {"Model", "a/b", ".hidden", "ünal"}))
def test_a_name_that_no_person_may_have_is_forbidden(api: Api, name: str) -> None:
    response = api.get("/photos", replace(DORA, name=name))
    assert (response.status, response.code) == (403, "forbidden")


def test_leads_may_review(api: Api) -> None:
    assert api.get("/reviews/queue", LENA).status == 200
    assert api.get("/reviews/agreement", LENA).status == 200
    assert api.get("/reviews/agreement", RITA).status == 403
