"""Data-flow analysis of a state machine: find paths that may be absent when a state reads them.

A missing path fails with States.Runtime on AWS, which no Catch can catch, and reads as null in the
emulator. The analysis covers every route through the definition, state by state.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from tests.infra.template import Json

Path = tuple[str, ...]
Paths = frozenset[Path]

# Paths in every S3 event. Only versioned buckets send `version-id`.
S3_EVENT: Paths = frozenset(
    {
        ("time",),
        ("detail", "bucket", "name"),
        ("detail", "object", "key"),
        ("detail", "object", "size"),
        ("detail", "object", "etag"),
    }
)
_ERROR_OUTPUT: Paths = frozenset({("Error",), ("Cause",)})

_PATH = re.compile(r"(?<![$\w'])\$((?:\.\w+|\['[^']+'\])+)")
_STEP = re.compile(r"\.(\w+)|\['([^']+)'\]")
_LITERAL_DOCUMENT = re.compile(r"States\.StringToJson\('(\{.*?\})'\)")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class UnguardedRead:
    """A state that reads a path which may be absent."""

    state: str
    path: str


def unguarded_reads(definition: Json, given: Paths = S3_EVENT) -> list[UnguardedRead]:
    """Return every read of a path that some route through the definition does not provide.

    `given` are the paths of the execution's input.
    """
    states: Json = definition["States"]
    known: dict[str, Paths] = {definition["StartAt"]: given}
    worklist = [definition["StartAt"]]
    while worklist:
        name = worklist.pop()
        for successor, paths in _transitions(states[name], known[name]):
            merged = paths if successor not in known else known[successor] & paths
            if known.get(successor) != merged:
                known[successor] = merged
                worklist.append(successor)
    assert known.keys() == states.keys(), f"never reached: {states.keys() - known.keys()}"
    reads = {
        UnguardedRead(state=name, path="$." + ".".join(path))
        for name, state in states.items()
        for path in _unguarded(state, known[name])
    }
    return sorted(reads)


def _unguarded(state: Json, known: Paths) -> Iterator[Path]:
    if state["Type"] == "Choice":
        for choice in state["Choices"]:
            yield from _unguarded_in_rule(choice, known)
            known |= _present_if(choice, holds=False)
        return
    reads = [
        state.get("Parameters", {}),
        *(state.get(key, "") for key in ("ErrorPath", "CausePath")),
    ]
    for path in (path for part in reads for path in _reads(part)):
        if not _is_known(path, known):
            yield path


def _unguarded_in_rule(rule: Json, known: Paths) -> Iterator[Path]:
    """Yield unguarded reads of a choice rule; in an And, the rules before it are guards."""
    for inner in [*rule.get("And", ()), *rule.get("Or", ()), *_listed(rule.get("Not"))]:
        yield from _unguarded_in_rule(inner, known)
        if "And" in rule:
            known |= _present_if(inner, holds=True)
    if "Variable" not in rule or "IsPresent" in rule:
        return
    compared = [value for key, value in rule.items() if key.endswith("Path")]
    for path in _paths_in(" ".join([rule["Variable"], *compared])):
        if not _is_known(path, known):
            yield path


def _transitions(state: Json, known: Paths) -> Iterator[tuple[str, Paths]]:
    if state["Type"] == "Choice":
        for choice in state["Choices"]:
            yield choice["Next"], known | _present_if(choice, holds=True)
            known |= _present_if(choice, holds=False)
        yield state["Default"], known
        return
    for catch in state.get("Catch", ()):
        yield catch["Next"], known | _below(catch["ResultPath"], _ERROR_OUTPUT)
    if "Next" in state:
        yield state["Next"], _after(state, known)


def _after(state: Json, known: Paths) -> Paths:
    result_path = state.get("ResultPath", "$")
    if result_path is None:
        return known
    if state["Type"] == "Pass":
        output = frozenset(_written(state.get("Result") or state["Parameters"]))
    else:  # without a selector no path is certain: AWS leaves out a missing `Item`
        output = frozenset(_written(state.get("ResultSelector", {})))
    return output if result_path == "$" else known | _below(result_path, output)


def _present_if(rule: Json, *, holds: bool) -> Paths:
    """Return the paths that are certainly present if the rule holds, or if it does not."""
    if "And" in rule:
        inner = [_present_if(part, holds=True) for part in rule["And"]] if holds else []
        return frozenset[Path]().union(*inner)
    if rule.get("IsPresent") is holds:
        return frozenset(_paths_in(rule["Variable"]))
    return frozenset()


def _written(document: Mapping[str, object], above: Path = ()) -> Iterator[Path]:
    """Yield the paths that a document of Parameters or ResultSelector creates."""
    for key, value in document.items():
        here = (*above, key.removesuffix(".$"))
        yield here
        if isinstance(value, Mapping):
            yield from _written(value, here)
        elif key.endswith(".$") and isinstance(value, str):
            for literal in _LITERAL_DOCUMENT.findall(value):
                yield from _written(json.loads(literal), here)


def _reads(document: object) -> Iterator[Path]:
    if isinstance(document, str):
        yield from _paths_in(document)
    elif isinstance(document, list):
        for item in document:
            yield from _reads(item)
    elif isinstance(document, Mapping):
        for key, value in document.items():
            if key.endswith(".$") or not isinstance(value, str):
                yield from _reads(value)


def _paths_in(expression: str) -> Iterator[Path]:
    """Yield the paths in an expression, such as `$.a['b']`.

    Paths of the context object, `$$.`, are skipped: it is always complete.
    """
    for match in _PATH.finditer(expression):
        yield tuple(dotted or quoted for dotted, quoted in _STEP.findall(match[1]))


def _below(result_path: str, paths: Paths) -> Paths:
    (above,) = _paths_in(result_path)
    return frozenset({above, *((*above, *path) for path in paths)})


def _is_known(path: Path, known: Paths) -> bool:
    """Return whether a path is known, a prefix of a known one, or inside a row that is present.

    The states before have written all attributes of a present row.
    """
    if any(other[: len(path)] == path for other in known):
        return True
    return any("Item" in other and path[: len(other)] == other for other in known)


def _listed(rule: Json | None) -> Iterable[Json]:
    return [rule] if rule else []
