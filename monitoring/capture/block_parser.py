"""Lines to rows. The usual shape goes column by column, everything else line by line.

Looking at each record with care takes many times what parsing it takes. So a block of lines is
first read as if all were alike, into records that name only what is needed: an image in the
input is passed over, neither decoded nor kept. Lines among which there is a surprise go the
careful way, which must find the same in lines that are alike (a test).
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
from monitoring.capture.times import Times

Answer = tuple[str, tuple[str, ...]]
"""Model version and class names: what two records must share to stand in one table."""

MOST_CLASSES = 50
LONGEST_PART = 1 << 20
"""Bytes of a line's metadata, and of its answer: what is longer is none of a classifier's."""


class _Output(msgspec.Struct, gc=False):  # nothing here makes cycles
    data: str
    encoding: str


class _Captured(msgspec.Struct, gc=False):
    endpointOutput: _Output  # noqa: N815 # SageMaker's name


class _Metadata(msgspec.Struct, gc=False):
    inferenceId: str  # noqa: N815
    inferenceTime: str  # noqa: N815


class _Record(msgspec.Struct, gc=False):
    captureData: _Captured  # noqa: N815
    eventMetadata: _Metadata  # noqa: N815


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
    """The batch is not all of the usual shape."""


# Of text that nests too deep; of what is not UTF-8 or base64; of all else.
UNREADABLE = (RecursionError, ValueError, msgspec.MsgspecError)
FAST_PATH_ERRORS = (NotABlock, *UNREADABLE, LookupError, TypeError, OverflowError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Records of one batch with one kind of answer; no answer has no probabilities."""

    ids: Identifiers
    seconds: npt.NDArray[np.float64]  # since 1970, UTC
    answer: Answer | None
    probabilities: npt.NDArray[np.float64]  # classes, rows


def _as_it_is(text: str) -> str:
    return text


def _from_base64(text: str) -> str:
    return base64.b64decode(text, validate=True).decode()


DECODERS: dict[str, Callable[[str], str]] = {"JSON": _as_it_is, "BASE64": _from_base64}


def parse_block(block: bytes, times: Times, *, longest: int) -> list[Rows]:
    """Rows of each kind of answer. Raises: any of SURPRISES, where a line is not as usual."""
    if len(block) > min(longest, LONGEST_PART):
        raise NotABlock  # one line, which could be large anywhere
    records = _records(block)
    if _breaks_between_records(block) != len(records) - 1:
        raise NotABlock  # the decoder does not mind where lines end
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
        _told_apart(every, kind, places, tables)
        for kind, places in _places_of(answers, tables).items()
    ]


def _answers_in(data: list[str], decoder: Callable[[str], str]) -> list[_Answer]:
    if decoder is not _as_it_is:
        data = list(map(decoder, data))
    if {*map(_last, data)} != {"}"}:
        data = list(map(str.strip, data))  # many a server ends its answer with a line break
    if {*map(_first, data)} != {"{"} or {*map(_last, data)} != {"}"}:
        raise NotABlock  # the decoder does not mind where answers end, either
    return _answers("\n".join(data))


def _places_of(
    answers: Sequence[_Answer], tables: Sequence[dict[str, float]]
) -> dict[Answer, list[int] | slice]:
    """In the order in which they come first: which of two duplicates counts may hang on it."""
    versions, classes = set(map(_version, answers)), set(map(tuple, tables))
    if len(versions) == len(classes) == 1:
        return {(versions.pop(), classes.pop()): slice(None)}
    places: dict[Answer, list[int]] = {}
    for place, kind in enumerate(zip(map(_version, answers), map(tuple, tables), strict=True)):
        places.setdefault(kind, []).append(place)
    return {**places}


def _told_apart(
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
    """How many, if all are: then no record goes on in the next line. Else -1."""
    signs = np.frombuffer(block, dtype=np.uint8)
    breaks = np.flatnonzero(signs[1:-1] == ord("\n")) + 1
    tight = (signs[breaks - 1] == ord("}")) & (signs[breaks + 1] == ord("{"))
    return len(breaks) if tight.all() else -1


def are_distributions(matrix: npt.NDArray[np.float64]) -> bool:
    """Whether each column is from 0 to 1, and 1 in all."""
    off = np.abs(matrix.sum(axis=0) - 1)
    return bool(matrix.min() >= 0 and matrix.max() <= 1 and off.max() <= SUM_TOLERANCE)
