"""What an endpoint has answered, in any form that Data Capture knows: JSON, CSV, either in base64.

Whoever meets something else raises Odd, whose text is the kind of anomaly.
"""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from handlers.domain.decision.prediction import SUM_TOLERANCE
from monitoring.capture.block_parser import DECODERS, LONGEST_PART, MOST_CLASSES, UNREADABLE, Answer

_Found = TypeVar("_Found")
NOTHING = msgspec.Raw(b"null")

Shares = tuple[float, ...]
Table = dict[str, float] | list[float]


class Odd(Exception):
    """Part of a record is not as it should be; the text is the kind."""


class Output(msgspec.Struct, gc=False):
    """SageMaker's `endpointOutput`, nothing of it looked at."""

    data: msgspec.Raw = NOTHING
    encoding: msgspec.Raw = NOTHING


class _Answer(msgspec.Struct, gc=False):
    probabilities: msgspec.Raw = NOTHING
    model_version: msgspec.Raw = msgspec.Raw(b'""')


text_in = msgspec.json.Decoder(str).decode
_answer = msgspec.json.Decoder(_Answer).decode
# mypy takes a union of types for no type.
_shares: Callable[[msgspec.Raw], Table] = msgspec.json.Decoder(
    dict[str, float] | list[float]
).decode


def part(
    decode: Callable[[msgspec.Raw], _Found],
    raw: msgspec.Raw,
    kind: str,
    *,
    longest: int = LONGEST_PART,
) -> _Found:
    """What stands there. Raises: Odd, of that kind."""
    if len(raw) > longest:
        raise Odd(kind)
    try:
        return decode(raw)
    except UNREADABLE:
        raise Odd(kind) from None


def answered(output: Output, nameless: tuple[str, ...]) -> tuple[Answer, Shares]:
    """Model version, classes and their shares. Raises: Odd."""
    version, table = _read(_text_of(output))
    if not table:
        raise Odd("unreadable_output")
    if isinstance(table, list):
        if len(table) != len(nameless):
            raise Odd("no_class_names")
        table = dict(zip(nameless, table, strict=True))
    shares = tuple(table.values())
    if len(shares) > MOST_CLASSES or not _is_distribution(shares):
        raise Odd("not_a_distribution")
    return (version, tuple(table)), shares


def _text_of(output: Output) -> str:
    data = part(text_in, output.data, "no_output")
    encoding = part(text_in, output.encoding, "unknown_encoding")
    if encoding != "CSV" and encoding not in DECODERS:
        raise Odd("unknown_encoding")
    try:
        return DECODERS.get(encoding, str)(data).strip()
    except UNREADABLE:
        raise Odd("unreadable_output") from None


def _read(text: str) -> tuple[str, Table]:
    """The form shows in the first sign: servers are free in what they call their content."""
    raw = msgspec.Raw(text.encode())
    if text.startswith("{"):
        answer = part(_answer, raw, "unreadable_output")
        version = part(text_in, answer.model_version, "unreadable_output")
        return version, _shares_in(answer.probabilities)
    if text.startswith("["):
        return "", _shares_in(raw)
    try:
        return "", [float(cell) for cell in text.split(",")]
    except ValueError:
        raise Odd("unreadable_output") from None


def _shares_in(raw: msgspec.Raw) -> Table:
    try:
        return _shares(raw)
    except msgspec.ValidationError:
        is_table = memoryview(raw)[:1].tobytes() in {b"{", b"["}
        raise Odd("not_a_distribution" if is_table else "unreadable_output") from None
    except UNREADABLE:
        raise Odd("unreadable_output") from None


def _is_distribution(shares: Shares) -> bool:
    """As `are_distributions` sums them: from the first to the last."""
    total = 0.0
    for share in shares:
        if not 0 <= share <= 1:  # NaN is not, either
            return False
        total += share
    return abs(total - 1) <= SUM_TOLERANCE
