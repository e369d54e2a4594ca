"""Parses one line at a time, in every form that SageMaker or an older endpoint writes.

Like the block parser it decodes only what is needed. The rest of a line may be broken or huge, and
is never built in memory.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec
import numpy as np

from monitoring.capture.answers import (
    NOTHING,
    AnomalyError,
    Output,
    Shares,
    decode_part,
    decode_text,
    read_answer,
)
from monitoring.capture.block_parser import UNREADABLE, Answer, Rows
from monitoring.capture.blocks import OverlongLine
from monitoring.capture.identifiers import identifiers
from monitoring.capture.times import parse_time


class _Line(msgspec.Struct, gc=False):
    captureData: msgspec.Raw = NOTHING  # noqa: N815 # SageMaker's name
    eventMetadata: msgspec.Raw = NOTHING  # noqa: N815 # SageMaker's name


class _Captured(msgspec.Struct, gc=False):
    endpointOutput: msgspec.Raw = NOTHING  # noqa: N815 # SageMaker's name


class _Metadata(msgspec.Struct, gc=False):
    inferenceId: msgspec.Raw = NOTHING  # noqa: N815 # SageMaker's name
    eventId: msgspec.Raw = NOTHING  # noqa: N815 # SageMaker's name
    inferenceTime: msgspec.Raw = NOTHING  # noqa: N815 # SageMaker's name


_line = msgspec.json.Decoder(_Line).decode
_captured = msgspec.json.Decoder(_Captured).decode
_output = msgspec.json.Decoder(Output).decode
_metadata = msgspec.json.Decoder(_Metadata).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One record."""

    identity: str
    seconds: float  # since 1970, UTC
    answer: Answer | None
    shares: Shares


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedLine:
    """The record of a line, if it can be used, and the kinds of anomalies in the line."""

    row: Row | None
    anomalies: tuple[str, ...] = ()


def parse_line(line: bytes, *, classes_without_names: tuple[str, ...]) -> ParsedLine:
    """Parse a line without its line break; never raises: anomalies are part of the result.

    `classes_without_names`: names of a bare list of shares, in its order.
    """
    try:
        record = _document(line)
        metadata = decode_part(_metadata, record.eventMetadata, "no_metadata")
        seconds = _seconds(metadata)
    except AnomalyError as error:
        return ParsedLine(row=None, anomalies=(str(error),))
    anomalies = []
    identity = _identity(metadata.inferenceId)
    if not identity:
        anomalies.append("no_inference_id")
        identity = _identity(metadata.eventId)
    if not identity:
        anomalies.append("no_id")
        identity = hashlib.sha256(line).hexdigest()
    answer: Answer | None = None
    shares: Shares = ()
    try:
        answer, shares = read_answer(_output_in(record), classes_without_names)
    except AnomalyError as error:
        anomalies.append(str(error))
    row = Row(identity=identity, seconds=seconds, answer=answer, shares=shares)
    return ParsedLine(row=row, anomalies=tuple(anomalies))


def batches_of(rows: Iterable[Row]) -> Iterator[Rows]:
    """Yield the rows of each kind of answer, in the order of first occurrence."""
    alike: dict[Answer | None, list[Row]] = {}
    for row in rows:
        alike.setdefault(row.answer, []).append(row)
    for answer, same in alike.items():
        matrix = np.array([row.shares for row in same], dtype=np.float64)
        yield Rows(
            ids=identifiers([row.identity for row in same]),
            seconds=np.array([row.seconds for row in same]),
            answer=answer,
            probabilities=np.ascontiguousarray(matrix.T),
        )


def _document(line: bytes) -> _Line:
    if isinstance(line, OverlongLine):
        raise AnomalyError("too_long")
    try:
        return _line(line)
    except UNREADABLE:
        raise AnomalyError("not_json") from None


def _output_in(record: _Line) -> Output:
    # The photo of the request may be in the same object, so this part may be long.
    captured = decode_part(
        _captured, record.captureData, "no_output", longest=len(record.captureData)
    )
    return decode_part(_output, captured.endpointOutput, "no_output")


def _seconds(metadata: _Metadata) -> float:
    text = decode_part(decode_text, metadata.inferenceTime, "no_time")
    try:
        return parse_time(text)
    except (ValueError, OverflowError):
        raise AnomalyError("no_time") from None


def _identity(raw: msgspec.Raw) -> str:
    try:
        return decode_part(decode_text, raw, "no_id")
    except AnomalyError:
        return ""
