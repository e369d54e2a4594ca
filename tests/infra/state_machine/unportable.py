"""Forms of Amazon States Language that an interpreter of the tests reads otherwise than AWS.

moto and ministack accept them all without a word, so that a test of a definition that has one would
be green and mean nothing. `tests/emulators/` shows what each interpreter makes of them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.infra.template import Json, states_of

_PATH = re.compile(r"\${1,2}(?:\.[\w-]+|\[name\])*")
_LITERAL = re.compile(r"'(?:\\.|[^'\\])*'")
_NAME_IN_BRACKETS = re.compile(r"\['[^']*'\]")
_CALL = re.compile(r"States\.(\w+)\(")
_FUNCTIONS_UNLIKE_AWS = {"ArrayContains", "ArrayUnique", "Base64Decode", "Base64Encode"}


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class UnportableForm:
    """One form in a state: the name of what it is, and the text."""

    state: str
    form: str
    text: str


def unportable_forms(definition: Json) -> list[UnportableForm]:
    """Return every unportable form of a definition."""
    forms = {
        UnportableForm(state=name, form=form, text=text)
        for name, state in states_of(definition)
        for form, text in _of_state(state)
    }
    return sorted(forms)


def _of_state(state: Json) -> Iterator[tuple[str, str]]:
    for expression in _expressions(state):
        yield from _of_expression(expression)
    yield from _of_choices(state)
    if state["Type"] == "Pass":
        yield from (
            ("start time in a Pass", expression)
            for expression in _expressions(state)
            if "$$.Execution.StartTime" in expression
        )


def _of_expression(expression: str) -> Iterator[tuple[str, str]]:
    # A name in brackets is read as on AWS: the texts of functions are not those in brackets.
    paths = _LITERAL.sub("", _NAME_IN_BRACKETS.sub("[name]", expression))
    indexed = paths.replace("[name]", "")
    if "[" in indexed:
        yield "index, slice or filter", expression
    if ".." in indexed or "*" in indexed:
        yield "wildcard or descent", expression
    if not expression.startswith("States."):
        return
    if any(_is_lost_in_a_function(path) for path in _PATH.findall(paths)):
        yield "bracket in a function", expression
    if "\\" in expression:
        yield "escape", expression
    for function in _CALL.findall(expression):
        if function in _FUNCTIONS_UNLIKE_AWS:
            yield f"States.{function}", expression


def _is_lost_in_a_function(path: str) -> bool:
    """Whether moto reads a part of the path: it loses a second bracket, and one behind `$`."""
    return path.count("[") > 1 or path.lstrip("$").startswith("[")


def _of_choices(state: Json) -> Iterator[tuple[str, str]]:
    for rule in _rules(state.get("Choices", ())):
        for operator, operand in rule.items():
            if operator.startswith(("Timestamp", "IsTimestamp")):
                yield "comparison of times", f"{operator} of {rule['Variable']}"
            if operator == "IsNull":
                yield "IsNull", f"{operator} of {rule['Variable']}"
            if operator == "StringMatches" and re.search(r"[\\\[?]", operand):
                yield "pattern", operand
    if state["Type"] == "Wait" and {"Timestamp", "TimestampPath"} & state.keys():
        yield "comparison of times", "Wait"


def _rules(rules: object) -> Iterator[Json]:
    for rule in rules if isinstance(rules, list) else ():
        yield rule
        for inner in (*rule.get("And", ()), *rule.get("Or", ()), rule.get("Not")):
            yield from _rules([inner] if inner else [])


def _expressions(document: object, key: str = "") -> Iterator[str]:
    """Yield paths and intrinsic functions: values that begin with `$` or `States.`."""
    if isinstance(document, dict):
        for name, value in document.items():
            yield from _expressions(value, name)
    elif isinstance(document, list):
        for value in document:
            yield from _expressions(value, key)
    elif isinstance(document, str) and _is_evaluated(key, document):
        yield document


def _is_evaluated(key: str, text: str) -> bool:
    is_field = key.endswith((".$", "Path")) or key == "Variable"
    return is_field and text.startswith(("$", "States."))
