"""Requests are read into schemas, or refused in a sentence that names the field."""

import re
from collections.abc import Callable

import msgspec
import pytest

from handlers.http_api.contract.drivers_schemas import ContestRequest, PhotoPageQuery
from handlers.http_api.contract.every_operation import EVERY_OPERATION
from handlers.http_api.contract.reviews_schemas import UndoRequest, VerdictRequest
from handlers.http_api.openapi import api_document
from handlers.http_api.problems import (
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


def test_every_reference_of_the_document_has_a_component() -> None:
    document = api_document(EVERY_OPERATION, sign_in_urls=SIGN_IN)
    components = document["components"]["schemas"]
    references = set(re.findall(r"'#/components/schemas/(\w+)'", str(document)))
    assert references == components.keys()
    assert all(component["description"] for component in components.values())
