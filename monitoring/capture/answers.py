"""Parses an endpoint's answer in every form of Data Capture: JSON, CSV, and either in base64.

Anything else raises AnomalyError, whose text is the kind of anomaly.
"""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from handlers.domain.decision.prediction import SUM_TOLERANCE
from monitoring.capture.block_parser import DECODERS, LONGEST_PART, MOST_CLASSES, UNREADABLE, Answer

_Decoded = TypeVar("_Decoded")
NOTHING = msgspec.Raw(b"null")

Shares = tuple[float, ...]
Table = dict[str, float] | list[float]


class AnomalyError(Exception):
    """Part of a record cannot be used; the text is the kind of anomaly, e.g. `no_time`."""


class Output(msgspec.Struct, gc=False):
    """SageMaker's `endpointOutput`, not decoded yet."""

    data: msgspec.Raw = NOTHING
    encoding: msgspec.Raw = NOTHING


class _Answer(msgspec.Struct, gc=False):
    probabilities: msgspec.Raw = NOTHING
    model_version: msgspec.Raw = msgspec.Raw(b'""')


decode_text = msgspec.json.Decoder(str).decode
_answer = msgspec.json.Decoder(_Answer).decode
# mypy does not accept a union as a type argument here.
_shares: Callable[[msgspec.Raw], Table] = msgspec.json.Decoder(
    dict[str, float] | list[float]
).decode


def decode_part(
    decode: Callable[[msgspec.Raw], _Decoded],
    raw: msgspec.Raw,
    kind: str,
    *,
    longest: int = LONGEST_PART,
) -> _Decoded:
    """Decode a part of a record of at most `longest` bytes. Raises: AnomalyError of that kind."""
    if len(raw) > longest:
        raise AnomalyError(kind)
    try:
        return decode(raw)
    except UNREADABLE:
        raise AnomalyError(kind) from None


def read_answer(output: Output, class_names: tuple[str, ...]) -> tuple[Answer, Shares]:
    """Return model version and classes, and the shares of the classes.

    `class_names` are the names of a bare list, in its order. Raises: AnomalyError.
    """
    version, table = _read(_text_of(output))
    if not table:
        raise AnomalyError("unreadable_output")
    if isinstance(table, list):
        if len(table) != len(class_names):
            raise AnomalyError("no_class_names")
        table = dict(zip(class_names, table, strict=True))
    shares = tuple(table.values())
    if len(shares) > MOST_CLASSES or not _is_distribution(shares):
        raise AnomalyError("not_a_distribution")
    return (version, tuple(table)), shares


def _text_of(output: Output) -> str:
    data = decode_part(decode_text, output.data, "no_output")
    encoding = decode_part(decode_text, output.encoding, "unknown_encoding")
    if encoding != "CSV" and encoding not in DECODERS:
        raise AnomalyError("unknown_encoding")
    try:
        return DECODERS.get(encoding, str)(data).strip()
    except UNREADABLE:
        raise AnomalyError("unreadable_output") from None


def _read(text: str) -> tuple[str, Table]:
    """Recognize the form by its first character: servers may declare any content type."""
    raw = msgspec.Raw(text.encode())
    if text.startswith("{"):
        answer = decode_part(_answer, raw, "unreadable_output")
        version = decode_part(decode_text, answer.model_version, "unreadable_output")
        return version, _shares_in(answer.probabilities)
    if text.startswith("["):
        return "", _shares_in(raw)
    try:
        return "", [float(cell) for cell in text.split(",")]
    except ValueError:
        raise AnomalyError("unreadable_output") from None


def _shares_in(raw: msgspec.Raw) -> Table:
    try:
        return _shares(raw)
    except msgspec.ValidationError:
        is_table = memoryview(raw)[:1].tobytes() in {b"{", b"["}
        raise AnomalyError("not_a_distribution" if is_table else "unreadable_output") from None
    except UNREADABLE:
        raise AnomalyError("unreadable_output") from None


def _is_distribution(shares: Shares) -> bool:
    """Sum from the first share to the last, in the order of `are_distributions`."""
    total = 0.0
    for share in shares:
        if not 0 <= share <= 1:  # NaN is not, either
            return False
        total += share
    return abs(total - 1) <= SUM_TOLERANCE
