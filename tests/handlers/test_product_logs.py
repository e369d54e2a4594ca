"""Product logs name photos and accounts by ids alone: no single record of a log can be erased."""

import ast
import io
from collections.abc import Iterator

import pytest

from handlers.drivers_api.dependencies import logger
from tests.conftest import ROOT
from tests.handlers.api_client import DORA, Api

PRODUCT = ("handlers", "monitoring")
METHODS = {"append_context_keys", "append_keys", "critical", "debug", "error", "exception"} | {
    "info",
    "warning",
}
# What a log line may have beside its event's name. No value is an object key or a user name.
FIELDS = {
    *("photo_id", "execution_id", "request_id", "account", "sequence_number"),
    *("operation", "code", "outcome", "reason", "rule", "refused", "exc_info"),
    *("labels", "events", "oldest_parked_s", "model_version", "confidence", "review_reason"),
    *("probabilities", "vehicle", "threshold_source", "parameter"),
}
# Documents whose fields are counts, times and names of reports.
DOCUMENTS = {"answer", "counts", "dead_letter"}


def _log_calls() -> Iterator[tuple[str, ast.Call]]:
    for folder in PRODUCT:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    owner = ast.unparse(node.func.value)
                    if owner.endswith("logger") and node.func.attr in METHODS:
                        yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def test_no_log_call_has_a_field_that_may_hold_a_key_or_a_name() -> None:
    unknown = [
        f"{place}: {keyword.arg or ast.unparse(keyword.value)}"
        for place, call in _log_calls()
        for keyword in call.keywords
        if keyword.arg not in FIELDS and ast.unparse(keyword.value) not in DOCUMENTS
    ]
    assert unknown == []


def test_the_event_of_every_log_call_is_a_constant() -> None:
    calls = list(_log_calls())
    assert len(calls) > 15
    for place, call in calls:
        assert all(isinstance(argument, ast.Constant) for argument in call.args), place


def test_a_driver_is_not_named_in_the_log_of_a_call(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", lines)
    assert api.post("/uploads", {"content_type": "image/jpeg"}, DORA, key="k").status == 201
    assert '"call_answered"' in lines.getvalue()
    assert DORA.name not in lines.getvalue()
