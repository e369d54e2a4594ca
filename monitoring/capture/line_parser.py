"""One line at a time: whatever SageMaker, an older endpoint or a broken file may hold.

Like the quick way it looks at what is needed and passes over the rest, as that does: what nobody
reads may be broken or huge, and is never built in memory.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec
import numpy as np

from monitoring.capture.answers import NOTHING, Odd, Output, Shares, answered, part, text_in
from monitoring.capture.block_parser import UNREADABLE, Answer, Rows
from monitoring.capture.blocks import OverlongLine
from monitoring.capture.identifiers import identifiers
from monitoring.capture.times import parsed


class _Line(msgspec.Struct, gc=False):
    captureData: msgspec.Raw = NOTHING  # noqa: N815 # SageMaker's name
    eventMetadata: msgspec.Raw = NOTHING  # noqa: N815


class _Captured(msgspec.Struct, gc=False):
    endpointOutput: msgspec.Raw = NOTHING  # noqa: N815


class _Metadata(msgspec.Struct, gc=False):
    inferenceId: msgspec.Raw = NOTHING  # noqa: N815
    eventId: msgspec.Raw = NOTHING  # noqa: N815
    inferenceTime: msgspec.Raw = NOTHING  # noqa: N815


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
    """What one line gave, and every kind of anomaly in it."""

    row: Row | None
    odd: tuple[str, ...] = ()


def parse_line(line: bytes, *, classes_without_names: tuple[str, ...]) -> ParsedLine:
    """Never raises: what cannot be read is named."""
    try:
        record = _document(line)
        metadata = part(_metadata, record.eventMetadata, "no_metadata")
        seconds = _seconds(metadata)
    except Odd as odd:
        return ParsedLine(row=None, odd=(str(odd),))
    problems = []
    identity = _identity(metadata.inferenceId)
    if not identity:
        problems.append("no_inference_id")
        identity = _identity(metadata.eventId)
    if not identity:
        problems.append("no_id")
        identity = hashlib.sha256(line).hexdigest()
    answer: Answer | None = None
    shares: Shares = ()
    try:
        answer, shares = answered(_output_in(record), classes_without_names)
    except Odd as odd:
        problems.append(str(odd))
    row = Row(identity=identity, seconds=seconds, answer=answer, shares=shares)
    return ParsedLine(row=row, odd=tuple(problems))


def together(rows: Iterable[Row]) -> Iterator[Rows]:
    """Rows of each kind of answer, in the order in which the kinds come first."""
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
        raise Odd("too_long")
    try:
        return _line(line)
    except UNREADABLE:
        raise Odd("not_json") from None


def _output_in(record: _Line) -> Output:
    # The photo that was asked about may stand beside the answer: this part may be long.
    captured = part(_captured, record.captureData, "no_output", longest=len(record.captureData))
    return part(_output, captured.endpointOutput, "no_output")


def _seconds(metadata: _Metadata) -> float:
    text = part(text_in, metadata.inferenceTime, "no_time")
    try:
        return parsed(text)
    except (ValueError, OverflowError):
        raise Odd("no_time") from None


def _identity(raw: msgspec.Raw) -> str:
    try:
        return part(text_in, raw, "no_id")
    except Odd:
        return ""
