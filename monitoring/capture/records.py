"""Lines to rows. The usual shape goes column by column, everything else line by line.

Looking at each record with care takes three times what parsing it takes. So a block of lines is
first read as if all were alike, into records that name only what is needed: an image in the
input is passed over, neither decoded nor kept. Any surprise sends the whole block the careful
way, which must find the same in lines that are alike (a test).
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter, itemgetter

import msgspec
import numpy as np
import numpy.typing as npt

from handlers.domain.records import SUM_TOLERANCE
from monitoring.capture.identifiers import Identifiers, identifiers
from monitoring.capture.times import Times

Answer = tuple[str, tuple[str, ...]]
"""Model version and class names: what two records must share to stand in one table."""

MOST_CLASSES = 50


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


class Unusual(Exception):
    """The batch is not all of the usual shape."""


SURPRISES = (Unusual, msgspec.MsgspecError, LookupError, TypeError, ValueError, OverflowError)


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


def usual(block: bytes, times: Times, *, longest: int) -> Rows:
    """Raises: any of SURPRISES, where a line is not of the usual shape."""
    records = _records(block)
    if len(block) > longest or _breaks_between_records(block) != len(records) - 1:
        raise Unusual  # the decoder does not mind where lines end
    (encoding,) = set(map(_encoding, records))
    data = list(map(_data, records))
    if encoding != "JSON":
        data = list(map(DECODERS[encoding], data))
    if {*map(_first, data)} != {"{"} or {*map(_last, data)} != {"}"}:  # the same of answers
        raise Unusual
    answers = _answers("\n".join(data))
    tables = list(map(_probabilities, answers))
    (version,) = set(map(_version, answers))
    (classes,) = set(map(tuple, tables))
    ids = list(map(_id, records))
    if len(answers) != len(records) or not all(ids):
        raise Unusual
    if not version or not 0 < len(classes) <= MOST_CLASSES:
        raise Unusual
    cells = chain.from_iterable(map(dict.values, tables))
    flat = np.fromiter(cells, np.float64, len(tables) * len(classes))
    matrix = np.ascontiguousarray(flat.reshape(len(tables), -1).T)
    if not are_distributions(matrix):
        raise Unusual
    return Rows(
        ids=identifiers(ids),
        seconds=times.seconds(list(map(_time, records))),
        answer=(version, classes),
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
