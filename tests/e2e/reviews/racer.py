"""A reviewer with bad habits: leaves, skips, submits twice, takes back, comes back too late."""

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from infra.local.stage.stage import LocalStage
from tests.e2e.reviews.office import Json, Reviewer

LEASE_S = 2


@dataclass(kw_only=True)
class Tally:
    """What happened, counted by all reviewers together."""

    counts: Counter[str] = field(default_factory=Counter)
    skipped: set[str] = field(default_factory=set)  # photos
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, name: str, number: int = 1) -> None:
        with self.lock:
            self.counts[name] += number

    def may_skip(self, photo: str) -> bool:
        """Once a photo: one that everybody skips is offered to nobody for minutes."""
        with self.lock:
            is_first = photo not in self.skipped
            self.skipped.add(photo)
            return is_first


class Racer:
    """One reviewer with bad habits, drawn from a seed."""

    def __init__(self, stage: LocalStage, name: str, seed: int, tally: Tally) -> None:
        self.reviewer = Reviewer(stage, name)
        self._random = random.Random(seed)  # noqa: S311 # habits, not secrets
        self._tally = tally
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
            self._tally.add("abandoned")
            self._late.append((time.monotonic() + LEASE_S + 0.5, review))
        elif habit < 0.14 and self._tally.may_skip(review["photo_id"]):
            path = f"/reviews/{review['photo_id']}/skip"
            self.reviewer.post(path, {"lease_id": review["lease_id"]})
            self._tally.add("skipped")
        else:
            self._decide(review, twice=habit < 0.4, regret=habit > 0.85)

    def _decide(self, review: Json, *, twice: bool, regret: bool) -> None:
        verdict = self._random.choice(self._verdicts)
        answer = self.reviewer.verdict(review, verdict, key=review["lease_id"])
        if answer.status != 200:
            assert answer.body["code"] in {"lease_lost", "already_decided"}, answer
            self._tally.add("refused")
            return
        self.accepted.append((review["photo_id"], answer.body["decision_seq"], verdict))
        if twice:
            again = self.reviewer.verdict(review, verdict, key=review["lease_id"])
            assert again.body == answer.body
            self._tally.add("same_answer")
        if regret:
            self._regret(review["photo_id"], answer.body["decision_seq"])

    def _regret(self, photo: str, seq: int) -> None:
        answer = self.reviewer.post(f"/reviews/{photo}/undo", {"decision_seq": seq})
        if answer.status != 200:
            assert answer.body["code"] == "undo_refused", answer
            self._tally.add("undo_refused")
            return
        self._tally.add("undone")
        self.accepted.append((photo, answer.body["decision_seq"], ""))
        if answer.body["review"]:
            self._decide(answer.body["review"], twice=False, regret=False)

    def _send_late_verdicts(self) -> None:
        due = [review for at, review in self._late if at <= time.monotonic()]
        self._late = [(at, review) for at, review in self._late if at > time.monotonic()]
        for review in due:
            self._decide(review, twice=False, regret=False)

    def learn(self) -> None:
        """Also the first call, which is slow, before the clock runs."""
        choices = self.reviewer.get("/reviews/choices").body["choices"]
        self._verdicts = tuple(each["verdict"] for each in choices)
