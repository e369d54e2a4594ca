"""One line at a time: whatever SageMaker, an older endpoint or a broken file may hold."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import msgspec
import numpy as np

from monitoring.capture.identifiers import identifiers
from monitoring.capture.lines import OverlongLine
from monitoring.capture.records import DECODERS, MOST_CLASSES, Answer, Rows, are_distributions
from monitoring.capture.times import Times

Json = Any  # whatever stands in the file; every use is checked


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one line gave: rows (none or one), and every kind of oddity in it."""

    rows: Rows | None
    odd: tuple[str, ...] = ()


class Odd(Exception):
    """Part of a record is not as it should be; the text is the kind."""


def read_line(line: bytes, times: Times, *, classes_without_names: tuple[str, ...]) -> Reading:
    """Never raises: what cannot be read is named."""
    try:
        record = _document(line)
        metadata = _mapping(record.get("eventMetadata"), "no_metadata")
        seconds = _seconds(metadata, times)
    except Odd as odd:
        return Reading(rows=None, odd=(str(odd),))
    problems = []
    identity = metadata.get("inferenceId")
    if not isinstance(identity, str) or not identity:
        problems.append("no_inference_id")
        identity = metadata.get("eventId")
    if not isinstance(identity, str) or not identity:
        problems.append("no_id")
        identity = hashlib.sha256(line).hexdigest()
    answer, values = None, np.empty(0)
    try:
        answer, values = _answer(record, classes_without_names)
    except Odd as odd:
        problems.append(str(odd))
    rows = Rows(
        ids=identifiers([identity]),
        seconds=np.array([seconds]),
        answer=answer,
        probabilities=values.reshape(-1, 1),
    )
    return Reading(rows=rows, odd=tuple(problems))


def _document(line: bytes) -> Mapping[str, Json]:
    if isinstance(line, OverlongLine):
        raise Odd("too_long")
    try:
        document = msgspec.json.decode(line)
    except (msgspec.MsgspecError, ValueError):  # of UTF-8, too
        raise Odd("not_json") from None
    return _mapping(document, "not_json")


def _mapping(value: Json, kind: str) -> Mapping[str, Json]:
    if not isinstance(value, dict):
        raise Odd(kind)
    return cast("Mapping[str, Json]", value)


def _seconds(metadata: Mapping[str, Json], times: Times) -> float:
    try:
        return float(times.seconds([metadata["inferenceTime"]])[0])
    except (KeyError, TypeError, ValueError, OverflowError):
        raise Odd("no_time") from None


def _answer(
    record: Mapping[str, Json], nameless: tuple[str, ...]
) -> tuple[Answer, "np.ndarray[tuple[Any, ...], np.dtype[np.float64]]"]:
    output = _mapping(record.get("captureData"), "no_output").get("endpointOutput")
    answer = _decoded(_mapping(output, "no_output"))
    version: Json = ""
    table = answer
    if isinstance(answer, dict):
        version, table = answer.get("model_version", ""), answer.get("probabilities")
    if isinstance(table, list):
        if len(table) != len(nameless):
            raise Odd("no_class_names")
        table = dict(zip(nameless, table, strict=True))
    if not isinstance(version, str) or not isinstance(table, dict) or not table:
        raise Odd("unreadable_output")
    if len(table) > MOST_CLASSES or not {type(p) for p in table.values()} <= {float, int}:
        raise Odd("not_a_distribution")
    if not all(0 <= p <= 1 for p in table.values()):
        raise Odd("not_a_distribution")
    values = np.array(list(table.values()), dtype=np.float64)
    if not are_distributions(values.reshape(-1, 1)):
        raise Odd("not_a_distribution")
    return (version, tuple(table)), values


def _decoded(output: Mapping[str, Json]) -> Json:
    data, encoding = output.get("data"), output.get("encoding")
    if not isinstance(data, str):
        raise Odd("no_output")
    try:
        if encoding == "CSV":
            return [float(cell) for cell in data.strip().split(",")]
        return msgspec.json.decode(DECODERS[str(encoding)](data))
    except KeyError:
        raise Odd("unknown_encoding") from None
    except (msgspec.MsgspecError, ValueError):  # of base64, too
        raise Odd("unreadable_output") from None
