"""Metrics that our functions publish, read from their calls of `add_metric`.

An alarm on any other name would never be red.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from monitoring import metric_names as names
from tests.infra.conftest import ROOT

_NAMED = {key: value for key, value in vars(names).items() if isinstance(value, str)}


def published_by_us() -> set[tuple[str, str]]:
    """Return pairs of metric and service, the value of the dimension `service`."""
    names_of_folders = (
        *("handlers/workflow", "handlers/stream"),
        *("monitoring/report", "monitoring/reconciliation", "monitoring/drain"),
    )
    files = [file for name in names_of_folders for file in (ROOT / name).glob("*.py")]
    metrics = {pair for file in files for pair in _published_in(file)}
    assert metrics, "no function publishes a metric any more"
    return metrics


def _published_in(file: Path) -> Iterator[tuple[str, str]]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    services = {
        _text(keyword.value)
        for call in calls
        if getattr(call.func, "id", "") == "Metrics"
        for keyword in call.keywords
        if keyword.arg == "service"
    }
    for call in calls:
        if getattr(call.func, "attr", "") == "add_metric":
            (service,) = services
            for name in _names(call.args[0], tree):
                yield name, service


def _names(node: ast.expr, tree: ast.Module) -> list[str]:
    """Return the possible values of a metric's name in a call.

    A constant, a subscript of a dictionary (its values), or the variable of a loop over one (keys).
    """
    if isinstance(node, ast.Subscript):
        return [_text(value) for value in _dictionary(node.value, tree).values]
    if isinstance(node, ast.Name):
        (source,) = (
            loop.iter.func.value
            for loop in ast.walk(tree)
            if isinstance(loop, ast.For)
            and getattr(next(ast.iter_child_nodes(loop.target), None), "id", "") == node.id
            and isinstance(loop.iter, ast.Call)
            and isinstance(loop.iter.func, ast.Attribute)
        )
        if ast.unparse(source) == "report.metrics":
            return _published_by_the_report()
        return [_text(key) for key in _dictionary(source, tree).keys if key]
    return [_text(node)]


def _dictionary(node: ast.expr, tree: ast.Module) -> ast.Dict:
    (dictionary,) = (
        assignment.value
        for assignment in ast.walk(tree)
        if isinstance(assignment, ast.Assign)
        and isinstance(assignment.value, ast.Dict)
        and ast.unparse(assignment.targets[0]) == ast.unparse(node)
    )
    return dictionary


def _published_by_the_report() -> list[str]:
    """Return the names in the module that computes the metrics which the handler publishes."""
    module = ROOT / "monitoring" / "report" / "document" / "describe.py"
    source = module.read_text(encoding="utf-8")
    (function,) = (
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef) and node.name == "_metrics"
    )
    inside = list(ast.walk(function))
    keys = [key for node in inside if isinstance(node, ast.Dict) for key in node.keys]
    set_later = [
        node.slice
        for node in inside
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store)
    ]
    return [
        node.value
        for node in (*keys, *set_later)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "names":
        return _NAMED[node.attr]
    raise AssertionError(f"the name of this metric is not a constant: {ast.unparse(node)}")
