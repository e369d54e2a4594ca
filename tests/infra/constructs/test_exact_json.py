"""What CDK would drop or round is refused at synthesis, with its place."""

import ast
import re
from typing import Any

import pytest

from infra.constructs.exact_json import InexactJson, exact_json
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({"States": {"Claim": {"ResultPath": None}}}, "it.States.Claim.ResultPath is null"),
        ({"detail": {"object": {"key": [None]}}}, "it.detail.object.key[0] is null"),
        ({"size": [{"numeric": [">", 2**53 + 1]}]}, "it.size[0].numeric[1] is 9007199254740993"),
        ({"size": -(2**60)}, "it.size is -1152921504606846976"),
        ({"n": float("nan")}, "it.n is nan"),
        ({"n": float("inf")}, "it.n is inf"),
        ({"n": 1e300}, "it.n is 1e+300"),
        ({7: "x"}, "it has the key 7"),
        ({"n": {1, 2}}, "which is not JSON"),
    ],
)
def test_a_value_that_a_template_would_not_hold_is_refused(
    document: dict[Any, Any], place: str
) -> None:
    with pytest.raises(InexactJson, match=re.escape(place)):
        exact_json(document, what="it")


def test_other_documents_are_returned_as_they_are() -> None:
    document = {"a": [1, 0.5, -(2**53), True, "x", {"b": []}], "c": ("d",)}
    assert exact_json(document, what="it") is document


def test_every_definition_and_every_event_pattern_is_checked() -> None:
    """Each call that takes such a document from Python gets it from `exact_json`."""
    calls = {"to_json_string": "args", "EventPattern": "detail"}
    checked = dict.fromkeys(calls, 0)
    for path in (ROOT / "infra").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            name = node.func.attr
            if name not in calls:
                continue
            keywords = {word.arg: word.value for word in node.keywords}
            document = node.args[0] if calls[name] == "args" else keywords["detail"]
            is_checked = isinstance(document, ast.Call) and isinstance(document.func, ast.Name)
            assert is_checked, f"{path}:{node.lineno}"
            assert ast.unparse(document).startswith("exact_json("), f"{path}:{node.lineno}"
            checked[name] += 1
    assert all(checked.values())
