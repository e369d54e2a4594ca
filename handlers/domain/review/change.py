"""One decision about one photo, as it will be written: author, time, state before and after."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from handlers.domain.review.row import ItemImage, Lease, PhotoState, ReviewRow

MOST_DECISIONS = 20  # kept in a row; the labels bucket has all of them

# Kinds of decisions.
VERDICT, OPINION, UNDO, CONTEST = "verdict", "opinion", "undo", "contest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The reason why nothing was decided: a stable code, and facts that the caller may see."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)  # JSON values


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """The same request led to this decision before."""

    decision: ItemImage


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterUpdate:
    """Counters of one record of the reviewers table, changed in the decision's transaction."""

    kind: str
    name: str
    counts: Mapping[str, int]  # attribute → what is added, negative for an undo

    def undone(self) -> "CounterUpdate":
        """Return the update that reverts this one."""
        return CounterUpdate(
            kind=self.kind, name=self.name, counts={key: -n for key, n in self.counts.items()}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DisagreementUpdate:
    """A record that two reviewers disagree, for leads; written or deleted with the decision."""

    name: str
    facts: Mapping[str, str]
    is_withdrawn: bool = False  # by an undo, which deletes the record


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionChange:
    """A decision to be written, on condition that the row is unchanged since it was read."""

    row: ReviewRow
    kind: str
    verdict: str
    decided_by: str
    decided_at: str
    request: str
    after: PhotoState
    lease: Lease | None = None
    lease_id_needed: str = ""  # the lease that must be in force; empty for any or none
    known: str = ""  # the true verdict of a known item
    tallies: tuple[CounterUpdate, ...] = ()
    disagreement: DisagreementUpdate | None = None
    comment: str = ""

    @property
    def seq(self) -> int:
        """The number of this decision among all decisions about the photo, from 1."""
        return self.row.decision_seq + 1

    def entry(
        self, *, after: PhotoState, before_assignment: ItemImage, after_assignment: ItemImage
    ) -> ItemImage:
        """Return the decision as the row's list of decisions keeps it."""
        optional = {"known": self.known, "comment": self.comment, "request": self.request}
        return {
            "seq": self.seq,
            "kind": self.kind,
            "verdict": self.verdict,
            "decided_by": self.decided_by,
            "decided_at": self.decided_at,
            "reason": self.row.state.review_reason,
            "before": _image(self.row.state, before_assignment),
            "after": _image(after, after_assignment),
            **{name: value for name, value in optional.items() if value},
        }

    def decisions(self, entry: ItemImage) -> list[ItemImage]:
        """Return the row's list with this decision; the oldest ones beyond `MOST_DECISIONS` go."""
        return [*self.row.decisions, entry][-MOST_DECISIONS:]


def _image(state: PhotoState, assignment: ItemImage) -> dict[str, Any]:
    return state.to_wire() | ({"assignment": dict(assignment)} if assignment else {})
