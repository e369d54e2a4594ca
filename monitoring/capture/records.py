"""Lines to rows. The usual shape goes column by column, everything else line by line.

Looking at each record with care takes three times what parsing it takes. So a batch is first
read as if all its lines were alike, into records that name only what is needed: an image in the
input is passed over, neither decoded nor kept. Any surprise sends the whole batch the careful
way, which must find the same in lines that are alike (a test).
"""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from operator import attrgetter

import msgspec
import numpy as np
import numpy.typing as npt

from handlers.domain.records import SUM_TOLERANCE
from monitoring.capture.identifiers import Identifiers, identifiers

Answer = tuple[str, tuple[str, ...]]
"""Model version and class names: what two records must share to stand in one table."""

MOST_CLASSES = 50
_TIMES_KEPT = 100_000


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


_record, _answer = msgspec.json.Decoder(_Record).decode, msgspec.json.Decoder(_Answer).decode
_data = attrgetter("captureData.endpointOutput.data")
_encoding = attrgetter("captureData.endpointOutput.encoding")
_id, _time = attrgetter("eventMetadata.inferenceId"), attrgetter("eventMetadata.inferenceTime")
_probabilities, _version = attrgetter("probabilities"), attrgetter("model_version")


class Unusual(Exception):
    """The batch is not all of the usual shape."""


SURPRISES = (Unusual, msgspec.MsgspecError, KeyError, TypeError, ValueError, OverflowError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Records of one batch with one kind of answer; no answer has no probabilities."""

    ids: Identifiers
    seconds: npt.NDArray[np.float64]  # since 1970, UTC
    answer: Answer | None
    probabilities: npt.NDArray[np.float64]  # rows, classes


def _as_it_is(text: str) -> str:
    return text


def _from_base64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


DECODERS: dict[str, Callable[[str], str | bytes]] = {"JSON": _as_it_is, "BASE64": _from_base64}


class Times:
    """ISO texts to seconds; a day has 86,400 different ones, however many records it has."""

    def __init__(self) -> None:
        self._known: dict[str, float] = {}

    def seconds(self, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        """Raises: ValueError, TypeError; for what is no time."""
        try:
            return self._looked_up(texts)
        except KeyError:
            if len(self._known) > _TIMES_KEPT:
                self._known.clear()
            self._known.update((text, _parsed(text)) for text in {*texts})
            return self._looked_up(texts)

    def _looked_up(self, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        return np.fromiter(map(self._known.__getitem__, texts), np.float64, len(texts))


def _parsed(text: str) -> float:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def usual(lines: list[bytes], times: Times) -> Rows:
    """Raises: any of SURPRISES, where a line is not of the usual shape."""
    records = list(map(_record, lines))
    (encoding,) = set(map(_encoding, records))
    data = map(_data, records)
    if encoding != "JSON":
        data = map(DECODERS[encoding], data)
    answers = list(map(_answer, data))
    tables = list(map(_probabilities, answers))
    (version,) = set(map(_version, answers))
    (classes,) = set(map(tuple, tables))
    ids = list(map(_id, records))
    if not version or not 0 < len(classes) <= MOST_CLASSES or not all(ids):
        raise Unusual
    cells = chain.from_iterable(map(dict.values, tables))
    matrix = np.fromiter(cells, np.float64, len(tables) * len(classes)).reshape(len(tables), -1)
    if not is_distribution(matrix).all():
        raise Unusual
    return Rows(
        ids=identifiers(ids),
        seconds=times.seconds(list(map(_time, records))),
        answer=(version, classes),
        probabilities=matrix,
    )


def is_distribution(matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Of each row: from 0 to 1, and 1 in all."""
    inside = (matrix >= 0) & (matrix <= 1)
    sums: npt.NDArray[np.bool_] = np.abs(matrix.sum(axis=1) - 1) <= SUM_TOLERANCE
    return inside.all(axis=1) & sums
