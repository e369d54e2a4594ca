"""Reviewers' verdicts as labels: SageMaker's ground-truth lines, the last decision counting.

Verdicts that contradict each other are reported and teach nothing.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Self

UNUSABLE, NEITHER = "unusable", "neither"
_OPINION = "opinion"
_PHOTO_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")


class MalformedVerdict(ValueError):
    """A line that is no verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoPlace:
    """Where a photo's bytes are kept."""

    bucket: str
    key: str
    version_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One line: somebody's decision on a photo, or that it was taken back."""

    photo_id: str
    label: str  # empty: taken back
    seq: int
    is_opinion: bool  # a second look; never a label of its own
    decided_by: str
    place: PhotoPlace | None

    @classmethod
    def from_line(cls, line: str) -> Self:
        """Raises: MalformedVerdict."""
        try:
            wire = json.loads(line)
            more = wire.get("scones", {})
            label = _text(wire["groundTruthData"]["data"]).strip()
            return cls(
                photo_id=_photo_id(wire["eventMetadata"]["eventId"]),
                label="" if more.get("retracted") is True else label,
                seq=_number(more.get("decision_seq", 0)),
                is_opinion=more.get("kind") == _OPINION,
                decided_by=str(more.get("decided_by", "")),
                place=_place(more["photo"]) if more.get("photo") else None,
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise MalformedVerdict(f"no verdict: {error!r}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """Verdicts on one photo, or on one content, that cannot all be right."""

    photo_ids: tuple[str, ...]
    labels: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What the verdicts come to; every photo that any line names is in exactly one place."""

    labels: Mapping[str, Verdict]  # by photo
    contradictions: tuple[Contradiction, ...]
    retracted: tuple[str, ...]  # photos without a verdict in force
    unusable: tuple[str, ...]
    malformed: int  # lines


def settle(lines: Iterable[str]) -> Settled:
    """The verdict in force of every photo: the highest number wins, whatever the order."""
    by_photo: dict[str, list[Verdict]] = {}
    malformed = 0
    for line in lines:
        if not line.strip():
            continue
        try:
            verdict = Verdict.from_line(line)
        except MalformedVerdict:
            malformed += 1
            continue
        by_photo.setdefault(verdict.photo_id, []).append(verdict)
    labels: dict[str, Verdict] = {}
    contradictions, retracted, unusable = [], [], []
    for photo_id, verdicts in sorted(by_photo.items()):
        standing = _in_force([each for each in verdicts if not each.is_opinion])
        if not standing or not standing[0].label:
            retracted.append(photo_id)
            continue
        said = {each.label for each in (*standing, *_opinions(verdicts))}
        if len(said) > 1:
            why = "verdicts of the same number" if len(standing) > 1 else "another opinion"
            contradictions.append(
                Contradiction(photo_ids=(photo_id,), labels=tuple(sorted(said)), why=why)
            )
        elif standing[0].label == UNUSABLE:
            unusable.append(photo_id)
        else:
            labels[photo_id] = standing[0]
    return Settled(
        labels=labels,
        contradictions=tuple(contradictions),
        retracted=tuple(retracted),
        unusable=tuple(unusable),
        malformed=malformed,
    )


def _in_force(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Those of the highest number: one, or several that differ; the same line twice is one."""
    ordered = sorted(verdicts, key=lambda each: (each.seq, each.label))
    highest = [each for each in ordered if each.seq == ordered[-1].seq]
    return list({each.label: each for each in highest}.values())


def _opinions(verdicts: Iterable[Verdict]) -> Iterator[Verdict]:
    """Each person's last one, unless it was taken back."""
    last: dict[str, Verdict] = {}
    for verdict in sorted(verdicts, key=lambda each: each.seq):
        if verdict.is_opinion:
            last[verdict.decided_by] = verdict
    return (verdict for verdict in last.values() if verdict.label)


def _place(wire: Mapping[str, object]) -> PhotoPlace:
    return PhotoPlace(
        bucket=_text(wire["bucket"]),
        key=_text(wire["key"]),
        version_id=_text(wire.get("version_id") or ""),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected text, got {value!r}")
    return value


def _photo_id(value: object) -> str:
    """It becomes a file's name."""
    text = _text(value)
    if not _PHOTO_ID.fullmatch(text):
        raise ValueError(f"{text!r} is no photo's id")
    return text


def _number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"expected a whole number, got {value!r}")
    return value
