"""Patches of the emulated Choice state: presence, patterns, comparisons that it does not implement.

The emulator takes a comparison that it does not implement as false, without an error: the machine
would take another branch than on AWS.
"""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING, TypeAlias

from infra.local.emulator.patches.replace import Record, Untyped, private, replace

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    Function: TypeAlias = Callable[..., Untyped]

_WITH_PATH = {
    "StringLessThanPath": operator.lt,
    "StringGreaterThanPath": operator.gt,
    "StringLessThanEqualsPath": operator.le,
    "StringGreaterThanEqualsPath": operator.ge,
}
_OPERATORS = ("Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals")
_UNKNOWN = frozenset(f"Timestamp{name}Path" for name in _OPERATORS)


def install(service: ModuleType) -> None:
    """Patch `service`, the emulator's module of Step Functions.

    Raises:
        EmulatorChanged: a function is not as expected.
    """
    failure = private(service, "_ExecutionError")
    resolve = private(service, "_resolve_path_or_ctx")
    replace(service, "_evaluate_rule", "rule data ctx", _evaluate(failure, resolve))


def _evaluate(failure: Function, resolve: Function) -> Callable[[Function], Function]:
    is_present = _presence(failure, resolve)

    def wrap(original: Function) -> Function:
        def evaluate(rule: Record, data: Untyped, ctx: Untyped = None) -> bool:
            if unknown := _UNKNOWN & rule.keys():
                raise failure("States.Runtime", f"The emulator does not implement {min(unknown)}.")
            if "IsPresent" in rule:
                return is_present(rule["Variable"], data, ctx) is rule["IsPresent"]
            if "StringMatches" in rule:
                value = resolve(rule["Variable"], data, ctx)
                return isinstance(value, str) and string_matches(rule["StringMatches"], value)
            for name in _WITH_PATH.keys() & rule.keys():
                sides = (resolve(rule[side], data, ctx) for side in ("Variable", name))
                return _compare_texts(name, *sides)
            return bool(original(rule, data, ctx))

        return evaluate

    return wrap


def _presence(failure: Function, resolve: Function) -> Function:
    """IsPresent tests presence; the emulator tests for null. `resolve` is strict (see `paths`)."""

    def is_present(variable: str, data: Untyped, ctx: Untyped) -> bool:
        try:
            resolve(variable, data, ctx)
        except failure:  # type: ignore[misc] # an exception class, but of a module without types
            return False
        return True

    return is_present


def _compare_texts(name: str, left: Untyped, right: Untyped) -> bool:
    return isinstance(left, str) and isinstance(right, str) and _WITH_PATH[name](left, right)


def string_matches(pattern: str, value: str) -> bool:
    r"""Whether the whole value matches: `*` is any text, `\*` a star, `\\` a backslash."""
    pieces = re.findall(r"\\.|.", pattern, flags=re.DOTALL)
    expression = "".join(".*" if piece == "*" else re.escape(piece[-1]) for piece in pieces)
    return re.fullmatch(expression, value, flags=re.DOTALL) is not None
