"""Reviewers' verdicts as labels: SageMaker's ground-truth lines, the last decision counting.

Verdicts that contradict each other are reported and teach nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from handlers.domain.errors import InvalidRecord
from handlers.domain.ledger.labels import LabelRecord
from handlers.domain.review.rules import UNUSABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """Verdicts on one photo, or on one content, that cannot all be right."""

    photo_ids: tuple[str, ...]
    labels: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What the verdicts come to; every photo that any line names is in exactly one place."""

    labels: Mapping[str, LabelRecord]  # by photo
    contradictions: tuple[Contradiction, ...]
    retracted: tuple[str, ...]  # photos without a verdict in force
    unusable: tuple[str, ...]
    malformed: int  # lines


def settle(lines: Iterable[str]) -> Settled:
    """The verdict in force of every photo: the highest number wins, whatever the order."""
    by_photo: dict[str, list[LabelRecord]] = {}
    malformed = 0
    for line in lines:
        if not line.strip():
            continue
        try:
            verdict = LabelRecord.from_line(line)
        except InvalidRecord:
            malformed += 1
            continue
        by_photo.setdefault(verdict.photo_id, []).append(verdict)
    labels: dict[str, LabelRecord] = {}
    contradictions, retracted, unusable = [], [], []
    for photo_id, verdicts in sorted(by_photo.items()):
        standing = _in_force([each for each in verdicts if not each.is_opinion])
        if not standing or not standing[0].verdict:
            retracted.append(photo_id)
            continue
        said = {each.verdict for each in (*standing, *_opinions(verdicts))}
        if len(said) > 1:
            why = "verdicts of the same number" if len(standing) > 1 else "another opinion"
            contradictions.append(
                Contradiction(photo_ids=(photo_id,), labels=tuple(sorted(said)), why=why)
            )
        elif standing[0].verdict == UNUSABLE:
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


def _in_force(verdicts: Iterable[LabelRecord]) -> list[LabelRecord]:
    """Those of the highest number: one, or several that differ; the same line twice is one."""
    ordered = sorted(verdicts, key=lambda each: (each.decision_seq, each.verdict))
    highest = [each for each in ordered if each.decision_seq == ordered[-1].decision_seq]
    return list({each.verdict: each for each in highest}.values())


def _opinions(verdicts: Iterable[LabelRecord]) -> Iterator[LabelRecord]:
    """Each person's last one, unless it was taken back."""
    last: dict[str, LabelRecord] = {}
    for verdict in sorted(verdicts, key=lambda each: each.decision_seq):
        if verdict.is_opinion:
            last[verdict.decided_by] = verdict
    return (verdict for verdict in last.values() if verdict.verdict)
