"""The report's function under moto: empty days, late files, repeated events, email."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import boto3
import pytest
from PIL import Image

from handlers.aws.bucket import Bucket, StoredObject
from handlers.aws.known_items import KnownItems
from handlers.aws.topic import Topic
from handlers.domain.ledger.schema import REVIEWERS
from infra.demo.demo_day import demo_inputs
from monitoring import metric_names as names
from monitoring.report import QueueFigures
from monitoring.report import handler as reporter
from monitoring.report.inputs import gather
from monitoring.report.store import ReportStore
from monitoring.report.windows import InvalidWindow, day
from tests.conftest import NAMESPACE
from tests.monitoring.conftest import AS_OF, DAY, EVENT, Stage
from tests.tables import create_table


def test_an_empty_day_has_a_report_of_not_enough_data(stage: Stage) -> None:
    answer = stage.call(EVENT)
    assert answer["verdict"] == "NOT ENOUGH DATA"
    assert answer["folder"] == "s3://reports/reports/test/2026-11-21/day/"
    assert stage.document()["conservation"]["received"] == 0


def test_the_same_event_gives_the_same_bytes(stage: Stage) -> None:
    for number in range(3):
        stage.capture(stage.photo(number))
    stage.call(EVENT)
    first = stage.files()
    stage.call(EVENT)
    assert stage.files() == first
    assert {key.rpartition("/")[2] for key in first if key.startswith("reports/")} >= {
        *("report.html", "report.json", "photos.csv", "statistics.json"),
        "constraint_violations.json",
    }
    assert [key for key in first if key.startswith("history/test/")] == [
        "history/test/20261122T000000Z-20261121T000000Z.json"
    ]


def test_photos_of_other_days_are_not_in_the_report(stage: Stage) -> None:
    inside = stage.photo(1)
    stage.photo(2, at=DAY - timedelta(days=1))
    stage.photo(3, at=DAY + timedelta(days=1))
    stage.call(EVENT)
    assert stage.document()["conservation"]["received"] == 1
    listed = stage.files()["reports/test/2026-11-21/day/photos.csv"].decode()
    assert inside in listed


def test_a_capture_that_came_late_is_in_the_next_report(stage: Stage) -> None:
    photos = [stage.photo(number) for number in range(4)]
    for photo in photos[:2]:
        stage.capture(photo)
    stage.call(EVENT)
    assert stage.document()["metrics"]["CaptureCompleteness"] == pytest.approx(0.5)
    for photo in photos[2:]:
        stage.capture(photo)
    stage.call(EVENT)
    assert stage.document()["metrics"]["CaptureCompleteness"] == pytest.approx(1.0)


def test_a_malformed_row_does_not_stop_the_report(stage: Stage) -> None:
    stage.photo(1)
    stage.photo(2, attempt="many")
    stage.call(EVENT)
    assert stage.document()["conservation"]["received"] == 1


def test_a_verdict_reaches_the_report_from_the_labels(stage: Stage) -> None:
    photo = stage.photo(1, review="done", review_reason="audit")
    label = {
        "groundTruthData": {"data": "van", "encoding": "CSV"},
        "eventMetadata": {"eventId": photo},
        "eventVersion": "0",
    }
    key = f"labels/2026/11/21/12/{photo}-000001.jsonl"
    stage.s3.put_object(Bucket="labels", Key=key, Body=json.dumps(label).encode())
    stage.call(EVENT)
    listed = stage.files()["reports/test/2026-11-21/day/photos.csv"].decode().splitlines()
    assert "van" in listed[1].split(",")


def test_reviewers_are_measured_by_known_items(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    decision = {"seq": 1, "kind": "verdict", "verdict": "van", "decided_by": "rita"}
    dated = {**decision, "decided_at": "2026-11-21T12:00:00Z"}
    photos = [
        stage.photo(number, review="done", review_reason="low_confidence", decisions=[dated])
        for number in range(3)
    ]
    create_table(boto3.client("dynamodb"), REVIEWERS, "reviewers")
    items = KnownItems(boto3.client("dynamodb"), table="reviewers")
    items.add(photos[0], "van")
    items.add(photos[1], "car")
    monkeypatch.setenv("REVIEWERS_TABLE", "reviewers")
    reporter._dependencies.cache_clear()
    stage.call(EVENT)
    seeded = stage.document()["accuracy"]["known_items"]
    assert (seeded["n"], seeded["value"]) == (2, 0.5)


def test_a_scheduled_report_is_counted_and_sent(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.call({"scheduled_at": AS_OF})
    (email,) = stage.emails()
    assert "NOT ENOUGH DATA" in email
    assert all(f"{name}?" in email for name in ("report.html", "photos.csv", "labelled.csv"))
    assert "2026-11-21" in email
    counted = [line for line in capsys.readouterr().out.splitlines() if "CloudWatchMetrics" in line]
    (emf,) = (json.loads(line) for line in counted)
    assert emf[names.REPORT_PUBLISHED] == [1.0]
    assert names.REPORT_VERDICT not in emf  # too few photos must not end yesterday's alarm
    assert emf["service"] == names.REPORT
    (directive,) = emf["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == NAMESPACE


def test_a_report_about_the_past_sends_no_email_and_no_metrics(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.call(EVENT)
    assert stage.emails() == []
    assert names.REPORT_VERDICT not in capsys.readouterr().out


def test_a_second_delivery_of_the_schedule_makes_the_same_report_and_sends_no_email(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.photo(1)
    event = {"scheduled_at": AS_OF}
    first = stage.call(event)
    files = stage.files()
    assert len(stage.emails()) == 1
    assert names.REPORT_PUBLISHED in capsys.readouterr().out
    assert stage.call(event) == first
    assert stage.files() == files
    assert stage.emails() == []
    assert names.REPORT_PUBLISHED not in capsys.readouterr().out
    stage.call({"scheduled_at": "2026-11-23T05:15:00Z"})  # the next day's
    assert len(stage.emails()) == 1


def test_an_email_that_was_not_sent_is_sent_at_the_next_delivery(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    event = {"scheduled_at": AS_OF}
    with monkeypatch.context() as patch:
        patch.setattr(Topic, "publish", _refuse)
        with pytest.raises(ConnectionError):
            stage.call(event)
    # No email was sent, so the alarm about a missing report must not receive a metric.
    assert names.REPORT_PUBLISHED not in capsys.readouterr().out
    stage.call(event)
    assert len(stage.emails()) == 1
    assert names.REPORT_PUBLISHED in capsys.readouterr().out


def test_a_crash_after_the_email_sends_it_twice_rather_than_never(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = {"scheduled_at": AS_OF}
    with monkeypatch.context() as patch:
        patch.setattr(ReportStore, "mark_notified", _refuse)
        with pytest.raises(ConnectionError):
            stage.call(event)
    stage.call(event)
    stage.call(event)
    assert len(stage.emails()) == 2


def _refuse(*_: object) -> None:
    raise ConnectionError


def test_queues_are_measured_once_for_a_moment_and_the_figures_are_kept(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.failure()
    now = datetime.now(UTC).replace(microsecond=0)
    event = {"from": "2026-11-21", "as_of": now.isoformat()}
    stage.call(event)
    first = stage.files()
    assert stage.document()["queues"]["failures_waiting"] == 1
    stage.failure()
    stage.call(event)
    assert stage.files() == first
    monkeypatch.setattr("monitoring.report.inputs._FRESH", timedelta(days=-1))  # as if much later
    stage.call(event)
    assert stage.files() == first
    stage.call({**event, "as_of": (now - timedelta(minutes=1)).isoformat()})
    assert stage.document()["queues"]["failures_waiting"] is None


def test_without_the_schedules_time_the_report_is_as_of_now(stage: Stage) -> None:
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    answer = stage.call({"scheduled_at": "<aws.scheduler.scheduled-time>"})
    assert f"/{yesterday}/" in answer["folder"]


def test_a_report_of_several_days_makes_no_history(stage: Stage) -> None:
    stage.set(report_days="7")
    stage.photo(1, at=DAY - timedelta(days=6))
    answer = stage.call({"scheduled_at": AS_OF})
    folder = "reports/test/2026-11-15/20261115T000000Z-20261122T000000Z/"
    assert answer["folder"] == f"s3://reports/{folder}"
    assert stage.document(folder)["conservation"]["received"] == 1
    assert not [key for key in stage.files() if key.startswith("history/test/")]


def test_an_unfinished_day_is_reported_as_of_its_time(stage: Stage) -> None:
    early, late = stage.photo(0), stage.photo(120)
    for photo in (early, late):
        stage.capture(photo, at=DAY - timedelta(hours=1))
    stage.call({"from": "2026-11-21", "as_of": "2026-11-21T09:00:00Z"})
    document = stage.document()
    assert document["conservation"]["received"] == 1
    assert document["capture"]["completeness"] == 1
    assert not [key for key in stage.files() if key.startswith("history/test/")]
    stage.call(EVENT)
    assert [key for key in stage.files() if key.startswith("history/test/")]


@pytest.mark.parametrize(
    "event",
    [
        {"from": "9999-12-31"},
        {"from": "0001-01-01"},
        {"as_of": "0001-01-01T00:00:00+14:00"},
        {"as_of": "9999-12-31T23:59:59-14:00"},
        {"from": "2026-11-21", "as_of": "9999-12-31T23:59:59Z"},
    ],
)
def test_times_at_the_ends_of_the_calendar_are_refused(stage: Stage, event: dict[str, str]) -> None:
    with pytest.raises(InvalidWindow, match="out of range"):
        stage.call(event)


def test_a_report_about_last_winter_does_not_list_every_hour_since(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    winter = datetime(2026, 1, 21, tzinfo=UTC)
    photo = stage.photo(1, at=winter)
    line = {"groundTruthData": {"data": "van"}, "eventMetadata": {"eventId": photo}}
    stage.label(photo, json.dumps(line).encode(), hour="2026/10/02/12")
    stage.label("0" * 64, b"of another photo: not even read", hour="2026/10/02/12")
    prefixes: list[str] = []
    listed = Bucket.listed

    def recorded(self: Bucket, prefix: str) -> Iterator[StoredObject]:
        prefixes.append(prefix)
        return listed(self, prefix)

    monkeypatch.setattr(Bucket, "listed", recorded)
    report_inputs = gather(
        reporter._dependencies().sources,
        day(winter.date(), time_zone="UTC"),
        as_of=datetime(2026, 11, 22, tzinfo=UTC),
        queues=QueueFigures(),
    )
    assert (report_inputs.photos[0].verdict, report_inputs.unreadable_labels) == ("van", 0)
    assert len([prefix for prefix in prefixes if prefix.startswith("labels/")]) < 60


def test_an_invalid_window_is_refused(stage: Stage) -> None:
    with pytest.raises(InvalidWindow):
        stage.call({"from": "2026-11-21", "to": "2020-01-01", "as_of": AS_OF})
    assert stage.files() == {}


def test_a_stored_baseline_serves_the_report_of_an_old_model(stage: Stage) -> None:
    (baseline,) = demo_inputs(["car", "van"], ["car", "van"]).baselines.values()
    text = baseline.to_json().replace(baseline.model_version, "m1")
    stage.s3.put_object(Bucket="reports", Key="baselines/m1.json", Body=text.encode())
    for number in range(60):
        stage.photo(number % 60, photo_id=f"{number:064}")
    stage.call(EVENT)
    assert "reports/test/2026-11-21/day/constraints.json" in stage.files()


def test_thumbnails_are_small_and_unreadable_photos_are_left_out(stage: Stage) -> None:
    jpeg = io.BytesIO()
    Image.new("RGB", (900, 600), "teal").save(jpeg, "JPEG")
    stage.s3.put_bucket_versioning(Bucket="intake", VersioningConfiguration={"Status": "Enabled"})
    versions = {
        name: stage.s3.put_object(Bucket="intake", Key=f"intake/d1/{name}.jpg", Body=body)[
            "VersionId"
        ]
        for name, body in {"a": jpeg.getvalue(), "b": b"no photo"}.items()
    }
    photos = [
        SimpleNamespace(
            photo_id=name,
            bucket="intake",
            key=f"intake/d1/{name}.jpg",
            version_id=versions.get(name, "never-was"),
            driver_id="",
        )
        for name in ("a", "b", "gone")
    ]
    wanted = ["a", "b", "gone", "unknown"]
    (thumbnail,) = reporter._dependencies().pictures(cast("Any", photos), wanted)
    assert thumbnail.photo_id == "a"
    assert thumbnail.data_uri.startswith("data:image/jpeg;base64,")
    assert len(thumbnail.data_uri) < 10_000


def test_audits_of_days_that_are_no_longer_read_count_for_the_budget(stage: Stage) -> None:
    """An undone verdict within the audit days is corrected; older days come from the record."""
    for i in range(3):
        _audited(stage, i, at=DAY + timedelta(days=i), verdict="van" if i == 2 else "car")
    stage.call({"from": "2026-11-23", "as_of": "2026-11-24T05:00:00Z"})
    first = stage.document("reports/test/2026-11-23/day/")["budget"][0]
    assert (first["audited"], first["wrong"]) == (3, 1)

    _audited(stage, 2, at=DAY + timedelta(days=2), verdict="")
    stage.photo(9, at=DAY + timedelta(days=8))  # a week after the first two audits
    stage.call({"from": "2026-11-29", "as_of": "2026-11-30T05:00:00Z"})
    later = stage.document("reports/test/2026-11-29/day/")["budget"][0]
    assert (later["audited"], later["wrong"]) == (2, 0)


def _audited(stage: Stage, number: int, *, at: datetime, verdict: str) -> None:
    decided = (at + timedelta(hours=12)).isoformat()
    decision = {"seq": 1, "kind": "verdict", "verdict": verdict, "decided_by": "rita"}
    stage.photo(
        number,
        at=at,
        review="done",
        review_reason="audit",
        decisions=[{**decision, "decided_at": decided}],
    )
