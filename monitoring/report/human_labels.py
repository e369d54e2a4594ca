"""What people said of photos: labels as they lie in S3, or as the ledger keeps them."""

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Self

from handlers.aws.bucket import Bucket, UnreadableObject
from handlers.domain.errors import InvalidRecord
from handlers.domain.ledger.labels import PREFIX, LabelRecord, moment_of
from handlers.domain.review.change import OPINION

_AT_ONCE = 8
_MAX_LABEL_BYTES = 64_000
_HOUR = "%Y/%m/%d/%H"
_OURS = re.compile(r"(?P<photo>[0-9a-f]{64})-\d+\.jsonl", re.ASCII)
_NONE = (ArithmeticError, AttributeError, KeyError, TypeError, ValueError)


@dataclass(frozen=True, slots=True, kw_only=True)
class HumanLabel:
    """One decision or opinion about one photo."""

    photo_id: str
    seq: int
    verdict: str  # empty: withdrawn
    by: str
    at: datetime | None
    is_opinion: bool

    @classmethod
    def from_label(cls, line: bytes) -> Self | None:
        """None for a malformed line; SageMaker's own minimal form is a label."""
        try:
            label = LabelRecord.from_line(line)
        except InvalidRecord:
            return None
        return cls(
            photo_id=label.photo_id,
            seq=label.decision_seq,
            verdict=label.verdict,
            by=label.decided_by,
            at=label.decided_at,
            is_opinion=label.is_opinion,
        )

    @classmethod
    def from_decision(cls, photo_id: str, decision: Mapping[str, Any]) -> Self | None:
        """None for what is no decision."""
        try:
            return cls(
                photo_id=photo_id,
                seq=int(decision["seq"]),
                verdict=_text(decision.get("verdict") or ""),
                by=_text(decision.get("decided_by") or ""),
                at=moment_of(decision.get("decided_at")),
                is_opinion=decision.get("kind") == OPINION,
            )
        except _NONE:
            return None


@dataclass(slots=True)
class LabelIndex:
    """The highest decision of each photo, and the opinions beside it."""

    decided: dict[str, HumanLabel] = field(default_factory=dict)
    opinions: dict[str, dict[int, str]] = field(default_factory=dict)
    unreadable: int = 0

    def add(self, said: HumanLabel | None, *, as_of: datetime) -> None:
        """What was said after `as_of` is not known yet."""
        if said is None:
            self.unreadable += 1
        elif said.at is not None and said.at > as_of:
            return
        elif said.is_opinion:
            self.opinions.setdefault(said.photo_id, {})[said.seq] = said.verdict
        elif said.photo_id not in self.decided or self.decided[said.photo_id].seq <= said.seq:
            self.decided[said.photo_id] = said

    def opinions_of(self, photo_id: str) -> tuple[str, ...]:
        """In the order in which they were given."""
        return tuple(text for _, text in sorted(self.opinions.get(photo_id, {}).items()) if text)


def read_labels(
    labels: Bucket,
    verdicts: LabelIndex,
    *,
    start: datetime,
    as_of: datetime,
    photos: Container[str],
) -> None:
    """Labels of these photos that were written from `start` to `as_of`, as their keys say."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = pool.map(lambda prefix: list(labels.listed(prefix)), _prefixes(start, as_of))
        keys = sorted(each.key for listed in found for each in listed)
        first, last = f"{start:{_HOUR}}", f"{as_of - datetime.resolution:{_HOUR}}"
        wanted = [key for key in keys if first <= _hour_of(key) <= last and _is_of(key, photos)]
        for content in pool.map(lambda key: _content(labels, key), wanted):
            for said in _lines(content):
                verdicts.add(said, as_of=as_of)


def _prefixes(start: datetime, as_of: datetime) -> Iterator[str]:
    """Of whole months where it can be: a question about last winter is not to list each hour."""
    day, last = start.date(), as_of.date()
    while day <= last:
        following = _next_month(day)
        if day.day == 1 and following <= last:
            yield f"{PREFIX}{day:%Y/%m}/"
            day = following
        else:
            yield f"{PREFIX}{day:%Y/%m/%d}/"
            day += timedelta(days=1)


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _hour_of(key: str) -> str:
    return key.removeprefix(PREFIX)[: len("2026/11/21/10")]


def _is_of(key: str, photos: Container[str]) -> bool:
    """Who else writes labels may name them as he likes: those are looked into."""
    ours = _OURS.fullmatch(key.rpartition("/")[2])
    return ours is None or ours["photo"] in photos


def _content(labels: Bucket, key: str) -> bytes | None:
    try:
        return labels.read(key, at_most_bytes=_MAX_LABEL_BYTES) or b""
    except UnreadableObject:
        return None


def _lines(content: bytes | None) -> Iterable[HumanLabel | None]:
    if content is None:
        yield None
        return
    yield from map(HumanLabel.from_label, content.splitlines())


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected text, got {value!r}")
    return value
