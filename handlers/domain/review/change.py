"""One decision about one photo, as it will be written: who, when, before, after."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from handlers.domain.review.row import ItemImage, Lease, PhotoState, ReviewRow

MOST_DECISIONS = 20  # that a row remembers; all of them lie in the labels bucket

# A row carries what it was before and after; these say what kind of say somebody had.
VERDICT, OPINION, UNDO, CONTEST = "verdict", "opinion", "undo", "contest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why nothing was decided: a stable code, and what the caller may know of it."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)  # JSON values


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """This very request was answered before; here is what it led to."""

    decision: ItemImage


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterUpdate:
    """Counters of one record that go up, or down by an undo, with the decision itself."""

    kind: str
    name: str
    counts: Mapping[str, int]

    def taken_back(self) -> "CounterUpdate":
        """What an undo adds."""
        return CounterUpdate(
            kind=self.kind, name=self.name, counts={key: -n for key, n in self.counts.items()}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """Two people saw two things; whoever leads them should look."""

    name: str
    facts: Mapping[str, str]
    is_settled: bool = False  # by an undo: the record goes


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionChange:
    """What is to be written, provided that the row is still as it was read."""

    row: ReviewRow
    kind: str
    verdict: str
    decided_by: str
    decided_at: str
    request: str
    after: PhotoState
    lease: Lease | None = None
    lease_id_needed: str = ""  # empty: whoever holds the review, or nobody, loses it
    known: str = ""  # what is truly to be seen, where that is known beforehand
    tallies: tuple[CounterUpdate, ...] = ()
    disagreement: Disagreement | None = None
    comment: str = ""

    @property
    def seq(self) -> int:
        """The number of this decision in the photo's life."""
        return self.row.decision_seq + 1

    def entry(
        self, *, after: PhotoState, before_assignment: ItemImage, after_assignment: ItemImage
    ) -> ItemImage:
        """As it stands in the row's list of decisions."""
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
        """The whole list: the oldest go when it grows too long for a row."""
        return [*self.row.decisions, entry][-MOST_DECISIONS:]


def _image(state: PhotoState, assignment: ItemImage) -> dict[str, Any]:
    return state.to_wire() | ({"assignment": dict(assignment)} if assignment else {})
