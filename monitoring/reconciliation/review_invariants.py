"""Invariants of decisions by people: numbered without gaps, labelled, and in force."""

from collections.abc import Callable, Iterator, Mapping, Set
from typing import Any

from handlers.domain.ledger.rows import FINAL_STATUSES, LedgerRow
from handlers.domain.review.change import MOST_DECISIONS, OPINION, UNDO, VERDICT

_LABELLED_KINDS = {VERDICT, OPINION, UNDO}  # kinds of decisions that are written as labels


def review_violations(row: LedgerRow) -> Iterator[tuple[str, str]]:
    """Yield rule and detail of each invariant that a row violates."""
    last = row.decisions[-1] if row.decisions else None
    violated = {
        "decisions_out_of_order": not _is_in_order(row),
        "review_done_without_verdict": row.review == "done" and not _has_verdict_in_force(row),
        "lease_without_review": bool(row.lease_owner) and row.review != "open",
        "decision_undone_silently": last is not None
        and row.status in FINAL_STATUSES
        and not _is_as_decided(row, last["after"]),
        "decided_without_verdict": _is_a_person(row.decided_by) and not _has_decided(row),
    }
    for rule, is_violated in violated.items():
        if is_violated:
            yield rule, f"{row.key!r} is {row.status}, review {row.review}, seq {row.decision_seq}"


def _is_in_order(row: LedgerRow) -> bool:
    """Return whether numbers rise without a gap to the row's own; long lists lose the oldest."""
    numbers = [int(decision["seq"]) for decision in row.decisions]
    first = max(1, row.decision_seq - MOST_DECISIONS + 1)
    return numbers == list(range(first, row.decision_seq + 1))


def _has_verdict_in_force(row: LedgerRow) -> bool:
    """Return whether the last decision that was not undone is a verdict or an opinion.

    A second opinion that was undone and not given again in time leaves the verdict before it in
    force. Where the row has dropped its oldest decisions, the verdict may be among them.
    """
    kinds: list[str] = []
    for decision in row.decisions:
        if decision["kind"] != UNDO:
            kinds.append(decision["kind"])
        elif kinds:
            kinds.pop()
    if not kinds:
        return row.decision_seq > len(row.decisions)
    return kinds[-1] in {VERDICT, OPINION}


def _is_as_decided(row: LedgerRow, after: Mapping[str, Any]) -> bool:
    return (row.status, row.vehicle) == (after["status"], after.get("vehicle", ""))


def _is_a_person(decided_by: str) -> bool:
    return bool(decided_by) and decided_by != "model"


def _has_decided(row: LedgerRow) -> bool:
    """Return whether the person has decided; decisions that the row has dropped count as proof."""
    if row.decision_seq > len(row.decisions):
        return True
    return any(
        decision["kind"] == VERDICT and decision["decided_by"] == row.decided_by
        for decision in row.decisions
    )


def missing_labels(
    row: LedgerRow, labels: Set[tuple[str, int]], *, is_settled: Callable[[str], bool]
) -> Iterator[int]:
    """Yield the numbers of settled decisions without a label; a label is written a moment later."""
    for decision in row.decisions:
        seq = int(decision["seq"])
        is_labelled = decision["kind"] not in _LABELLED_KINDS or (row.photo_id, seq) in labels
        if not is_labelled and is_settled(decision["decided_at"]):
            yield seq
