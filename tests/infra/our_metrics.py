"""Metrics that our functions publish, read from their calls of `add_metric`: an alarm on another
name is never red."""

import ast
from collections.abc import Iterator
from pathlib import Path

from monitoring import metric_names as names
from tests.infra.conftest import ROOT

_NAMED = {key: value for key, value in vars(names).items() if isinstance(value, str)}


def published_by_us() -> set[tuple[str, str]]:
    """Metric and service."""
    names_of_folders = (
        *("handlers/workflow", "handlers/stream"),
        *("monitoring/report", "monitoring/reconciliation"),
    )
    folders = [ROOT / name for name in names_of_folders]
    found = {pair for folder in folders for file in folder.glob("*.py") for pair in _of(file)}
    assert found, "nothing is published any more?"
    return found


def _of(file: Path) -> Iterator[tuple[str, str]]:
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
    """A name, one of a dictionary's values, or in a loop each of its keys."""
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
            return _of_report()
        return [_text(key) for key in _dictionary(source, tree).keys if key]
    return [_text(node)]


def _dictionary(node: ast.expr, tree: ast.Module) -> ast.Dict:
    (found,) = (
        each.value
        for each in ast.walk(tree)
        if isinstance(each, ast.Assign)
        and isinstance(each.value, ast.Dict)
        and ast.unparse(each.targets[0]) == ast.unparse(node)
    )
    return found


def _of_report() -> list[str]:
    """The report's function publishes what the pure part has computed, by the names given there."""
    source = (ROOT / "monitoring" / "report" / "build.py").read_text(encoding="utf-8")
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
    raise AssertionError(f"nobody can tell which metric this is: {ast.unparse(node)}")
