"""Render the state machine as a Mermaid graph, and one execution of it as a table."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from tests.documents import cells

Json = dict[str, Any]  # Amazon States Language is JSON: Any is a JSON value

_LONGEST_LABEL = 44  # characters; longer conditions are left to the definition itself
_SERVICES = {"dynamodb": "DynamoDB", "lambda": "Lambda", "sqs": "SQS"}
# Brackets that give a node its shape: process, choice, end.
_SHAPES = {
    "Choice": ("{", "}"),
    "Succeed": ("([", "])"),
    "Fail": ("([", "])"),
    "Pass": ("[", "]"),
    "Task": ("[", "]"),
}
_TO_THE_FAILURES = "RecordFailure"
_WITHOUT_CAPACITY = {"Park", "LeftToSweeper"}


def graph(definition: Json) -> str:
    """Return a Mermaid flowchart of all states and transitions.

    The catchers of all errors, which lead to RecordFailure, are left out.
    """
    lines = ["```mermaid", "flowchart TD", f"  start((start)) --> {definition['StartAt']}"]
    for name, state in definition["States"].items():
        lines.append(f"  {_node(name, state)}")
        lines += [f"  {name} {arrow} {target}" for arrow, target in _transitions(state)]
    lines += _colours(definition["States"])
    return "\n".join([*lines, "```"])


def table(definition: Json, visited: Sequence[str]) -> str:
    """Return a Markdown table of one execution.

    A row shows what a visited state does, what it adds to the data, and its error handling.
    """
    titles = ("#", "state", "does", "adds", "time-out", "tries", "after an error")
    rows = [cells(*titles), cells(*("---" for _ in titles))]
    for number, name in enumerate(visited, start=1):
        state = definition["States"][name]
        timeout = f"`{state['TimeoutSeconds']} s`" if "TimeoutSeconds" in state else ""
        tries = sum(rule["MaxAttempts"] for rule in state.get("Retry", ())) + 1
        errors = ", ".join(f"{_error(rule)} → {rule['Next']}" for rule in state.get("Catch", ()))
        does = _call(state) or state["Type"].lower()
        bounded = str(tries) if state["Type"] == "Task" else ""
        rows.append(cells(str(number), f"`{name}`", does, _added(state), timeout, bounded, errors))
    return "\n".join(rows)


def _node(name: str, state: Json) -> str:
    opening, closing = _SHAPES[state["Type"]]
    call = _call(state)
    text = f"{name}<br/>{call}" if call else name
    return f'{name}{opening}"{text}"{closing}'


def _call(state: Json) -> str:
    """Return "DynamoDB UpdateItem" for `arn:aws:states:::aws-sdk:dynamodb:updateItem`."""
    if state["Type"] != "Task":
        return ""
    *_, service, action = state["Resource"].split(":")
    return f"{_SERVICES[service]} {action[0].upper()}{action[1:]}"


def _added(state: Json) -> str:
    """Return the paths of the result, such as `$.serialized`, or those that a Pass state sets."""
    if state["Type"] == "Task":
        return f"`{state['ResultPath']}`"
    names = (f"`$.{name.removesuffix('.$')}`" for name in state.get("Parameters", ()))
    return ", ".join(names)


def _transitions(state: Json) -> Iterator[tuple[str, str]]:
    for rule in state.get("Choices", ()):
        yield _labelled("-->", _condition(rule)), rule["Next"]
    if "Default" in state:
        yield _labelled("-->", "otherwise"), state["Default"]
    if "Next" in state:
        yield "-->", state["Next"]
    for rule in state.get("Catch", ()):
        if rule["Next"] != _TO_THE_FAILURES:
            yield _labelled("-.->", _error(rule)), rule["Next"]


def _labelled(arrow: str, label: str) -> str:
    return f'{arrow}|"{label}"|' if 0 < len(label) <= _LONGEST_LABEL else arrow


def _error(rule: Json) -> str:
    """Return "ConditionalCheckFailed" for `DynamoDB.ConditionalCheckFailedException`.

    The many errors that pass with time, see `infra/state_machine/retry_limits.py`, are "no
    capacity".
    """
    if rule["Next"] in _WITHOUT_CAPACITY:
        return "no capacity"
    names = [error.split(".")[-1].removesuffix("Exception") for error in rule["ErrorEquals"]]
    return "any error" if names == ["ALL"] else ", ".join(names)


def _condition(rule: Json) -> str:
    if "And" in rule:
        return " and ".join(map(_condition, rule["And"]))
    if "Not" in rule:
        negated = _condition(rule["Not"])
        return negated.replace(" = ", " ≠ ") if " = " in negated else f"not {negated}"
    (comparison, value), *_ = [(key, rule[key]) for key in rule if key not in {"Variable", "Next"}]
    field = _field(rule["Variable"])
    if comparison == "IsPresent":
        return f"{field} is {'present' if value else 'absent'}"
    if comparison == "StringMatches":
        return f"{field} like {value}"
    operator = ">" if "GreaterThan" in comparison else "="
    return f"{field} {operator} {_field(str(value))}"


def _field(path: str) -> str:
    """Return the last name of a path: "photo_order" for `$.newer.Item.photo_order.S`."""
    *_, name = re.finditer(r"[\w*/-]+", path.removesuffix(".S"))
    return name.group()


def _colours(states: Json) -> Iterator[str]:
    kinds = {
        "function": [n for n, s in states.items() if s.get("Resource", "").endswith("invoke")],
        "ended": [n for n, s in states.items() if s["Type"] == "Succeed" or s.get("End")],
        "failed": [n for n, s in states.items() if s["Type"] == "Fail"],
    }
    yield "  classDef function stroke:#b45309,stroke-width:2px"
    yield "  classDef ended stroke:#15803d,stroke-width:2px"
    yield "  classDef failed stroke:#b91c1c,stroke-width:2px"
    for kind, names in kinds.items():
        yield f"  class {','.join(names)} {kind}"
