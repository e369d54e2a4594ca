"""What the patches of the emulator compute; tests/e2e/emulator shows that they take effect."""

import json
from importlib import metadata
from types import ModuleType
from urllib.parse import unquote
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import pytest

from infra.local.emulator.patches import replace
from infra.local.emulator.patches.apis import with_names_of_calls
from infra.local.emulator.patches.choices import string_matches
from infra.local.emulator.patches.events import aws_event
from infra.local.emulator.patches.listings import with_encoded_keys
from infra.local.emulator.patches.paths import as_text
from infra.local.emulator.patches.streams import failed_batch
from infra.local.emulator.patches.templates import without_metric_math
from infra.local.emulator.patches.user_names import spelled
from infra.local.emulator.patches.workflows import size_on_aws
from infra.local.errors import EmulatorChanged


def test_the_pinned_version_is_installed() -> None:
    replace.require_version()


def test_another_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", lambda _: "9.9.9")
    with pytest.raises(EmulatorChanged, match=r"9\.9\.9 is installed"):
        replace.require_version()


def test_a_function_with_the_expected_parameters_is_replaced() -> None:
    module = ModuleType("emulator")
    module.__dict__["_run"] = lambda first, second: (first, second)
    replace.replace(module, "_run", "first second", lambda run: lambda *args: run(*args)[0])
    assert module._run(1, 2) == 1


@pytest.mark.parametrize(("name", "parameters"), [("_run", "other"), ("_gone", "first")])
def test_another_function_is_refused_by_name(name: str, parameters: str) -> None:
    module = ModuleType("emulator")
    module.__dict__["_run"] = lambda first: first
    with pytest.raises(EmulatorChanged, match=rf"emulator\.{name} to .*adapt infra/local"):
        replace.replace(module, name, parameters, lambda run: run)


@pytest.mark.parametrize(
    ("pattern", "value", "matches"),
    [
        ("intake/*", "intake/a/b", True),
        ("intake/*", "xintake/a", False),
        ("*", "", True),
        ("a*c", "a\n\u2028c", True),
        ("a.c", "abc", False),
        (r"\*", "*", True),
        (r"\*", "x", False),
        (r"\\*", "\\x", True),
        ("[a]", "a", False),
    ],
)
def test_a_pattern_matches_whole_values(pattern: str, value: str, matches: bool) -> None:
    assert string_matches(pattern, value) is matches


@pytest.mark.parametrize(
    ("value", "text"),
    [("ü", "ü"), (True, "true"), (None, "null"), (0.97, "0.97"), ([1, "a"], '[1,"a"]')],
)
def test_format_writes_values_as_json(value: object, text: str) -> None:
    assert as_text(value) == text


def test_a_size_is_that_of_compact_utf8() -> None:
    assert size_on_aws(json.dumps({"a": "é", "b": [1, 2]})) == len('{"a":"é","b":[1,2]}'.encode())


EMULATORS_EVENT = {
    "Source": "aws.s3",
    "Time": "2026-11-22T19:28:20.718Z",
    "Detail": json.dumps(
        {
            "version": "0",
            "event-version": "1.0",
            "bucket": {"name": "b"},
            "object": {"key": "k%", "size": 1, "etag": "e", "sequencer": "0A"},
            "request-id": "29d5e5a4-uuid",
            "reason": "PutObject",
        }
    ),
}


def test_an_event_gets_its_version_and_loses_fields_that_aws_does_not_send() -> None:
    event = aws_event(EMULATORS_EVENT, version="v1")
    detail = json.loads(event["Detail"])
    assert event["Time"] == "2026-11-22T19:28:20Z"
    assert list(detail["object"]) == ["key", "size", "etag", "version-id", "sequencer"]
    assert detail["object"]["version-id"] == "v1"
    assert detail["object"]["key"] == "k%"
    assert "event-version" not in detail


def test_an_event_of_an_unversioned_bucket_has_no_version() -> None:
    detail = json.loads(aws_event(EMULATORS_EVENT, version=None)["Detail"])
    assert "version-id" not in detail["object"]


@pytest.mark.parametrize(
    ("source", "body", "fails"),
    [
        ("aws:dynamodb", {"batchItemFailures": [{"itemIdentifier": "7"}]}, True),
        ("aws:dynamodb", {"batchItemFailures": []}, False),
        ("aws:dynamodb", None, False),
        ("aws:sqs", {"batchItemFailures": [{"itemIdentifier": "7"}]}, False),
    ],
)
def test_a_failed_record_of_a_stream_fails_its_batch(
    source: str, body: object, fails: bool
) -> None:
    result = failed_batch({"Records": [{"eventSource": source}]}, {"body": body})
    assert bool(result.get("error")) is fails


def test_cors_of_an_api_has_the_names_of_the_services_calls() -> None:
    props = {"Name": "n", "CorsConfiguration": {"AllowOrigins": ["https://a"], "MaxAge": 600}}
    named = {"allowOrigins": ["https://a"], "maxAge": 600}
    assert with_names_of_calls(props) == {"Name": "n", "CorsConfiguration": named}
    assert with_names_of_calls({"Name": "n"}) == {"Name": "n"}


@pytest.mark.parametrize("insensitive", [False, "false"])
def test_a_pool_that_ignores_case_has_one_spelling_of_a_name(insensitive: object) -> None:
    pool = {"_users": {"Anna": {}}, "UsernameConfiguration": {"CaseSensitive": insensitive}}
    assert [spelled(pool, name) for name in ("anna", "ANNA", "Anna", "anja", None)] == [
        *("Anna", "Anna", "Anna", "anja", None)
    ]


@pytest.mark.parametrize("configuration", [{}, {"UsernameConfiguration": {"CaseSensitive": True}}])
def test_other_pools_distinguish_case(configuration: dict[str, object]) -> None:
    assert spelled({"_users": {"Anna": {}}, **configuration}, "anna") == "anna"


def test_keys_of_a_listing_are_encoded_as_s3_does() -> None:
    key = "intake/d 1/a\x07\r+%&<ü.jpg"
    body = (
        "<ListVersionsResult><Prefix>intake/</Prefix><MaxKeys>2</MaxKeys>"
        f"<Version><Key>{escape(key)}</Key><ETag>a&amp;b</ETag></Version></ListVersionsResult>"
    )
    root = ElementTree.fromstring(with_encoded_keys(body.encode()))  # noqa: S314 # our own
    assert unquote(root.findtext("Version/Key", "")) == key
    assert root.findtext("Prefix") == "intake/"
    assert root.findtext("EncodingType") == "url"
    assert root.findtext("Version/ETag") == "a&b"


def test_an_alarm_on_metric_math_becomes_one_that_is_never_evaluated() -> None:
    alarm = {"Threshold": 5, "Metrics": [{"Id": "m0"}]}
    assert without_metric_math(alarm).keys() == {"Threshold", "Namespace", "MetricName"}


def test_an_alarm_on_one_metric_is_unchanged() -> None:
    alarm = {"Threshold": 5, "Namespace": "AWS/SQS", "MetricName": "NumberOfMessagesSent"}
    assert without_metric_math(alarm) == alarm
