"""A reviewer with bad habits, who abandons, skips, submits twice, undoes, and submits late."""

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from infra.local.stage.stage import LocalStage
from tests.e2e.api_caller import Json
from tests.e2e.reviews.reviewer import Reviewer

LEASE_S = 2


@dataclass(kw_only=True)
class RaceCounters:
    """Counts of what all reviewers together did."""

    counts: Counter[str] = field(default_factory=Counter)
    skipped: set[str] = field(default_factory=set)  # photos
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, name: str, number: int = 1) -> None:
        with self.lock:
            self.counts[name] += number

    def may_skip(self, photo: str) -> bool:
        """Whether a photo may be skipped: once, since skipped photos are offered late."""
        with self.lock:
            is_first = photo not in self.skipped
            self.skipped.add(photo)
            return is_first


class Racer:
    """One reviewer, whose habits are drawn from a seed."""

    def __init__(self, stage: LocalStage, name: str, seed: int, counters: RaceCounters) -> None:
        self.reviewer = Reviewer(stage, name)
        self._random = random.Random(seed)  # noqa: S311 # habits, not secrets
        self._counters = counters
        self._late: list[tuple[float, Json]] = []
        self._verdicts: tuple[str, ...] = ()
        self.accepted: list[tuple[str, int, str]] = []  # photo, number, verdict

    def work(self, is_over: threading.Event) -> None:
        while not is_over.is_set():
            self._send_late_verdicts()
            review = self.reviewer.next()
            if review is None:
                is_over.wait(0.1)
                continue
            self._handle(review)
        self._late = [(0, review) for _, review in self._late]
        self._send_late_verdicts()

    def _handle(self, review: Json) -> None:
        habit = self._random.random()
        if habit < 0.08:
            self._counters.add("abandoned")
            self._late.append((time.monotonic() + LEASE_S + 0.5, review))
        elif habit < 0.14 and self._counters.may_skip(review["photo_id"]):
            path = f"/reviews/{review['photo_id']}/skip"
            self.reviewer.post(path, {"lease_id": review["lease_id"]})
            self._counters.add("skipped")
        else:
            self._decide(review, twice=habit < 0.4, undo=habit > 0.85)

    def _decide(self, review: Json, *, twice: bool, undo: bool) -> None:
        verdict = self._random.choice(self._verdicts)
        response = self.reviewer.verdict(review, verdict, key=review["lease_id"])
        if response.status != 200:
            assert response.body["code"] in {"lease_lost", "already_decided"}, response
            self._counters.add("refused")
            return
        self.accepted.append((review["photo_id"], response.body["decision_seq"], verdict))
        if twice:
            again = self.reviewer.verdict(review, verdict, key=review["lease_id"])
            assert again.body == response.body
            self._counters.add("same_answer")
        if undo:
            self._undo(review["photo_id"], response.body["decision_seq"])

    def _undo(self, photo: str, seq: int) -> None:
        response = self.reviewer.post(f"/reviews/{photo}/undo", {"decision_seq": seq})
        if response.status != 200:
            assert response.body["code"] == "undo_refused", response
            self._counters.add("undo_refused")
            return
        self._counters.add("undone")
        self.accepted.append((photo, response.body["decision_seq"], ""))
        if response.body["review"]:
            self._decide(response.body["review"], twice=False, undo=False)

    def _send_late_verdicts(self) -> None:
        due = [review for at, review in self._late if at <= time.monotonic()]
        self._late = [(at, review) for at, review in self._late if at > time.monotonic()]
        for review in due:
            self._decide(review, twice=False, undo=False)

    def read_choices(self) -> None:
        """Read the verdicts, and make the first call, which is slow, before the race starts."""
        choices = self.reviewer.get("/reviews/choices").body["choices"]
        self._verdicts = tuple(choice["verdict"] for choice in choices)
