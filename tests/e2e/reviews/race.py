"""Reviewers who race for the same photos: threads that call the real function on the emulator.

`python -m tests.e2e.reviews --photos 400 --reviewers 5` runs a large one and prints its table.
"""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from infra.local.stage.stage import LocalStage
from monitoring.reconciliation.checker import Violation, check
from monitoring.reconciliation.inventory import Inventory
from monitoring.reconciliation.inventory_reader import Places, read_inventory
from tests.e2e.reviews.filling import (
    messages_left,
    open_reviews,
    send_again,
    set_environment,
)
from tests.e2e.reviews.racer import LEASE_S, RaceCounters, Racer

SETTLE_S = 30


@dataclass(frozen=True, kw_only=True)
class RaceResult:
    """The result of a race."""

    photos: int
    reviewers: int
    decisions: int
    doubles: int  # surplus accepted responses with the same photo and decision number
    lost: int  # photos without decision, or accepted decisions that the ledger does not have
    counts: Counter[str]
    violations: tuple[Violation, ...]
    seconds: float
    messages_left: int

    def summary(self) -> dict[str, float]:
        """Return the figures as JSON values."""
        return {
            "photos": self.photos,
            "reviewers": self.reviewers,
            "seconds": self.seconds,
            "decisions": self.decisions,
            "doubles": self.doubles,
            "lost": self.lost,
            "same_answer": self.counts["same_answer"],
            "resent": self.counts["surplus_sent"],
            "resent_dropped": self.counts["surplus_dropped"],
            "violations": len(self.violations),
        }

    def table(self) -> str:
        """Return the figures as a table of text."""
        share = self.counts["surplus_dropped"] / max(1, self.counts["surplus_sent"])
        rows = {
            "photos": self.photos,
            "reviewers": self.reviewers,
            "seconds": round(self.seconds, 1),
            "verdicts and undos written": self.decisions,
            "of these undone": self.counts["undone"],
            "doubles": self.doubles,
            "lost": self.lost,
            "leases left to expire": self.counts["abandoned"],
            "late verdicts refused": self.counts["refused"],
            "double submits, same response": self.counts["same_answer"],
            "skips": self.counts["skipped"],
            "re-sent messages dropped": f"{share:.0%} of {self.counts['surplus_sent']}",
            "invariants broken": len(self.violations),
        }
        width = max(map(len, rows))
        return "\n".join(f"{name:<{width}}  {value}" for name, value in rows.items())


def run_race(stage: LocalStage, *, reviewers: int, seed: int, drain_s: float = 5) -> RaceResult:
    """Race until no review is open; every tenth message is sent a second time before.

    `drain_s` is how long surplus messages are waited for afterwards.
    """
    photos = {item["photo_id"]["S"] for item in open_reviews(stage)}
    counters = RaceCounters()
    surplus = send_again(stage, every=10)
    counters.add("surplus_sent", surplus)
    racers = [Racer(stage, f"reviewer-{i}", seed + i, counters) for i in range(reviewers)]
    set_environment(stage, "ReviewsFunction", REVIEW_LEASE_S=str(LEASE_S))
    for racer in racers:
        racer.read_choices()
    started, is_over = time.monotonic(), threading.Event()
    with ThreadPoolExecutor(reviewers) as pool:
        runs = [pool.submit(racer.work, is_over) for racer in racers]
        try:
            while open_reviews(stage) and not any(run.done() for run in runs):
                time.sleep(0.2)
        finally:
            is_over.set()
    for run in runs:
        run.result()
    seconds = time.monotonic() - started
    left = drained(stage, racers[0], drain_s)
    counters.add("surplus_dropped", surplus - min(left, surplus))
    return _result(
        settled_inventory(stage), racers, counters, photos=photos, seconds=seconds, left=left
    )


def drained(stage: LocalStage, racer: Racer, within_s: float) -> int:
    """Request reviews until the surplus messages are dropped; return how many are left."""
    deadline = time.monotonic() + within_s
    while (left := messages_left(stage)) and time.monotonic() < deadline:
        assert racer.reviewer.next() is None
        time.sleep(0.2)
    return left


def settled_inventory(stage: LocalStage) -> Inventory:
    """Read the inventory when the stream has written all labels, which takes seconds."""
    deadline = time.monotonic() + SETTLE_S
    while True:
        inventory = read_inventory(
            stage.session(), Places.of_outputs(stage.outputs), read_queues=True
        )
        missing = {violation.rule for violation in check(inventory).violations} & {"label_missing"}
        if not missing or time.monotonic() > deadline:
            return inventory
        time.sleep(0.3)


def _result(
    inventory: Inventory,
    racers: list[Racer],
    counters: RaceCounters,
    *,
    photos: set[str],
    seconds: float,
    left: int,
) -> RaceResult:
    accepted = [decision for racer in racers for decision in racer.accepted]
    numbers = Counter((photo, seq) for photo, seq, _ in accepted)
    written = {
        (row.photo_id, int(decision["seq"]), decision["verdict"])
        for row in inventory.ledger
        for decision in row.decisions
    }
    decided = {row.photo_id for row in inventory.ledger if row.review == "done"}
    return RaceResult(
        photos=len(photos),
        reviewers=len(racers),
        decisions=len(written),
        doubles=sum(number - 1 for number in numbers.values()),
        lost=len(photos - decided) + len(set(accepted) ^ written),
        counts=counters.counts,
        violations=check(inventory).violations,
        seconds=seconds,
        messages_left=left,
    )
