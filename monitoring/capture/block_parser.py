"""Parses a block of lines of the usual form at once, column by column; other lines go one by one.

Checking each record alone takes many times what parsing takes. A block is therefore read as if all
of its lines had the same form, into records that name only what is needed: an image in the input is
skipped, neither decoded nor kept. A block with any other line goes to `line_parser`, which gives
the same result for lines of the usual form (a test compares them).
"""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter, itemgetter

import msgspec
import numpy as np
import numpy.typing as npt

from handlers.domain.decision.prediction import SUM_TOLERANCE
from monitoring.capture.identifiers import Identifiers, identifiers
from monitoring.capture.times import TimeParser

Answer = tuple[str, tuple[str, ...]]
"""Model version and class names: two records with the same are counted in one table."""

MOST_CLASSES = 50
LONGEST_PART = 1 << 20
"""Bytes of a line's metadata, and of its answer: a classifier's are never longer."""


class _Output(msgspec.Struct, gc=False):  # nothing here makes cycles
    data: str
    encoding: str


class _Captured(msgspec.Struct, gc=False):
    endpointOutput: _Output  # noqa: N815 # SageMaker's name


class _Metadata(msgspec.Struct, gc=False):
    inferenceId: str  # noqa: N815 # SageMaker's name
    inferenceTime: str  # noqa: N815 # SageMaker's name


class _Record(msgspec.Struct, gc=False):
    captureData: _Captured  # noqa: N815 # SageMaker's name
    eventMetadata: _Metadata  # noqa: N815 # SageMaker's name


class _Answer(msgspec.Struct, gc=False):
    probabilities: dict[str, float]
    model_version: str


_records = msgspec.json.Decoder(_Record).decode_lines
_answers = msgspec.json.Decoder(_Answer).decode_lines
_first, _last = itemgetter(0), itemgetter(-1)
_data = attrgetter("captureData.endpointOutput.data")
_encoding = attrgetter("captureData.endpointOutput.encoding")
_id, _time = attrgetter("eventMetadata.inferenceId"), attrgetter("eventMetadata.inferenceTime")
_probabilities, _version = attrgetter("probabilities"), attrgetter("model_version")


class NotABlock(Exception):
    """Not all lines of a block have the usual form."""


# Raised for text that nests too deep, for bytes that are not UTF-8 or base64, and for all else.
UNREADABLE = (RecursionError, ValueError, msgspec.MsgspecError)
FAST_PATH_ERRORS = (NotABlock, *UNREADABLE, LookupError, TypeError, OverflowError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Records of one batch with one kind of answer; without an answer there are 0 classes."""

    ids: Identifiers
    seconds: npt.NDArray[np.float64]  # since 1970, UTC
    answer: Answer | None
    probabilities: npt.NDArray[np.float64]  # classes, rows


def _as_it_is(text: str) -> str:
    return text


def _from_base64(text: str) -> str:
    return base64.b64decode(text, validate=True).decode()


DECODERS: dict[str, Callable[[str], str]] = {"JSON": _as_it_is, "BASE64": _from_base64}


def parse_block(block: bytes, times: TimeParser, *, longest: int) -> list[Rows]:
    """Parse whole lines into rows of each kind of answer; `longest`: of a line, in bytes.

    Raises: any of FAST_PATH_ERRORS, where a line does not have the usual form.
    """
    if len(block) > min(longest, LONGEST_PART):
        raise NotABlock  # one line, any part of which may be large
    records = _records(block)
    if _breaks_between_records(block) != len(records) - 1:
        raise NotABlock  # the decoder accepts records that span lines
    (encoding,) = set(map(_encoding, records))
    answers = _answers_in(list(map(_data, records)), DECODERS[encoding])
    tables = list(map(_probabilities, answers))
    ids = list(map(_id, records))
    if len(answers) != len(records) or not all(ids):
        raise NotABlock
    every = Rows(
        ids=identifiers(ids),
        seconds=times.seconds(list(map(_time, records))),
        answer=None,
        probabilities=np.empty((0, len(ids))),
    )
    return [
        _rows_of_kind(every, kind, places, tables)
        for kind, places in _places_of(answers, tables).items()
    ]


def _answers_in(data: list[str], decoder: Callable[[str], str]) -> list[_Answer]:
    if decoder is not _as_it_is:
        data = list(map(decoder, data))
    if {*map(_last, data)} != {"}"}:
        data = list(map(str.strip, data))  # many servers end an answer with a line break
    if {*map(_first, data)} != {"{"} or {*map(_last, data)} != {"}"}:
        raise NotABlock  # the decoder accepts answers that span elements, too
    return _answers("\n".join(data))


def _places_of(
    answers: Sequence[_Answer], tables: Sequence[dict[str, float]]
) -> dict[Answer, list[int] | slice]:
    """Return the places of each kind, in the order of first occurrence.

    The order decides which of two duplicates counts.
    """
    versions, classes = set(map(_version, answers)), set(map(tuple, tables))
    if len(versions) == len(classes) == 1:
        return {(versions.pop(), classes.pop()): slice(None)}
    places: dict[Answer, list[int]] = {}
    for place, kind in enumerate(zip(map(_version, answers), map(tuple, tables), strict=True)):
        places.setdefault(kind, []).append(place)
    return {**places}


def _rows_of_kind(
    every: Rows, kind: Answer, places: list[int] | slice, tables: list[dict[str, float]]
) -> Rows:
    version, classes = kind
    if not version or not 0 < len(classes) <= MOST_CLASSES:
        raise NotABlock
    chosen = tables[places] if isinstance(places, slice) else [tables[place] for place in places]
    cells = chain.from_iterable(map(dict.values, chosen))
    flat = np.fromiter(cells, np.float64, len(chosen) * len(classes))
    matrix = np.ascontiguousarray(flat.reshape(len(chosen), -1).T)
    if not are_distributions(matrix):
        raise NotABlock
    return Rows(
        ids=every.ids[places],
        seconds=every.seconds[places],
        answer=kind,
        probabilities=matrix,
    )


def _breaks_between_records(block: bytes) -> int:
    """Return the number of line breaks if each is between two records; else -1."""
    characters = np.frombuffer(block, dtype=np.uint8)
    breaks = np.flatnonzero(characters[1:-1] == ord("\n")) + 1
    tight = (characters[breaks - 1] == ord("}")) & (characters[breaks + 1] == ord("{"))
    return len(breaks) if tight.all() else -1


def are_distributions(matrix: npt.NDArray[np.float64]) -> bool:
    """Return whether each column holds values from 0 to 1 that sum up to 1."""
    off = np.abs(matrix.sum(axis=0) - 1)
    return bool(matrix.min() >= 0 and matrix.max() <= 1 and off.max() <= SUM_TOLERANCE)
