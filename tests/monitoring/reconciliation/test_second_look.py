"""`reconcile` has no findings on a stage that works while it is read.

A writer changes bucket, tables and queues between any two reads, as uploads, executions and
reviewers do.
"""

import itertools
import json
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from handlers.domain.ledger.identity import ObjectVersion, photo_id
from handlers.domain.timestamps import stamp
from monitoring.reconciliation import inventory_reader
from monitoring.reconciliation.checker import check
from monitoring.reconciliation.inventory_reader import Places, read_inventory
from monitoring.reconciliation.second_look import examine

RUNS = 100
MOST_STEPS = 3  # between two reads
GRACE = timedelta(minutes=20)
SURE = {"probabilities": {"bicycle": 0.99, "other": 0.01}, "confidence": 0.99, "threshold": 0.9}
PLACES = Places(
    intake_bucket="intake",
    photos_table="photos",
    assignments_table="assignments",
    review_queue_url="review",
    failures_queue_url="failures",
    state_machine_arn="machine",
)


@dataclass
class Stage:
    """Bucket, tables and queues in memory; `work` is called before every read of them."""

    work: Callable[[], None] = lambda: None
    objects: list[ObjectVersion] = field(default_factory=list)
    photos: dict[str, dict[str, Any]] = field(default_factory=dict)
    assignments: dict[str, dict[str, Any]] = field(default_factory=dict)
    messages: dict[str, list[str]] = field(default_factory=lambda: {"review": [], "failures": []})

    def pages(self, _s3: object, **_options: object) -> Iterator[tuple[list[ObjectVersion], Any]]:
        self.work()
        yield list(self.objects), {}

    def photos_table(self, *_: object, **_options: object) -> Any:  # as its caller needs it
        return SimpleNamespace(all_rows=lambda: self._scan(self.photos), rows=self._batch)

    def assignments_table(self, *_: object, **_options: object) -> Any:  # as above
        return SimpleNamespace(all_rows=lambda: self._scan(self.assignments), row=self._row)

    def queue(self, _sqs: object, *, url: str) -> Any:  # as above
        def peek() -> list[str]:
            self.work()
            return [json.dumps({"photo_id": photo}) for photo in self.messages[url]]

        return SimpleNamespace(peek=peek)

    def _scan(self, table: dict[str, dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Read a row at a time, as a scan does, but those that are there at its start."""
        self.work()
        for number, key in enumerate(list(table)):
            if number % 20 == 0:
                self.work()
            if key in table:
                yield dict(table[key])

    def _batch(self, photo_ids: Iterable[str], *, consistent: bool) -> list[dict[str, Any]]:
        assert consistent
        self.work()
        return [dict(self.photos[name]) for name in photo_ids if name in self.photos]

    def _row(self, driver_id: str) -> dict[str, Any] | None:
        self.work()
        return self.assignments.get(driver_id)


class Writer:
    """Takes steps of a working stage; everything that it leaves behind is consistent."""

    def __init__(self, stage: Stage, *, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 # a reproducible order of steps
        self._stage = stage
        self._rows: list[dict[str, Any]] = []
        self._numbers = itertools.count()

    def work(self) -> None:
        for _ in range(self.random.randint(0, MOST_STEPS)):
            steps: list[Callable[[], None]] = [self._arrive, self._decide, self._decide]
            self.random.choice([*steps, self._review, self._reject])()

    def _arrive(self) -> None:
        key = f"intake/d{next(self._numbers)}/u.jpg"
        now = datetime.now(UTC)
        upload = ObjectVersion(
            bucket="intake",
            key=key,
            version_id="v",
            etag="e",
            uploaded_at=now.isoformat(),
            size_bytes=1,
        )
        self._stage.objects.append(upload)
        times = ("uploaded_at", "claimed_at", "updated_at", "received_at")
        row: dict[str, Any] = dict.fromkeys(times, stamp(now))
        row |= {
            "photo_id": photo_id(bucket="intake", key=key, version_id="v", etag="e"),
            "bucket": "intake",
            "key": key,
            "version_id": "v",
            "etag": "e",
            "status": "received",
            "review": "none",
            "attempt": 1,
            "execution_arn": "arn",
            "driver_id": key.split("/")[1],
        }
        self._rows.append(row)
        self._write(row)

    def _decide(self) -> None:
        row = self._any("received")
        if row is None:
            return
        status = self.random.choice(["assigned", "assigned", "in_review", "failed"])
        row["status"] = status
        if status == "assigned":
            row |= {"vehicle": "bicycle", "decided_by": "model", "classification": SURE}
            self._write(row, assignment=True)
            return
        row |= {"review": "open"} if status == "in_review" else {"reason": "Error"}
        self._write(row)
        self._stage.messages["review" if status == "in_review" else "failures"].append(
            row["photo_id"]
        )
        row["enqueued_at"] = stamp(datetime.now(UTC))
        self._write(row)

    def _review(self) -> None:
        row = self._any("in_review")
        if row is not None:
            self._verdict(row, {"status": "assigned", "vehicle": "bicycle"})
            self._write(row, assignment=True)
            self._stage.messages["review"].remove(row["photo_id"])

    def _reject(self) -> None:
        """Reject an assigned photo after a contest; its driver has no other one."""
        row = self._any("assigned")
        if row is not None:
            del row["vehicle"]
            self._verdict(row, {"status": "rejected", "reason": "retake", "message": "Again."})
            del self._stage.assignments[row["driver_id"]]
            self._write(row)

    def _verdict(self, row: dict[str, Any], after: dict[str, Any]) -> None:
        seq = row.get("decision_seq", 0) + 1
        decision = {"seq": seq, "kind": "verdict", "decided_by": "rita", "after": after}
        decision |= {"decided_at": stamp(datetime.now(UTC)), "verdict": "any"}
        row |= {**after, "review": "done", "decided_by": "rita", "decision_seq": seq}
        row["decisions"] = [*row.get("decisions", []), decision]

    def _any(self, status: str) -> dict[str, Any] | None:
        rows = [row for row in self._rows if row["status"] == status]
        return self.random.choice(rows) if rows else None

    def _write(self, row: dict[str, Any], *, assignment: bool = False) -> None:
        row["updated_at"] = stamp(datetime.now(UTC))
        self._stage.photos[row["photo_id"]] = dict(row)
        if assignment:
            names = ("driver_id", "vehicle", "photo_id")
            item = {name: row[name] for name in names} | {"order_range": "nearby"}
            item |= {"photo_order": f"{row['uploaded_at']}#{row['photo_id']}", "valid_until": "v"}
            self._stage.assignments[row["driver_id"]] = item


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A stage on which a writer works whenever something of it is read."""
    stage = Stage()
    stage.work = Writer(stage, seed=20261130).work
    monkeypatch.setattr(inventory_reader, "pages", stage.pages)
    monkeypatch.setattr(inventory_reader, "PhotosTable", stage.photos_table)
    monkeypatch.setattr(inventory_reader, "AssignmentsTable", stage.assignments_table)
    monkeypatch.setattr(inventory_reader, "Queue", stage.queue)
    monkeypatch.setattr(inventory_reader, "_executions", lambda *_: ())
    return stage


def test_a_hundred_runs_have_no_finding(stage: Stage) -> None:
    session = cast("Any", SimpleNamespace(client=lambda _name: None))
    findings, suspected = [], 0
    for _ in range(RUNS):
        inventory = read_inventory(session, PLACES, read_queues=True)
        suspected += len(check(inventory, grace=GRACE).violations)
        _, result = examine(inventory, stage.photos_table(), stage.assignments_table(), grace=GRACE)
        findings += [(violation.rule, violation.detail) for violation in result.violations]
    assert findings == []
    assert suspected > RUNS  # without the second look, each run has some
