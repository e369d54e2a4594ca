"""Labels, written and read: one line for each decision of a person, never changed afterwards.

SageMaker's merge reads `groundTruthData` and `eventMetadata`; fields of this system are under
`scones` and may be absent, as in SageMaker's own labels. The reader is strict, for the report and
for training alike: a field of an unexpected type makes the line malformed, because a guessed
retraction or number could put a withdrawn verdict in force.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from handlers.domain.errors import InvalidRecord
from handlers.domain.json_text import parse_json
from handlers.domain.review.change import OPINION, UNDO, VERDICT
from handlers.domain.review.row import ItemImage, ReviewRow
from handlers.domain.timestamps import parse, parse_utc

PREFIX = "labels/"
_PHOTO_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}", re.ASCII)  # it becomes a file name


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One object of the labels bucket; the same decision always gives the same key and line."""

    key: str
    line: dict[str, Any]  # JSON


def labels_of(row: ReviewRow, *, since_seq: int) -> tuple[Label, ...]:
    """Return the labels of the decisions after `since_seq`; a contest has no label."""
    return tuple(
        label
        for index, decision in enumerate(row.decisions)
        if int(decision["seq"]) > since_seq
        and (label := _label(row, decision, row.decisions[:index])) is not None
    )


def _label(row: ReviewRow, decision: ItemImage, earlier: tuple[ItemImage, ...]) -> Label | None:
    kind = decision["kind"]
    if kind not in {VERDICT, OPINION, UNDO}:
        return None  # a contest does not name a vehicle
    is_retracted = kind == UNDO
    if is_retracted and earlier and earlier[-1]["kind"] == OPINION:
        kind = OPINION  # the first verdict stays: readers must not treat it as withdrawn
    seq = int(decision["seq"])
    hour = parse(decision["decided_at"]).astimezone(UTC).strftime("%Y/%m/%d/%H")
    return Label(
        key=f"{PREFIX}{hour}/{row.photo_id}-{seq:06}.jsonl",
        line={
            "groundTruthData": {
                "data": "" if is_retracted else decision["verdict"],
                "encoding": "CSV",
            },
            "eventMetadata": {"eventId": row.photo_id},
            "eventVersion": "0",
            "scones": {
                "decision_seq": seq,
                "decided_by": decision["decided_by"],
                "decided_at": decision["decided_at"],
                "kind": kind,
                "review_reason": decision["reason"],
                "retracted": is_retracted,
                "model_version": row.model_version,
                "photo": {
                    "bucket": row.bucket,
                    "key": row.key,
                    "version_id": row.version_id,
                },
            },
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledObject:
    """The object version of the labelled photo."""

    bucket: str
    key: str
    version_id: str  # empty in an unversioned bucket


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRecord:
    """One parsed line."""

    photo_id: str
    verdict: str  # empty if it is withdrawn
    decision_seq: int  # a photo's highest one is in force; 0 in labels of other systems
    is_opinion: bool  # a second opinion, which never replaces the verdict
    decided_by: str  # empty in labels of other systems
    decided_at: datetime | None  # UTC
    photo: LabelledObject | None

    @classmethod
    def from_line(cls, line: str | bytes) -> Self:
        """Parse one line.

        Raises: InvalidRecord, with the reason.
        """
        try:
            wire = parse_json(line)
            ours = wire.get("scones") or {}
            verdict = _text(wire["groundTruthData"]["data"]).strip()
            return cls(
                photo_id=_photo_id(wire["eventMetadata"]["eventId"]),
                verdict="" if _flag(ours.get("retracted", False)) else verdict,
                decision_seq=_number(ours.get("decision_seq", 0)),
                is_opinion=ours.get("kind") == OPINION,
                decided_by=_text(ours.get("decided_by") or ""),
                decided_at=moment_of(ours.get("decided_at")),
                photo=_object(ours["photo"]) if ours.get("photo") else None,
            )
        except _MALFORMED as error:
            raise InvalidRecord(f"a label is malformed: {error!r}") from error


# Errors that a line of arbitrary JSON can cause.
_MALFORMED = (ArithmeticError, AttributeError, KeyError, TypeError, ValueError)


def moment_of(value: object) -> datetime | None:
    """Parse the time of a decision, in UTC; None if it is absent.

    Raises: TypeError, ValueError, OverflowError.
    """
    return parse_utc(_text(value)) if value else None


def _object(wire: Mapping[str, object]) -> LabelledObject:
    return LabelledObject(
        bucket=_text(wire["bucket"]),
        key=_text(wire["key"]),
        version_id=_text(wire.get("version_id") or ""),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected text, got {value!r}")
    return value


def _photo_id(value: object) -> str:
    text = _text(value)
    if not _PHOTO_ID.fullmatch(text):
        raise ValueError(f"{text!r} is not a photo id")
    return text


def _number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"expected a whole number, got {value!r}")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"expected true or false, got {value!r}")
    return value
