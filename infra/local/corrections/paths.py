"""Corrections of the emulated Step Functions' paths, choices and intrinsics."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, TypeAlias

from infra.local.corrections.replacing import Record, Untyped, private, replace

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    Function: TypeAlias = Callable[..., Untyped]

_INTRINSIC_FAULTS = (ValueError, LookupError, TypeError, AttributeError)


def install(service: ModuleType) -> None:
    """Apply the corrections to the emulator's module of Step Functions."""
    failure = private(service, "_ExecutionError")
    parse = private(service, "_parse_jsonpath_tokens")
    resolve = private(service, "_resolve_path_or_ctx")
    evaluate = private(service, "_eval_intrinsic_arg")
    replace(service, "_resolve_path", "path data", _strict(failure, parse))
    replace(service, "_evaluate_rule", "rule data ctx", _choosing(failure, resolve))
    replace(service, "_exec_intrinsic", "node data ctx", _intrinsic(failure, evaluate))


def _strict(failure: Function, parse: Function) -> Callable[[Function], Function]:
    """A path that finds nothing ends the execution with States.Runtime, as on AWS."""

    def wrap(original: Function) -> Function:
        def resolve(path: str, data: Untyped) -> Untyped:
            value = original(path, data)
            if value is None and not _is_present(parse(path), data):
                raise failure("States.Runtime", f"The JSONPath '{path}' could not be found.")
            return value

        return resolve

    return wrap


def _is_present(tokens: list[tuple[str, Untyped]] | None, data: Untyped) -> bool:
    """Whether the path leads to a value, be it null; one that cannot be read (None) does not."""
    if tokens is None:
        return False
    for _, step in tokens:
        try:
            data = data[step]
        except (LookupError, TypeError):
            return False
    return True


def _choosing(failure: Function, resolve: Function) -> Callable[[Function], Function]:
    """IsPresent is about presence, not null; StringMatches knows line breaks and escaped stars."""

    def is_present(variable: str, data: Untyped, ctx: Untyped) -> bool:
        try:
            resolve(variable, data, ctx)
        except failure:  # type: ignore[misc] # an exception class, but of a module without types
            return False
        return True

    def wrap(original: Function) -> Function:
        def evaluate(rule: Record, data: Untyped, ctx: Untyped = None) -> bool:
            if "IsPresent" in rule:
                return is_present(rule["Variable"], data, ctx) is rule["IsPresent"]
            if "StringMatches" in rule:
                value = resolve(rule["Variable"], data, ctx)
                return isinstance(value, str) and string_matches(rule["StringMatches"], value)
            return bool(original(rule, data, ctx))

        return evaluate

    return wrap


def string_matches(pattern: str, value: str) -> bool:
    r"""Whether the whole value matches: `*` is anything, `\*` a star, `\\` a backslash."""
    pieces = re.findall(r"\\.|.", pattern, flags=re.DOTALL)
    expression = "".join(".*" if piece == "*" else re.escape(piece[-1]) for piece in pieces)
    return re.fullmatch(expression, value, flags=re.DOTALL) is not None


def _intrinsic(failure: Function, evaluate: Function) -> Callable[[Function], Function]:
    """Format writes JSON, not Python; what fails is States.IntrinsicFailure."""

    def wrap(original: Function) -> Function:
        def execute(node: tuple[str, str, list[Untyped]], data: Untyped, ctx: Untyped) -> Untyped:
            kind, name, arguments = node
            try:
                if name == "States.Format":
                    values = [evaluate(argument, data, ctx) for argument in arguments]
                    arguments = [("str", as_text(value)) for value in values]
                return original((kind, name, arguments), data, ctx)
            except _INTRINSIC_FAULTS as error:
                raise failure("States.IntrinsicFailure", f"{name} failed: {error}") from error

        return execute

    return wrap


def as_text(value: Untyped) -> str:
    """A value as States.Format writes it: true and null, not True and None."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
