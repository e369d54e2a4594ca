"""Runs a burst and an outage on a local stage that throttles, beside the model of the same.

The model gets what is not its own matter from the stage: the arrivals, the durations of calls as
they were under this load, and the time of the first drain. Compared is what follows from the
definition, the throttling, the breaker and the drain: what becomes of the photos, the time until
all are decided, and the transitions a photo.
"""

import io
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import fmean
from typing import Any

from handlers.domain.ledger.rows import FINAL_STATUSES
from infra.demo.samples import drawing
from infra.local.stage.stage import ASSEMBLY, MODEL, LocalStage, running_stage
from infra.operations.target import Target
from infra.operations.upload import SubmittedUpload, key_of, upload_one
from infra.synthesis.synth import synthesize
from tests.bursts.failing_endpoint import DOWN
from tests.bursts.model import DRAIN_EVERY_S, Durations, Load
from tests.bursts.scenarios import Outcome, measure
from tests.bursts.workflows import FUNCTIONS

CONCURRENCY = 4
BURST, BURST_S = 200, 5.0
OUTAGE_PHOTOS, OUTAGE_S = 60, 30.0
MODEL_SEEDS = 10
# The emulator and its functions share two processors: their durations vary during a run, and the
# model knows their mean.
TOLERANCE, TOLERANCE_S = 0.3, 15.0
_WITHIN_S = 400.0
_SIZE = (2400, 1800)  # a function is busy for long enough for others to be throttled
_WRITE = "write"
_THROTTLED, _DOWN = "Lambda.TooManyRequestsException", "EndpointUnavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """All executions of one load."""

    photos: int
    outage_s: float
    arrivals: tuple[float, ...]  # of first attempts, seconds after the load's start
    first_drain_s: float
    statuses: Mapping[str, int]
    ended_s: float
    parked: int
    transitions: float
    durations: Durations


def compare(*, write: Callable[[str], object]) -> int:
    """Run both loads and write both results line by line; return 0 if all agree."""
    agree = True
    assembly = synthesize("local", ASSEMBLY)
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder, "model")
        shutil.copytree(MODEL, model)
        photo = Path(folder, "photo.jpg")
        photo.write_bytes(_photo())
        with running_stage(
            assembly=assembly,
            model_dir=model,
            serving_app="tests.bursts.failing_endpoint:create_app",
            # A function's calls would wait for a worker, instead of being throttled.
            workers=BURST,
            concurrency=CONCURRENCY,
        ) as stage:
            runner = Runner(Target.of_stage(stage), stage, photo, model / DOWN)
            runner.run("warm", photos=4 * CONCURRENCY, within_s=1.0)
            for trace in (
                runner.run("burst", photos=BURST, within_s=BURST_S),
                runner.run("outage", photos=OUTAGE_PHOTOS, within_s=OUTAGE_S, outage_s=OUTAGE_S),
            ):
                for line, agrees in _lines(trace):
                    write(line)
                    agree &= agrees
    return 0 if agree else 1


def _photo() -> bytes:
    content = io.BytesIO()
    drawing("bicycle", "burst", _SIZE).save(content, "JPEG", quality=75)
    return content.getvalue()


@dataclass(frozen=True, slots=True)
class Runner:
    """Sends loads to a stage, one after the other, and reads what became of them."""

    target: Target
    stage: LocalStage
    photo: Path
    switch: Path  # the endpoint is down while this file exists

    def run(self, name: str, *, photos: int, within_s: float, outage_s: float = 0.0) -> Trace:
        """Upload photos at even distances; return when all have ended.

        Raises: TimeoutError.
        """
        if outage_s:
            self.switch.touch()
        began, began_at = time.monotonic(), time.time()
        s3 = self.stage.client("s3")

        def upload(number: int) -> SubmittedUpload:
            time.sleep(max(0.0, began + number * within_s / photos - time.monotonic()))
            return upload_one(
                s3,
                bucket=self.target.output("IntakeBucket"),
                path=self.photo,
                key=key_of(f"{name}-{number:04d}", f"{number:04d}", self.photo),
            )

        with ThreadPoolExecutor(max_workers=8) as pool:
            uploads = list(pool.map(upload, range(photos)))
        time.sleep(max(0.0, began + outage_s - time.monotonic()))
        self.switch.unlink(missing_ok=True)
        rows = self._final_rows({upload.photo_id for upload in uploads})
        return self._trace(list(rows.values()), outage_s=outage_s, began_at=began_at)

    def _final_rows(self, photo_ids: set[str]) -> dict[str, dict[str, Any]]:
        deadline = time.monotonic() + _WITHIN_S
        scan = self.stage.client("dynamodb").get_paginator("scan")
        while time.monotonic() < deadline:
            pages = scan.paginate(TableName=self.target.output("PhotosTable"), ConsistentRead=True)
            rows = {row["photo_id"]["S"]: row for page in pages for row in page["Items"]}
            own = {photo: row for photo, row in rows.items() if photo in photo_ids}
            if len(own) == len(photo_ids) and all(
                row["status"]["S"] in FINAL_STATUSES for row in own.values()
            ):
                return own
            time.sleep(2)
        raise TimeoutError(f"photos without an outcome after {_WITHIN_S:.0f} s")

    def _trace(self, rows: list[dict[str, Any]], *, outage_s: float, began_at: float) -> Trace:
        histories = self._histories(began_at)
        statuses = [row["status"]["S"] for row in rows]
        decided = [datetime.fromisoformat(row["updated_at"]["S"]).timestamp() for row in rows]
        firsts: dict[str, float] = {}
        for photo, events in histories:
            at = events[0]["timestamp"].timestamp() - began_at
            firsts[photo] = min(at, firsts.get(photo, at))
        return Trace(
            photos=len(rows),
            outage_s=outage_s,
            arrivals=tuple(sorted(firsts.values())),
            first_drain_s=self._first_drain(began_at),
            statuses={status: statuses.count(status) for status in sorted(set(statuses))},
            ended_s=max(decided) - began_at,
            parked=sum("parkings" in row for row in rows),
            transitions=sum(_transitions(events) for _, events in histories) / len(rows),
            durations=_durations([events for _, events in histories]),
        )

    def _histories(self, began_at: float) -> list[tuple[str, list[dict[str, Any]]]]:
        """Return key of the photo and events of every execution since a time."""
        client = self.stage.client("stepfunctions")
        pages = client.get_paginator("list_executions").paginate(
            stateMachineArn=self.target.output("StateMachineArn")
        )
        arns = [
            execution["executionArn"]
            for page in pages
            for execution in page["executions"]
            if execution["startDate"].timestamp() >= began_at
        ]
        events = (
            client.get_execution_history(executionArn=arn, maxResults=1000)["events"]
            for arn in arns
        )
        return [(_key(history), history) for history in events]

    def _first_drain(self, began_at: float) -> float:
        """Return seconds from a time to the next round of the drain, which begins every minute."""
        scheduler = self.stage.client("scheduler")
        (schedule,) = (
            schedule
            for schedule in scheduler.list_schedules()["Schedules"]
            if "DrainSchedule" in schedule["Name"]
        )
        created = schedule["CreationDate"].timestamp()
        return float((created - began_at) % DRAIN_EVERY_S)


def _key(events: Sequence[Mapping[str, Any]]) -> str:
    details = json.loads(events[0]["executionStartedEventDetails"]["input"])
    return str(details["detail"]["object"]["key"])


def _transitions(events: Sequence[Mapping[str, Any]]) -> int:
    """States entered, and tries of a task after its first."""
    kinds: list[str] = [event["type"] for event in events]
    return (
        sum(kind.endswith("StateEntered") for kind in kinds)
        + kinds.count("TaskScheduled")
        - kinds.count("TaskStateEntered")
    )


def _durations(histories: Sequence[Sequence[Mapping[str, Any]]]) -> Durations:
    """Return the mean durations of calls of a function, of DynamoDB, and of two failures."""
    taken: dict[str, list[float]] = {}
    for events in histories:
        for what, seconds in _calls(events):
            known = what in {*FUNCTIONS, _THROTTLED, _DOWN}
            taken.setdefault(what if known else _WRITE, []).append(seconds)
    means = {what: fmean(seconds) for what, seconds in taken.items()}
    return Durations(
        functions={name: means[name] for name in FUNCTIONS},
        write=means[_WRITE],
        throttle=means.get(_THROTTLED, 0.01),
        endpoint_down=means.get(_DOWN, 0.01),
    )


def _calls(events: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, float]]:
    """Yield each call's state or, if it failed, its error, and its seconds."""
    state, scheduled = "", 0.0
    for event in events:
        at = event["timestamp"].timestamp()
        if event["type"] == "TaskStateEntered":
            state = event["stateEnteredEventDetails"]["name"]
        elif event["type"] == "TaskScheduled":
            scheduled = at
        elif event["type"] == "TaskSucceeded":
            yield state, at - scheduled
        elif event["type"] == "TaskFailed":
            yield event["taskFailedEventDetails"]["error"], at - scheduled


def _lines(trace: Trace) -> Iterator[tuple[str, bool]]:
    """Yield the result of a load, a line a figure, and whether stage and model agree in it."""
    load = Load(
        arrivals=list(trace.arrivals),
        concurrency=CONCURRENCY,
        outage_s=trace.outage_s,
        durations=trace.durations,
        is_warm=True,
        first_drain_s=trace.first_drain_s,
    )
    modelled = [measure([(load, seed)]) for seed in range(MODEL_SEEDS)]
    kind = f"endpoint down {trace.outage_s:.0f} s" if trace.outage_s else "burst"
    yield f"{kind}: {trace.photos} photos, account limit {CONCURRENCY}", True
    yield f"  measured durations: {trace.durations}; first drain {trace.first_drain_s:.0f} s", True
    for figure, now, of_model in (
        ("failed", trace.statuses.get("failed", 0), _mean(modelled, "failed")),
        ("lost", trace.photos - sum(trace.statuses.values()), _mean(modelled, "lost")),
    ):
        yield f"  {figure}: stage {now}, model {of_model:.0f}", now == of_model == 0
    for figure, measured, of_model, least in (
        ("all decided after, s", trace.ended_s, _mean(modelled, "ended_s"), TOLERANCE_S),
        ("transitions a photo", trace.transitions, _mean(modelled, "transitions"), 0.0),
    ):
        agrees = abs(measured - of_model) <= max(TOLERANCE * of_model, least)
        word = "agrees" if agrees else "DIFFERS"
        yield f"  {figure}: stage {measured:.1f}, model {of_model:.1f}: {word}", agrees
    yield f"  parked: stage {trace.parked}, model {_mean(modelled, 'parked'):.0f}", True


def _mean(outcomes: Sequence[Outcome], figure: str) -> float:
    return fmean(getattr(outcome, figure) for outcome in outcomes)
