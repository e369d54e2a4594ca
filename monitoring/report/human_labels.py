"""Human labels of photos, from the labels bucket and from the decisions in the ledger."""

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
_MALFORMED = (ArithmeticError, AttributeError, KeyError, TypeError, ValueError)


@dataclass(frozen=True, slots=True, kw_only=True)
class HumanLabel:
    """One decision or opinion about one photo."""

    photo_id: str
    seq: int
    verdict: str  # a class name, `neither` or `unusable`; empty: withdrawn
    by: str  # the reviewer
    at: datetime | None  # None: not recorded
    is_opinion: bool

    @classmethod
    def from_label(cls, line: bytes) -> Self | None:
        """Parse a line of a label file; None where it is malformed.

        SageMaker's own minimal form is accepted.
        """
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
        """Read an entry of a row's `decisions`; None where it is malformed."""
        try:
            return cls(
                photo_id=photo_id,
                seq=int(decision["seq"]),
                verdict=_text(decision.get("verdict") or ""),
                by=_text(decision.get("decided_by") or ""),
                at=moment_of(decision.get("decided_at")),
                is_opinion=decision.get("kind") == OPINION,
            )
        except _MALFORMED:
            return None


@dataclass(slots=True)
class LabelIndex:
    """The last decision of each photo, and further opinions by decision number."""

    decided: dict[str, HumanLabel] = field(default_factory=dict)
    opinions: dict[str, dict[int, str]] = field(default_factory=dict)
    unreadable: int = 0

    def add(self, label: HumanLabel | None, *, as_of: datetime) -> None:
        """Add a label; None counts as unreadable, and a label after `as_of` is ignored."""
        if label is None:
            self.unreadable += 1
        elif label.at is not None and label.at > as_of:
            return
        elif label.is_opinion:
            self.opinions.setdefault(label.photo_id, {})[label.seq] = label.verdict
        elif label.photo_id not in self.decided or self.decided[label.photo_id].seq <= label.seq:
            self.decided[label.photo_id] = label

    def opinions_of(self, photo_id: str) -> tuple[str, ...]:
        """Return the verdicts of further reviewers, in the order of their numbers."""
        opinions = sorted(self.opinions.get(photo_id, {}).items())
        return tuple(verdict for _, verdict in opinions if verdict)


def read_labels(
    labels: Bucket,
    index: LabelIndex,
    *,
    start: datetime,
    as_of: datetime,
    photos: Container[str],
) -> None:
    """Add the labels of these photos whose keys are from the hours of `start` to `as_of`."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        listings = pool.map(lambda prefix: list(labels.listed(prefix)), _prefixes(start, as_of))
        keys = sorted(stored.key for listing in listings for stored in listing)
        first, last = f"{start:{_HOUR}}", f"{as_of - datetime.resolution:{_HOUR}}"
        wanted = [key for key in keys if first <= _hour_of(key) <= last and _is_of(key, photos)]
        for content in pool.map(lambda key: _content(labels, key), wanted):
            for label in _labels_in(content):
                index.add(label, as_of=as_of)


def _prefixes(start: datetime, as_of: datetime) -> Iterator[str]:
    """Yield prefixes that cover the time, of whole months where possible.

    A report on a long past window then needs few requests.
    """
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
    """Return whether a key may be of one of these photos.

    Other programs may name their labels as they like, so such keys are read.
    """
    ours = _OURS.fullmatch(key.rpartition("/")[2])
    return ours is None or ours["photo"] in photos


def _content(labels: Bucket, key: str) -> bytes | None:
    try:
        return labels.read(key, at_most_bytes=_MAX_LABEL_BYTES) or b""
    except UnreadableObject:
        return None


def _labels_in(content: bytes | None) -> Iterable[HumanLabel | None]:
    if content is None:
        yield None
        return
    yield from map(HumanLabel.from_label, content.splitlines())


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected text, got {value!r}")
    return value
