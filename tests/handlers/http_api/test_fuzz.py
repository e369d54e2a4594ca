"""Both APIs, fuzzed by their own document: every response is one that it lists.

The gateway runs in this process, moto stands for AWS; no socket is opened.
"""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import CHECKS, load_all_checks

from handlers.http_api.auth import DRIVE, LEAD, REVIEW
from handlers.http_api.contract.every_operation import EVERY_OPERATION
from handlers.http_api.operations import Operation
from tests.handlers.api_client import HANDLERS, Api
from tests.handlers.drivers_api.ledger import put_photo
from tests.handlers.gateway import Gateway

load_all_checks()
WHO = {DRIVE: "dora", REVIEW: "rita", LEAD: "lena", None: ""}
# Checks of the responses alone; the others test what API Gateway does with methods and tokens.
CHECKED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
)
EXAMPLES = 10
HANDLED = [operation for operation in EVERY_OPERATION if operation.path.split("/")[1] in HANDLERS]
GOOD, BAD = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE
CASES = [(operation, GOOD) for operation in HANDLED]
CASES += [
    (operation, BAD)
    for operation in HANDLED
    if operation.body or operation.query or operation.path_parameters
]


@pytest.mark.parametrize(
    ("operation", "mode"),
    CASES,
    ids=[f"{operation.name}-{mode.value}" for operation, mode in CASES],
)
def test_every_response_conforms_to_the_document(
    api: Api, operation: Operation, mode: schemathesis.GenerationMode
) -> None:
    schema = schemathesis.openapi.from_wsgi("/openapi.json", Gateway(api))
    described = schema[operation.path][operation.method]
    known = [
        put_photo(driver="dora", upload="u1"),
        put_photo(driver="dora", upload="u2", status="in_review", review_reason="no_vehicle"),
        put_photo(driver="dan", upload="u3", status="rejected", reason="retake"),
    ]
    checks: Any = CHECKS.get_by_names(list(CHECKED))  # Any: untyped in schemathesis

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(case=described.as_strategy(generation_mode=mode), at=st.sampled_from([None, *known]))
    def run(case: schemathesis.Case[Any], at: str | None) -> None:
        if at and mode.is_positive and "photo_id" in (case.path_parameters or {}):
            case.path_parameters["photo_id"] = at
        headers = {"Authorization": f"Bearer {WHO[operation.scope]}"}
        case.call_and_validate(headers=headers, checks=checks)

    run()
