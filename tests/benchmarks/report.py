"""The cost of a whole report: `python -m tests.benchmarks.report`.

A day of 100,000 photos, a third of them reviewed: rows from DynamoDB's responses, labels and
captures (without images) from S3's, statistics, page and files. The 29 days before are empty.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from handlers.aws.dynamodb import item_of
from handlers.aws.photo_store import PhotoStore
from handlers.settings import ReporterSettings
from infra.function_specs import FUNCTIONS
from monitoring.report.run import run_report
from monitoring.report.sources import report_sources
from monitoring.report.thumbnails import thumbnails
from monitoring.report.windows import day
from tests.benchmarks.captured_records import GB_SECOND_USD
from tests.benchmarks.measurement import Measurements, run
from tests.conftest import ROOT as PROJECT
from tests.monitoring.canned_aws import CannedAws
from tests.monitoring.capture.lines_of import CLASSES, DAY, VEHICLES, an_answer, an_id, many_lines
from tests.monitoring.capture.peak import peak_bytes
from tests.pictures import a_picture, encoded

TITLE = "A daily report; the price is Lambda's on arm64"
WORKER = "worker"
PHOTOS, SHORT = 100_000, 300
PREFIX = "data-capture/scones-bench-vehicle"
DAY_S = 86_400
ROWS_A_PAGE = 700  # a megabyte, as DynamoDB cuts its answers
REVIEWED = 3  # every third photo
REQUEST_S, AT_ONCE = 0.02, 8  # time of a request within a region, and requests that run at once


def measure(*, short: bool) -> Measurements:
    """Return one row: the cost of the whole report."""
    photos = SHORT if short else PHOTOS
    (memory_mb,) = (spec.memory_mb for spec in FUNCTIONS if spec.name == "report")
    with tempfile.TemporaryDirectory() as folder:
        _write_hours(Path(folder), photos)
        cpu_s, peak, requests, bytes_out = _alone(folder, str(photos))
    usd_a_second = memory_mb / 1024 * GB_SECOND_USD
    waits_s = requests * REQUEST_S / AT_ONCE
    return {
        "report": {
            "photos": photos,
            "cpu_s": cpu_s,
            "peak_mb": peak / 1e6,
            "files_mb": bytes_out / 1e6,
            "requests": requests,
            "usd_cpu_alone": cpu_s * usd_a_second,
            "usd_with_requests": (cpu_s + waits_s) * usd_a_second,
        }
    }


def _alone(*arguments: str) -> list[float]:
    """Measure in an interpreter of its own, whose peak memory is the report's."""
    command = [sys.executable, "-m", "tests.benchmarks.report", WORKER, *arguments]
    measured: list[float] = json.loads(subprocess.check_output(command, cwd=PROJECT))
    return measured


def _measured(folder: Path, photos: int) -> list[float]:
    aws = CannedAws(hours=folder, objects=_objects(folder, photos))
    s3: Any = aws.s3()
    sources = report_sources(_SETTINGS, s3=s3, dynamodb=aws.dynamodb(), sqs=s3)
    start = time.process_time()
    report = run_report(
        sources,
        day(DAY.date(), time_zone="UTC"),
        as_of=DAY + timedelta(hours=29),
        now=datetime(2026, 12, 1, tzinfo=UTC),  # too late to measure the queues
        pictures=partial(thumbnails, PhotoStore(s3)),
        publish=False,
    )
    cpu_s = time.process_time() - start
    assert f"{photos} photos" in report.files["report.html"].decode().replace(",", "")
    return [cpu_s, peak_bytes(), aws.requests.total(), sum(map(len, report.files.values()))]


_SETTINGS = ReporterSettings(
    stage="bench",
    time_zone="UTC",
    photos_table="photos",
    intake_bucket="b",
    capture_bucket="b",
    capture_prefix=PREFIX,
    capture_retention_days=30,
    capture_sampling_percentage=100,
    reports_bucket="b",
    report_days=1,
    report_topic_arn="",
    review_queue_url="",
    failures_queue_url="",
    dead_letters_urls="",
    vehicles=",".join(VEHICLES),
    audit_days=30,
    labels_bucket="b",
    error_budget=0.005,
    budget_alarm_alpha=0.01,
    budget_proof_alpha=0.05,
)


def _at(number: int) -> datetime:
    return DAY + timedelta(seconds=number % DAY_S)  # as in the captured records


def _write_hours(folder: Path, photos: int) -> None:
    rows: dict[str, list[dict[str, Any]]] = {}
    captured: dict[str, list[int]] = {}
    for number in range(photos):
        hour = f"{_at(number):%Y-%m-%dT%H}"
        rows.setdefault(hour, []).append(item_of(_row(number)))
        captured.setdefault(hour, []).append(number)
    for hour, items in rows.items():
        for page, start in enumerate(range(0, len(items), ROWS_A_PAGE)):
            response: dict[str, Any] = {"Items": items[start : start + ROWS_A_PAGE]}
            if start + ROWS_A_PAGE < len(items):
                response["LastEvaluatedKey"] = {"page": {"N": str(page + 1)}}
            (folder / f"{hour}.{page}.json").write_text(json.dumps(response), encoding="utf-8")
    for hour, numbers in captured.items():
        lines = b"".join(many_lines(range(number, number + 1)) for number in numbers)
        (folder / f"{hour}.jsonl").write_bytes(lines)


def _row(number: int) -> dict[str, object]:
    at = f"{_at(number):%Y-%m-%dT%H:%M:%S}.000Z"
    answer = an_answer(number)
    confidence = max(answer["probabilities"][vehicle] for vehicle in VEHICLES)
    is_reviewed = number % REVIEWED == 0
    decision = {"seq": 1, "kind": "verdict", "verdict": CLASSES[number % 2], "decided_by": "rita"}
    return {
        "photo_id": an_id(number),
        "bucket": "b",
        "key": f"intake/driver-{number % 500}/{number}.jpg",
        "version_id": an_id(number)[:32],
        "etag": an_id(number)[:32],
        "size_bytes": 1_900_000,
        "status": "assigned",
        "attempt": 1,
        "execution_arn": f"arn:aws:states:us-east-1:123456789012:execution:Machine:{number:036}",
        **dict.fromkeys(("uploaded_at", "received_at", "claimed_at", "updated_at"), at),
        "received_hour": at[:13],
        "driver_id": f"driver-{number % 500}",
        "upload_id": str(number),
        "vehicle": CLASSES[number % 2],
        "order_range": "nearby",
        "decided_by": "rita" if is_reviewed else "model",
        "review": "done" if is_reviewed else "none",
        "review_reason": "low_confidence" if is_reviewed else "",
        **({"enqueued_at": at, "decision_seq": 1} if is_reviewed else {}),
        "decisions": [{**decision, "decided_at": at}] if is_reviewed else [],
        "model_version": answer["model_version"],
        "classification": {
            **answer,
            "vehicle": max(VEHICLES, key=answer["probabilities"].__getitem__),
            "confidence": confidence,
            "threshold": 0.9,
            "threshold_source": "calibrated",
        },
        "quality": {
            "width": 4032,
            "height": 3024,
            "size_bytes": 1_900_000,
            "image_format": "JPEG",
            "orientation": 1,
            **dict.fromkeys(_SHARES, 0.3 + number * 31 % 997 / 2000),
            "sharpness": 2 + number * 17 % 991 / 1_000,
            "defects": [],
        },
    }


_SHARES = ("brightness", "contrast", "dark_share", "clipped_share")


def _objects(folder: Path, photos: int) -> dict[str, Callable[[], bytes]]:
    shipped = next(PROJECT.glob("training/shipped/baseline.json")).read_text(encoding="utf-8")
    baseline = json.dumps({**json.loads(shipped), "model_version": "m1"}).encode()
    objects: dict[str, Callable[[], bytes]] = {"baselines/m1.json": lambda: baseline}
    picture = encoded(a_picture((4032, 3024)), "JPEG", quality=90)
    objects["intake/"] = lambda: picture
    for file in folder.glob("*.jsonl"):
        hour = datetime.fromisoformat(f"{file.stem}:00")
        objects[f"{PREFIX}/AllTraffic/{hour:%Y/%m/%d/%H}/a.jsonl"] = file.read_bytes
    for number in range(0, photos, REVIEWED):
        key = f"labels/{_at(number):%Y/%m/%d/%H}/{an_id(number)}-000001.jsonl"
        objects[key] = partial(_label, number)
    return objects


def _label(number: int) -> bytes:
    at = f"{_at(number):%Y-%m-%dT%H:%M:%S}.000Z"
    line = {
        "groundTruthData": {"data": CLASSES[number % 2], "encoding": "CSV"},
        "eventMetadata": {"eventId": an_id(number)},
        "eventVersion": "0",
        "scones": {"decision_seq": 1, "decided_by": "rita", "decided_at": at, "kind": "verdict"},
    }
    return json.dumps(line).encode()


if __name__ == "__main__":
    if sys.argv[1:2] == [WORKER]:
        sys.stdout.write(json.dumps(_measured(Path(sys.argv[2]), int(sys.argv[3]))))
    else:
        run(measure, TITLE)
