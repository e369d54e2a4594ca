"""Reviewers' verdicts as labels: SageMaker's ground-truth lines, of which the last decision counts.

Contradictory verdicts are reported and not used for training.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from handlers.domain.errors import InvalidRecord
from handlers.domain.ledger.labels import LabelRecord
from handlers.domain.review.rules import UNUSABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """Verdicts on one photo, or on the same bytes, that cannot all be right."""

    photo_ids: tuple[str, ...]
    labels: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedVerdicts:
    """The photos that the lines name, each in exactly one of the collections."""

    labels: Mapping[str, LabelRecord]  # by photo id
    contradictions: tuple[Contradiction, ...]
    retracted: tuple[str, ...]  # ids of photos without a verdict in force
    unusable: tuple[str, ...]  # ids of photos that a reviewer called unusable
    malformed: int  # lines


def resolve_verdicts(lines: Iterable[str]) -> ResolvedVerdicts:
    """Return the verdict in force of every photo: the highest number wins, in any order of lines.

    Malformed lines are counted and skipped.
    """
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
        in_force = _in_force([verdict for verdict in verdicts if not verdict.is_opinion])
        if not in_force or not in_force[0].verdict:
            retracted.append(photo_id)
            continue
        names = {verdict.verdict for verdict in (*in_force, *_opinions(verdicts))}
        if len(names) > 1:
            reason = "verdicts of the same number" if len(in_force) > 1 else "another opinion"
            contradictions.append(
                Contradiction(photo_ids=(photo_id,), labels=tuple(sorted(names)), reason=reason)
            )
        elif in_force[0].verdict == UNUSABLE:
            unusable.append(photo_id)
        else:
            labels[photo_id] = in_force[0]
    return ResolvedVerdicts(
        labels=labels,
        contradictions=tuple(contradictions),
        retracted=tuple(retracted),
        unusable=tuple(unusable),
        malformed=malformed,
    )


def _in_force(verdicts: Iterable[LabelRecord]) -> list[LabelRecord]:
    """Return those of the highest number that differ; a repeated line counts once."""
    ordered = sorted(verdicts, key=lambda verdict: (verdict.decision_seq, verdict.verdict))
    highest = [verdict for verdict in ordered if verdict.decision_seq == ordered[-1].decision_seq]
    return list({verdict.verdict: verdict for verdict in highest}.values())


def _opinions(verdicts: Iterable[LabelRecord]) -> Iterator[LabelRecord]:
    """Yield the last opinion of each person, unless it was undone."""
    last: dict[str, LabelRecord] = {}
    for verdict in sorted(verdicts, key=lambda verdict: verdict.decision_seq):
        if verdict.is_opinion:
            last[verdict.decided_by] = verdict
    return (verdict for verdict in last.values() if verdict.verdict)
