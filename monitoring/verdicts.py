"""What people said of photos: labels as they lie in S3, or as the ledger keeps them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from handlers.aws.objects import Objects
from monitoring.windows import hours

_OPINION = "opinion"
_AT_ONCE = 8
_MAX_LABEL_BYTES = 64_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One decision or opinion about one photo."""

    photo_id: str
    seq: int
    verdict: str  # empty: withdrawn
    by: str
    at: datetime | None
    is_opinion: bool

    @classmethod
    def from_label(cls, line: Mapping[str, Any]) -> Self | None:  # Any: JSON of others, too
        """None for what is no label; SageMaker's own minimal form is one."""
        try:
            ours = line.get("scones") or {}
            return cls(
                photo_id=str(line["eventMetadata"]["eventId"]),
                seq=int(ours.get("decision_seq", 0)),
                verdict="" if ours.get("retracted") else str(line["groundTruthData"]["data"]),
                by=str(ours.get("decided_by", "")),
                at=_moment(ours.get("decided_at")),
                is_opinion=ours.get("kind") == _OPINION,
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            return None

    @classmethod
    def from_decision(cls, photo_id: str, decision: Mapping[str, Any]) -> Self | None:
        """None for what is no decision."""
        try:
            return cls(
                photo_id=photo_id,
                seq=int(decision["seq"]),
                verdict=str(decision.get("verdict") or ""),
                by=str(decision.get("decided_by", "")),
                at=_moment(decision.get("decided_at")),
                is_opinion=decision.get("kind") == _OPINION,
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            return None


@dataclass(slots=True)
class Verdicts:
    """The highest decision of each photo, and the opinions beside it."""

    decided: dict[str, Said] = field(default_factory=dict)
    opinions: dict[str, dict[int, str]] = field(default_factory=dict)
    unreadable: int = 0

    def add(self, said: Said | None, *, as_of: datetime) -> None:
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


def read_labels(labels: Objects, verdicts: Verdicts, *, start: datetime, as_of: datetime) -> None:
    """Labels that were written from `start` to `as_of`, by the hour in their keys."""
    keys = [each.key for prefix in _prefixes(start, as_of) for each in labels.listed(prefix)]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for content in pool.map(lambda key: _content(labels, key), sorted(keys)):
            for line in _lines(content):
                verdicts.add(line, as_of=as_of)


def _prefixes(start: datetime, as_of: datetime) -> Iterator[str]:
    for hour in hours(start, as_of):
        yield f"labels/{hour.replace('-', '/').replace('T', '/')}/"


def _content(labels: Objects, key: str) -> bytes:
    return labels.read(key, at_most_bytes=_MAX_LABEL_BYTES) or b""


def _lines(content: bytes) -> Iterable[Said | None]:
    for line in content.splitlines():
        try:
            parsed = json.loads(line)
        except ValueError:
            yield None
        else:
            yield Said.from_label(parsed) if isinstance(parsed, dict) else None


def _moment(text: object) -> datetime | None:
    return datetime.fromisoformat(str(text)) if text else None
