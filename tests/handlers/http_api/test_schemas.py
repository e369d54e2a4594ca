"""Requests are read into schemas, or refused in a sentence that names the field."""

import re
from collections.abc import Callable
from typing import get_args

import msgspec
import pytest

from handlers.domain.ledger.driver_view import REASON_CODES, SENTENCES
from handlers.domain.photo.refusal_reasons import RefusalReason
from handlers.domain.review.rules import REJECTIONS
from handlers.http_api.contract.drivers import OPERATIONS as DRIVERS_OPERATIONS
from handlers.http_api.contract.drivers_schemas import ContestRequest, PhotoPageQuery
from handlers.http_api.contract.every_operation import EVERY_OPERATION
from handlers.http_api.contract.reviews_schemas import UndoRequest, VerdictRequest
from handlers.http_api.openapi import api_document
from handlers.http_api.problems import (
    CONTENT_TYPE,
    INVALID_REQUEST,
    NOT_FOUND,
    REQUEST_TOO_LARGE,
    Problem,
    ProblemKind,
)
from handlers.http_api.schemas import MAX_BODY_BYTES, PhotoId, parse_body, parse_path, parse_query
from tests.handlers.api_client import SIGN_IN

HALF_A_CHARACTER = "\ud800"
VERDICT = '{"lease_id": "a", "decision_seq": %s, "verdict": "bicycle"}'


def refused(parse: Callable[[], object]) -> tuple[ProblemKind, str]:
    with pytest.raises(Problem) as error:
        parse()
    return error.value.kind, error.value.detail


def test_a_body_becomes_its_schema_with_defaults_for_what_is_left_out() -> None:
    assert parse_body(ContestRequest, '{"comment": "é\\ud83d\\ude97"}').comment == "é🚗"
    assert parse_body(ContestRequest, '{"comment": null}') == ContestRequest()
    assert parse_body(ContestRequest, "") == ContestRequest()


@pytest.mark.parametrize(
    "number", ["-1", "1000001", "1.5", "2.0", "1e400", "true", '"1"', "null", "9" * 5000]
)
def test_a_number_is_a_whole_one_within_its_bounds(number: str) -> None:
    kind, detail = refused(lambda: parse_body(VerdictRequest, VERDICT % number))
    assert kind is INVALID_REQUEST
    assert "`$.decision_seq`. The fields are: lease_id, decision_seq, verdict." in detail


def test_the_last_of_two_equal_keys_counts_and_both_are_checked() -> None:
    assert parse_body(UndoRequest, '{"decision_seq": 1, "decision_seq": 2}').decision_seq == 2
    twice = '{"decision_seq": "x", "decision_seq": 2}'
    assert refused(lambda: parse_body(UndoRequest, twice))[0] is INVALID_REQUEST


def test_the_limit_of_a_body_is_in_bytes() -> None:
    at_limit = '{"comment": "' + "é" * ((MAX_BODY_BYTES - 15) // 2) + '"}'
    assert len(at_limit.encode()) in {MAX_BODY_BYTES - 1, MAX_BODY_BYTES}
    assert refused(lambda: parse_body(ContestRequest, at_limit))[0] is INVALID_REQUEST
    assert refused(lambda: parse_body(ContestRequest, at_limit + "  "))[0] is REQUEST_TOO_LARGE


def test_a_refusal_quotes_only_the_beginning_of_a_request() -> None:
    long_name = '{"%s": 1}' % ("x" * 10_000)
    assert len(refused(lambda: parse_body(UndoRequest, long_name))[1]) < 500


def test_text_that_utf8_cannot_encode_is_refused_in_body_query_and_path() -> None:
    raw = f'{{"comment": "{HALF_A_CHARACTER}"}}'
    assert refused(lambda: parse_body(ContestRequest, raw))[0] is INVALID_REQUEST
    for query in ({"cursor": HALF_A_CHARACTER}, {HALF_A_CHARACTER: "x"}):
        assert refused(lambda: parse_query(PhotoPageQuery, query))[0] is INVALID_REQUEST  # noqa: B023 # called at once
    path = {"name": HALF_A_CHARACTER}
    assert refused(lambda: parse_path({"name": str}, path))[0] is NOT_FOUND


def test_numbers_of_a_query_are_read_from_text() -> None:
    assert parse_query(PhotoPageQuery, {"limit": "7"}) == PhotoPageQuery(limit=7)
    assert parse_query(PhotoPageQuery, {"cursor": "null"}).cursor == "null"


@pytest.mark.parametrize("end", ["\n", "\r", " ", "\x00", "g"])
def test_an_id_that_ends_in_another_character_identifies_nothing(end: str) -> None:
    types = {"photo_id": PhotoId}
    assert parse_path(types, {"photo_id": "0" * 64}) == {"photo_id": "0" * 64}
    kind, _ = refused(lambda: parse_path(types, {"photo_id": "0" * 63 + end}))
    assert kind is NOT_FOUND


def test_every_pattern_matches_the_whole_text() -> None:
    """`$` would allow a newline at the end."""
    types = [type_ for operation in EVERY_OPERATION for type_ in operation.path_parameters.values()]
    for operation in EVERY_OPERATION:
        types += [schema for schema in (operation.body, operation.query) if schema]
    described = str(msgspec.json.schema_components(types))
    patterns = re.findall(r"'pattern': '(.*?)'", described)
    assert len(patterns) > 5
    assert all(pattern.startswith("^") and pattern.endswith(r"\\Z") for pattern in patterns)


def test_the_document_has_patterns_that_javascript_can_read() -> None:
    document = str(api_document(EVERY_OPERATION, sign_in_urls=SIGN_IN))
    assert r"\\Z" not in document
    assert "'^[0-9a-f]{64}$'" in document


def test_requests_refuse_unknown_fields_and_responses_may_get_further_ones() -> None:
    components = api_document(EVERY_OPERATION, sign_in_urls=SIGN_IN)["components"]["schemas"]
    strict = {name for name, schema in components.items() if "additionalProperties" in schema}
    assert strict == {operation.body.__name__ for operation in EVERY_OPERATION if operation.body}


def test_every_error_is_a_problem_or_a_message_of_the_gateway() -> None:
    document = api_document(EVERY_OPERATION, sign_in_urls=SIGN_IN)
    kinds = {kind for operation in EVERY_OPERATION for kind in operation.all_problems}
    problem = document["components"]["schemas"]["Problem"]
    assert set(problem["properties"]["code"]["enum"]) == {kind.code for kind in kinds}
    assert problem["properties"].keys() >= {name for kind in kinds for name in kind.extra}
    why = set(problem["properties"]["why"]["enum"])
    assert why >= {"already_in_review", "not_yours"}, "the reasons of both kinds that have one"
    for operation in EVERY_OPERATION:
        described = document["paths"][operation.path][operation.method.lower()]
        for status, response in described["responses"].items():
            if int(status) < 400:
                continue
            names = {media["schema"]["$ref"] for media in response["content"].values()}
            assert len(names) == 1, "generators read the first media type alone"
            codes = {kind.code for kind in operation.all_problems if str(kind.status) == status}
            assert all(f"`{code}`" in response["description"] for code in codes)
            assert bool(codes) == (CONTENT_TYPE in response["content"])


def test_every_operation_of_the_drivers_has_an_example_that_is_valid() -> None:
    for operation in DRIVERS_OPERATIONS:
        for schema, example in (
            (operation.body, operation.body_example),
            (operation.response, operation.response_example),
        ):
            if schema is None:
                continue
            assert example is not None, operation.name
            encoded = msgspec.json.encode(example)
            assert msgspec.json.decode(encoded, type=schema) == example
    document = api_document(EVERY_OPERATION, sign_in_urls=SIGN_IN)
    answer = document["paths"]["/photos/{photo_id}"]["get"]["responses"]["200"]
    assert answer["content"]["application/json"]["example"]["reason"]["code"] in REASON_CODES


def test_the_document_lists_the_values_that_apps_branch_on() -> None:
    components = api_document(EVERY_OPERATION, sign_in_urls=SIGN_IN)["components"]["schemas"]
    reason = components["Reason"]["properties"]["code"]["enum"]
    assert set(reason) == REASON_CODES
    assert {*SENTENCES, *get_args(RefusalReason)} < set(reason)
    assert {reason for reason, _ in REJECTIONS.values()} < set(reason)
    for name in ("Photo", "DriverAssignment"):
        described = str(components[name]["properties"]["vehicle"])
        assert "'enum': ['bicycle', 'motorcycle']" in described


def test_every_reference_of_the_document_has_a_component() -> None:
    document = api_document(EVERY_OPERATION, sign_in_urls=SIGN_IN)
    components = document["components"]["schemas"]
    references = set(re.findall(r"'#/components/schemas/(\w+)'", str(document)))
    assert references == components.keys()
    assert all(component["description"] for component in components.values())
