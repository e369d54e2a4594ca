"""Forms of Amazon States Language that moto's interpreter reads otherwise than AWS, with proof.

What AWS answers is from its documentation of JSONPath, of intrinsic functions and of Choice rules.
"""

from dataclasses import dataclass, field
from typing import Any

from tests.infra.template import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Misreading:
    """A machine and its input, and the outputs of AWS and of moto: JSON, or a status."""

    form: str  # as `unportable_forms` names it
    machine: Json
    given: Json = field(default_factory=dict)
    aws: Any
    moto: Any


FAILED = "FAILED"
UNREADABLE = "UNREADABLE"  # the execution cannot be described any more


def evaluating(expression: str) -> Json:
    """Return a machine whose output is an expression's value, in field `v`."""
    state = {"Type": "Pass", "Parameters": {"v.$": expression}, "End": True}
    return {"StartAt": "Pass", "States": {"Pass": state}}


def choosing(**rule: object) -> Json:
    """Return a machine whose output is whether a Choice rule matches."""
    states: Json = {
        "Choice": {"Type": "Choice", "Choices": [{**rule, "Next": "Yes"}], "Default": "No"},
        "Yes": {"Type": "Pass", "Result": True, "End": True},
        "No": {"Type": "Pass", "Result": False, "End": True},
    }
    return {"StartAt": "Choice", "States": states}


def _value(form: str, expression: str, given: Json, *, aws: Any, moto: Any) -> Misreading:
    return Misreading(form=form, machine=evaluating(expression), given=given, aws=aws, moto=moto)


_NESTED = {"a": {"b": {"c": 1}}}
_WITH_OFFSET, _WITH_FRACTION = "2026-11-30T11:00:00+01:00", "2026-11-30T10:00:00.5Z"
_TEN = "2026-11-30T10:00:00Z"

MISREADINGS = (
    _value(
        "index, slice or filter",
        "$.l[0].id",
        {"l": [{"id": "x"}]},
        aws={"v": "x"},
        moto={"v": ["x"]},
    ),
    _value("index, slice or filter", "$.l[-1]", {"l": [1, 2]}, aws={"v": 2}, moto={"v": [2]}),
    _value("wildcard or descent", "$.a.*", {"a": {"b": 1}}, aws={"v": [1]}, moto={"v": 1}),
    _value(
        "bracket in a function",
        "States.Format('{}', $.a['b']['c'])",
        _NESTED,
        aws={"v": "1"},
        moto={"v": "{c=1}"},
    ),
    _value(
        "bracket in a function",
        "States.Format('{}', $['a']['b'].c)",
        _NESTED,
        aws={"v": "1"},
        moto={"v": "{b={c=1}}"},
    ),
    _value(
        "escape",
        "States.Format('It\\'s \\{{}\\}', $.x)",
        {"x": "v"},
        aws={"v": "It's {v}"},
        moto={"v": "It\\\\"},
    ),
    _value(
        "States.ArrayContains",
        "States.ArrayContains($.l, $.v)",
        {"l": [1, 2], "v": True},
        aws={"v": False},
        moto={"v": True},
    ),
    _value(
        "States.ArrayUnique",
        "States.ArrayUnique($.l)",
        {"l": [1, True]},
        aws={"v": [1, True]},
        moto={"v": [1]},
    ),
    _value(
        "States.Base64Encode",
        "States.Base64Encode($.t)",
        {"t": "é"},
        aws={"v": "w6k="},
        moto=FAILED,
    ),
    Misreading(
        form="comparison of times",
        machine=choosing(Variable="$.at", TimestampEquals=_TEN),
        given={"at": _WITH_OFFSET},
        aws=True,
        moto=False,
    ),
    Misreading(
        form="comparison of times",
        machine=choosing(Variable="$.at", TimestampGreaterThan=_TEN),
        given={"at": _WITH_FRACTION},
        aws=True,
        moto=False,
    ),
    Misreading(
        form="comparison of times",
        machine=choosing(Variable="$.at", IsTimestamp=True),
        given={"at": _WITH_FRACTION},
        aws=True,
        moto=False,
    ),
    Misreading(
        form="IsNull",
        machine=choosing(Variable="$.absent", IsNull=True),
        aws=FAILED,
        moto=False,
    ),
    Misreading(
        form="pattern",
        machine=choosing(Variable="$.x", StringMatches="a\\*"),
        given={"x": "a*"},
        aws=True,
        moto=False,
    ),
    Misreading(
        form="pattern",
        machine=choosing(Variable="$.x", StringMatches="a?"),
        given={"x": "ab"},
        aws=False,
        moto=True,
    ),
    Misreading(
        form="pattern",
        machine=choosing(Variable="$.x", StringMatches="a[b]"),
        given={"x": "a[b]"},
        aws=True,
        moto=False,
    ),
    Misreading(
        form="start time in a Pass",
        machine=evaluating("$$.Execution.StartTime"),
        aws="a time",
        moto=UNREADABLE,
    ),
)
