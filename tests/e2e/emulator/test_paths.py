"""Paths, choices and intrinsics of the emulated Step Functions work as on AWS."""

import hashlib
import time

import pytest

from tests.e2e.emulator.conftest import Emulated, Json, machine

pytestmark = pytest.mark.e2e

ODD_KEYS = ["a b+c%2F.jpg", "🚲'\"\\{}.jpg", "line\nbreak", "x" * 1024]


def test_a_missing_path_ends_the_execution_uncaught(emulated: Emulated) -> None:
    ended = emulated.execute(
        machine(
            A={
                "Type": "Task",
                "Resource": "arn:aws:states:::sqs:sendMessage",
                "Parameters": {"QueueUrl": "x", "MessageBody.$": "$.absent"},
                "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}],
                "End": True,
            },
            Caught={"Type": "Succeed"},
        )
    )
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Runtime")


@pytest.mark.parametrize(
    ("given", "present"), [({"a": 1}, True), ({"a": None}, True), ({}, False), ({"a": {}}, True)]
)
def test_is_present_is_true_for_null(emulated: Emulated, given: Json, present: bool) -> None:
    assert _choice(emulated, {"Variable": "$.a", "IsPresent": True}, given) is present


@pytest.mark.parametrize(
    ("pattern", "key", "matches"),
    [
        ("*/", "intake/driver/", True),
        ("intake/*", "intake/a\nb", True),
        ("intake/*/*", "intake/a", False),
        ("a\\*", "a*", True),
        ("a\\*", "ab", False),
    ],
)
def test_a_pattern_matches_whole_keys(
    emulated: Emulated, pattern: str, key: str, matches: bool
) -> None:
    assert _choice(emulated, {"Variable": "$.k", "StringMatches": pattern}, {"k": key}) is matches


@pytest.mark.parametrize("key", ODD_KEYS)
def test_a_photo_id_is_the_sha256_of_bucket_version_and_key(emulated: Emulated, key: str) -> None:
    given = {"detail": {"bucket": {"name": "b"}, "object": {"key": key, "version-id": "v1"}}}
    text = (
        "States.Format('{}\n{}\n{}', $.detail.bucket.name, $.detail.object['version-id'], "
        "$.detail.object.key)"
    )
    ended = emulated.execute(
        machine(
            A={
                "Type": "Pass",
                "Parameters": {"id.$": f"States.Hash({text}, 'SHA-256')"},
                "End": True,
            }
        ),
        given,
    )
    assert ended["output"]["id"] == hashlib.sha256(f"b\nv1\n{key}".encode()).hexdigest()


def test_intrinsics_and_the_context_object_have_the_values_of_aws(emulated: Emulated) -> None:
    parameters = {
        "parts.$": "States.StringSplit($.key, '/')",
        "second.$": "States.ArrayGetItem(States.StringSplit($.key, '/'), 1)",
        "length.$": "States.ArrayLength(States.StringSplit($.key, '/'))",
        "sum.$": "States.MathAdd($.n, 1)",
        "text.$": "States.Format('{}|{}|{}', $.flag, $.nothing, $.n)",
        "execution.$": "$$.Execution.Id",
        "name.$": "$$.Execution.Name",
        "started.$": "$$.Execution.StartTime",
        "entered.$": "$$.State.EnteredTime",
    }
    ended = emulated.execute(
        machine(A={"Type": "Pass", "Parameters": parameters, "End": True}),
        {"key": "intake/d1/u1.jpg", "n": 4, "flag": True, "nothing": None},
    )
    output = ended["output"]
    assert output["parts"] == ["intake", "d1", "u1.jpg"]
    assert (output["second"], output["length"], output["sum"]) == ("d1", 3, 5)
    assert output["text"] == "true|null|4"
    assert (output["execution"], output["name"]) == (ended["executionArn"], ended["name"])
    for stamp in (output["started"], output["entered"]):
        assert time.strptime(stamp[:19] + stamp[23:], "%Y-%m-%dT%H:%M:%SZ")


def test_a_failing_intrinsic_has_its_aws_name(emulated: Emulated) -> None:
    parameters = {"x.$": "States.ArrayGetItem($.list, 5)"}
    ended = emulated.execute(
        machine(A={"Type": "Pass", "Parameters": parameters, "End": True}), {"list": []}
    )
    assert ended["error"] == "States.IntrinsicFailure"


@pytest.mark.parametrize(
    ("operator", "smaller", "larger"),
    [
        ("StringLessThanPath", True, False),
        ("StringGreaterThanPath", False, True),
        ("StringLessThanEqualsPath", True, False),
        ("StringGreaterThanEqualsPath", False, True),
    ],
)
def test_texts_are_compared_by_path(
    emulated: Emulated, operator: str, smaller: bool, larger: bool
) -> None:
    rule = {"Variable": "$.a", operator: "$.b"}
    assert _choice(emulated, rule, {"a": "2026-01", "b": "2026-02"}) is smaller
    assert _choice(emulated, rule, {"a": "2026-03", "b": "2026-02"}) is larger


def test_a_comparison_that_the_emulator_lacks_fails_the_execution(emulated: Emulated) -> None:
    rule = {"Variable": "$.a", "TimestampEqualsPath": "$.a", "Next": "A"}
    choice = machine(A={"Type": "Choice", "Choices": [rule]})
    ended = emulated.execute(choice, {"a": "2026-01-01T00:00:00Z"})
    assert "does not implement TimestampEqualsPath" in ended["cause"]


def _choice(emulated: Emulated, rule: Json, given: Json) -> bool:
    definition = machine(
        A={"Type": "Choice", "Choices": [{**rule, "Next": "Yes"}], "Default": "No"},
        Yes={"Type": "Pass", "Result": True, "End": True},
        No={"Type": "Pass", "Result": False, "End": True},
    )
    return bool(emulated.execute(definition, given)["output"])
