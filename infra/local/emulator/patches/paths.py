"""Patches of the emulated Step Functions: paths and intrinsic functions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeAlias

from infra.local.emulator.patches.replace import Untyped, private, replace

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    Function: TypeAlias = Callable[..., Untyped]

_INTRINSIC_ERRORS = (ValueError, LookupError, TypeError, AttributeError)


def install(service: ModuleType) -> None:
    """Patch `service`, the emulator's module of Step Functions.

    Raises:
        EmulatorChanged: a function is not as expected.
    """
    failure = private(service, "_ExecutionError")
    parse = private(service, "_parse_jsonpath_tokens")
    evaluate = private(service, "_eval_intrinsic_arg")
    replace(service, "_resolve_path", "path data", _strict(failure, parse))
    replace(service, "_exec_intrinsic", "node data ctx", _intrinsic(failure, evaluate))


def _strict(failure: Function, parse: Function) -> Callable[[Function], Function]:
    """A path without a value ends the execution with States.Runtime, as on AWS."""

    def wrap(original: Function) -> Function:
        def resolve(path: str, data: Untyped) -> Untyped:
            value = original(path, data)
            if value is None and not _is_present(parse(path), data):
                raise failure("States.Runtime", f"The JSONPath '{path}' could not be found.")
            return value

        return resolve

    return wrap


def _is_present(tokens: list[tuple[str, Untyped]] | None, data: Untyped) -> bool:
    """Whether the path leads to a value, which may be null. False for a path that is not valid."""
    if tokens is None:
        return False
    for _, step in tokens:
        try:
            data = data[step]
        except (LookupError, TypeError):
            return False
    return True


def _intrinsic(failure: Function, evaluate: Function) -> Callable[[Function], Function]:
    """States.Format writes JSON, not Python; a failure is States.IntrinsicFailure."""

    def wrap(original: Function) -> Function:
        def execute(node: tuple[str, str, list[Untyped]], data: Untyped, ctx: Untyped) -> Untyped:
            kind, name, arguments = node
            try:
                if name == "States.Format":
                    values = [evaluate(argument, data, ctx) for argument in arguments]
                    arguments = [("str", as_text(value)) for value in values]
                return original((kind, name, arguments), data, ctx)
            except _INTRINSIC_ERRORS as error:
                raise failure("States.IntrinsicFailure", f"{name} failed: {error}") from error

        return execute

    return wrap


def as_text(value: Untyped) -> str:
    """Return a value as States.Format writes it: `true` and `null`, not `True` and `None`."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
