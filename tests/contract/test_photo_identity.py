"""The state machine and `handlers/domain/ledger/identity.py` compute the same ids."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from handlers.domain.decision.prediction import PhotoRef
from handlers.domain.ledger.identity import Sender, photo_id
from infra.state_machine.identify import identification
from tests.workflow.harness import ROLE, an_event

Identify = Callable[[dict[str, Any]], dict[str, Any]]

ODD_KEYS = [
    "intake/d1/u1.jpg",
    "intake/d1/holiday photo (1).jpg",
    "intake/d1/a+b%2Fc&d=e?f#g.jpg",
    "intake/d1/🚲🏍️.jpg",
    'intake/d1/it\'s "quoted" \\ back\\slash.jpg',
    "intake/d1/{braces} {} {0} $.x States.Format('{}').jpg",
    "intake/d1/deeper/still/u1.tar.gz",
    "intake/d1//u1.jpg",
    "intake/photo.jpg",
    "intake//u1.jpg",
    "intake///u1.jpg",
    "intake/.hidden/u1.jpg",
    "intake/d1/.jpg",
    "intake/d1/...",
    "intake/d1/no-extension",
    "intake/ドライバー/写真.jpg",
    "intake/*/u?1.jpg",
    "intake/" + "d" * 500 + "/" + "u" * 517,
]


@pytest.fixture(scope="module")
def identify() -> Iterator[Identify]:
    """The workflow's identification alone, run by moto's interpreter."""
    end = {"Type": "Pass", "End": True}
    states = identification() | {"Claim": end, "ClaimOfDriver": end, "FolderMarker": end}
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        client = boto3.client("stepfunctions", region_name="us-east-1")
        arn = client.create_state_machine(
            name="identify",
            roleArn=ROLE,
            definition=json.dumps({"StartAt": "Identify", "States": states}),
        )["stateMachineArn"]

        def run(event: dict[str, Any]) -> dict[str, Any]:
            execution_arn = client.start_execution(
                stateMachineArn=arn, name=f"run-{time.monotonic_ns()}", input=json.dumps(event)
            )["executionArn"]
            execution = client.describe_execution(executionArn=execution_arn)
            while execution["status"] == "RUNNING":
                time.sleep(0.005)
                execution = client.describe_execution(executionArn=execution_arn)
            assert execution["status"] == "SUCCEEDED", execution
            output: dict[str, Any] = json.loads(execution["output"])
            return output

        yield run


def _assert_the_same_photo(identify: Identify, key: str, version_id: str | None) -> None:
    event = an_event(key, version_id=version_id)
    photo = PhotoRef.from_wire(identify(event)["photo"])
    sender = Sender.from_key(key)
    assert photo.photo_id == photo_id(
        bucket="intake-bucket",
        key=key,
        version_id=version_id,
        etag="b1946ac92492d2347c6235b4d2611184",
    )
    assert photo.key == key
    assert photo.driver_id == (sender.driver_id if sender else None)
    assert photo.upload_id == (sender.upload_id if sender else None)


@pytest.mark.parametrize("version_id", ["3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY", None])
@pytest.mark.parametrize("key", ODD_KEYS)
def test_both_sides_agree_on_odd_keys(identify: Identify, key: str, version_id: str | None) -> None:
    _assert_the_same_photo(identify, key, version_id)


_text = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=40)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(tail=_text)
@example(tail="/")
@example(tail="a/\u2028b")
def test_both_sides_agree_on_any_key(identify: Identify, tail: str) -> None:
    key = f"intake/{tail}"
    if key.endswith("/"):
        assert "photo" not in identify(an_event(key))
    else:
        _assert_the_same_photo(identify, key, "v1")


@pytest.mark.parametrize(("given_attempt", "expected"), [(None, 1), (7, 7)])
def test_the_attempt_comes_from_a_takeover_or_is_the_first(
    identify: Identify, given_attempt: int | None, expected: int
) -> None:
    assert identify(an_event(attempt=given_attempt))["request"]["attempt"] == expected


def test_an_id_is_64_hex_characters_that_the_endpoint_accepts() -> None:
    computed = photo_id(bucket="b", key="🚲" * 200, version_id="v", etag="e")
    assert len(computed) == 64
    assert set(computed) <= set("0123456789abcdef")
