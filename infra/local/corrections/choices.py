"""Corrections of the emulated Choice state: comparisons that it does not know.

An unknown comparison counts as false there, silently: the machine takes another way than on AWS.
"""

from __future__ import annotations

import operator
import re
from importlib import import_module
from typing import TYPE_CHECKING, TypeAlias

from infra.local.corrections.replacing import Record, Untyped, private, replace

if TYPE_CHECKING:
    from collections.abc import Callable

    Function: TypeAlias = Callable[..., Untyped]

_WITH_PATH = {
    "StringLessThanPath": operator.lt,
    "StringGreaterThanPath": operator.gt,
    "StringLessThanEqualsPath": operator.le,
    "StringGreaterThanEqualsPath": operator.ge,
}


def install() -> None:
    """Apply the corrections."""
    service = import_module("ministack.services.stepfunctions")
    resolve = private(service, "_resolve_path_or_ctx")
    replace(service, "_evaluate_rule", "rule data ctx", _compared(resolve))


def _compared(resolve: Function) -> Callable[[Function], Function]:
    def wrap(original: Function) -> Function:
        def evaluate(rule: Record, data: Untyped, ctx: Untyped = None) -> bool:
            for name, compare in _WITH_PATH.items():
                if name in rule:
                    left = resolve(rule["Variable"], data, ctx)
                    right = resolve(rule[name], data, ctx)
                    return isinstance(left, str) and isinstance(right, str) and compare(left, right)
            if "StringMatches" in rule:
                value = resolve(rule["Variable"], data, ctx)
                return isinstance(value, str) and _matches(rule["StringMatches"], value)
            return bool(original(rule, data, ctx))

        return evaluate

    return wrap


def _matches(pattern: str, value: str) -> bool:
    """`*` stands for any characters, line breaks among them; `\\*` for itself."""
    parts = [re.escape(part.replace("\\*", "*")) for part in re.split(r"(?<!\\)\*", pattern)]
    return re.fullmatch(".*".join(parts), value, re.DOTALL) is not None
