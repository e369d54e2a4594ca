"""The report's function on AWS as moto plays it: empty days, late files, twice the same, mail."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest
from moto import mock_aws
from PIL import Image

from handlers.aws.known_items import KnownItems
from handlers.domain.captured import OUTPUT, Call, capture_key, capture_line
from handlers.domain.identity import photo_id
from monitoring import metric_names as names
from monitoring import reporter
from monitoring.demo_day import demo_inputs
from monitoring.windows import InvalidWindow
from tests.conftest import NAMESPACE
from tests.tables import create_photos_table

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

DAY = datetime(2026, 11, 21, tzinfo=UTC)
AS_OF = "2026-11-22T05:15:00Z"
EVENT = {"from": "2026-11-21", "as_of": AS_OF}
PREFIX = "data-capture/scones-test-vehicle"
BUCKETS = ("intake", "captures", "labels", "reports")


class Stage:
    """What the function reads and writes."""

    def __init__(self, context: "LambdaContext") -> None:
        self.s3 = boto3.client("s3")
        self._context = context

    def call(self, event: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = reporter.lambda_handler(event, self._context)
        return answer

    def photo(self, number: int, *, at: datetime = DAY, **changes: Any) -> str:
        """A row of the ledger, as the state machine writes it."""
        moment = at + timedelta(hours=8, minutes=number)
        text = moment.isoformat().replace("+00:00", "Z")
        key = f"intake/d1/{number}.jpg"
        row: dict[str, Any] = {
            "photo_id": photo_id(bucket="intake", key=key, version_id="v", etag="e"),
            "bucket": "intake",
            "key": key,
            "version_id": "v",
            "etag": "e",
            "status": "assigned",
            "attempt": 1,
            "execution_arn": "arn",
            "uploaded_at": text,
            "received_at": text,
            "received_hour": text[:13],
            "claimed_at": text,
            "updated_at": text,
            "review": "none",
            "model_version": "m1",
            "classification": {
                "probabilities": {"car": _number(0.97), "van": _number(0.03)},
                "confidence": _number(0.97),
                "vehicle": "car",
                "threshold": _number(0.9),
                "threshold_source": "calibrated",
            },
            "quality": {"brightness": _number(0.5), "image_format": "JPEG", "defects": []},
        }
        item = {**row, **changes}
        boto3.resource("dynamodb").Table("photos").put_item(Item=item)
        return str(item["photo_id"])

    def capture(self, photo: str, *, at: datetime = DAY) -> None:
        moment = at + timedelta(hours=9)
        answer = {"probabilities": {"car": 0.97, "van": 0.03}, "model_version": "m1"}
        call = Call(inference_id=photo, request=b"", answer=answer)
        self.s3.put_object(
            Bucket="captures",
            Key=capture_key(call, prefix=f"{PREFIX}/AllTraffic", at=moment),
            Body=capture_line(call, modes={OUTPUT}, at=moment).encode(),
        )

    def failure(self) -> None:
        url = boto3.client("sqs").get_queue_url(QueueName="failures")["QueueUrl"]
        boto3.client("sqs").send_message(QueueUrl=url, MessageBody="{}")

    def files(self) -> dict[str, bytes]:
        listed = self.s3.list_objects_v2(Bucket="reports").get("Contents", [])
        return {
            each["Key"]: self.s3.get_object(Bucket="reports", Key=each["Key"])["Body"].read()
            for each in listed
        }

    def document(self, folder: str = "reports/test/2026-11-21/day/") -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.files()[f"{folder}report.json"])
        return document

    def mails(self) -> list[str]:
        found = boto3.client("sqs").receive_message(QueueUrl=self.inbox, MaxNumberOfMessages=10)
        return [each["Body"] for each in found.get("Messages", [])]

    @property
    def inbox(self) -> str:
        return boto3.client("sqs").get_queue_url(QueueName="inbox")["QueueUrl"]


def _number(value: float) -> Any:
    return boto3.dynamodb.types.Decimal(str(value))  # type: ignore[attr-defined] # its own name


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    context = SimpleNamespace(
        function_name="f",
        memory_limit_in_mb=128,
        invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:f",
        aws_request_id="request",
    )
    with mock_aws():
        create_photos_table()
        for bucket in BUCKETS:
            boto3.client("s3").create_bucket(Bucket=bucket)
        sqs, sns = boto3.client("sqs"), boto3.client("sns")
        queues = {
            name: sqs.create_queue(QueueName=name)["QueueUrl"]
            for name in ("reviews", "failures", "dead", "inbox")
        }
        topic = sns.create_topic(Name="reports")["TopicArn"]
        inbox = "arn:aws:sqs:us-east-1:123456789012:inbox"
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=inbox)
        environment = {
            "STAGE": "test",
            "TIME_ZONE": "UTC",
            "PHOTOS_TABLE": "photos",
            "INTAKE_BUCKET": "intake",
            "CAPTURE_BUCKET": "captures",
            "CAPTURE_PREFIX": PREFIX,
            "REPORTS_BUCKET": "reports",
            "REPORT_TOPIC_ARN": topic,
            "REVIEW_QUEUE_URL": queues["reviews"],
            "FAILURES_QUEUE_URL": queues["failures"],
            "DEAD_LETTERS_URLS": queues["dead"],
            "VEHICLES": "car,van",
            "AUDIT_DAYS": "7",
            "LABELS_BUCKET": "labels",
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        reporter._means.cache_clear()
        yield Stage(cast("LambdaContext", context))
        reporter._means.cache_clear()


def test_an_empty_day_has_a_report_that_says_so(stage: Stage) -> None:
    answer = stage.call(EVENT)
    assert answer["verdict"] == "NOT ENOUGH DATA"
    assert answer["folder"] == "s3://reports/reports/test/2026-11-21/day/"
    assert stage.document()["conservation"]["received"] == 0


def test_the_same_question_has_the_same_answer_to_the_byte(stage: Stage) -> None:
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
    assert [key for key in first if key.startswith("history/")] == [
        "history/test/20261122T000000Z-20261121T000000Z.json"
    ]


def test_photos_of_other_days_are_not_in_it(stage: Stage) -> None:
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


def test_a_row_that_is_no_record_does_not_stop_the_report(stage: Stage) -> None:
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


def test_people_are_measured_by_photos_whose_truth_is_known(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    decision = {"seq": 1, "kind": "verdict", "verdict": "van", "decided_by": "rita"}
    said = {**decision, "decided_at": "2026-11-21T12:00:00Z"}
    photos = [
        stage.photo(number, review="done", review_reason="low_confidence", decisions=[said])
        for number in range(3)
    ]
    table = boto3.resource("dynamodb").create_table(
        TableName="reviewers",
        KeySchema=[
            {"AttributeName": "kind", "KeyType": "HASH"},
            {"AttributeName": "name", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("kind", "name")
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    items = KnownItems(boto3.client("dynamodb"), table=table.name)
    items.add(photos[0], "van")
    items.add(photos[1], "car")
    monkeypatch.setenv("REVIEWERS_TABLE", table.name)
    reporter._means.cache_clear()
    stage.call(EVENT)
    seeded = stage.document()["accuracy"]["seeded"]
    assert (seeded["n"], seeded["value"]) == (2, 0.5)


def test_a_scheduled_report_is_counted_and_sent(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.call({"scheduled_at": AS_OF})
    (mail,) = stage.mails()
    assert "NOT ENOUGH DATA" in mail
    assert "report.html?" in mail
    assert "2026-11-21" in mail
    counted = [line for line in capsys.readouterr().out.splitlines() if "CloudWatchMetrics" in line]
    (emf,) = (json.loads(line) for line in counted)
    assert emf[names.REPORT_PUBLISHED] == [1.0]
    assert emf[names.REPORT_VERDICT] == [0.0]
    assert emf["service"] == names.REPORT
    (directive,) = emf["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == NAMESPACE


def test_a_report_about_the_past_neither_alarms_nor_writes_to_anybody(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.call(EVENT)
    assert stage.mails() == []
    assert names.REPORT_VERDICT not in capsys.readouterr().out


def test_a_second_delivery_of_the_schedule_makes_the_same_report(stage: Stage) -> None:
    stage.photo(1)
    event = {"scheduled_at": AS_OF}
    first = stage.call(event)
    files = stage.files()
    assert stage.call(event) == first
    assert stage.files() == files


def test_queues_are_measured_once_for_a_moment_and_known_ever_after(
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
    monkeypatch.setattr("monitoring.gather._FRESH", timedelta(days=-1))  # as if much later
    stage.call(event)
    assert stage.files() == first
    stage.call({**event, "as_of": (now - timedelta(minutes=1)).isoformat()})
    assert stage.document()["queues"]["failures_waiting"] is None


def test_without_the_schedules_time_it_is_now(stage: Stage) -> None:
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    answer = stage.call({"scheduled_at": "<aws.scheduler.scheduled-time>"})
    assert f"/{yesterday}/" in answer["folder"]


def test_a_window_that_cannot_be_is_refused(stage: Stage) -> None:
    with pytest.raises(InvalidWindow):
        stage.call({"from": "2026-11-21", "to": "2020-01-01", "as_of": AS_OF})
    assert stage.files() == {}


def test_a_baseline_that_was_kept_serves_the_report_of_an_old_model(stage: Stage) -> None:
    (baseline,) = demo_inputs(["car", "van"], ["car", "van"]).baselines.values()
    text = baseline.to_json().replace(baseline.model_version, "m1")
    stage.s3.put_object(Bucket="reports", Key="baselines/m1.json", Body=text.encode())
    for number in range(60):
        stage.photo(number % 60, photo_id=f"{number:064}")
    stage.call(EVENT)
    assert "reports/test/2026-11-21/day/constraints.json" in stage.files()


def test_pictures_are_small_and_what_is_none_is_left_out(stage: Stage) -> None:
    made = io.BytesIO()
    Image.new("RGB", (900, 600), "teal").save(made, "JPEG")
    stage.s3.put_bucket_versioning(Bucket="intake", VersioningConfiguration={"Status": "Enabled"})
    versions = {
        name: stage.s3.put_object(Bucket="intake", Key=f"intake/d1/{name}.jpg", Body=body)[
            "VersionId"
        ]
        for name, body in {"a": made.getvalue(), "b": b"no photo"}.items()
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
    (found,) = reporter._means().pictures(cast("Any", photos), wanted)
    assert found.photo_id == "a"
    assert found.data_uri.startswith("data:image/jpeg;base64,")
    assert len(found.data_uri) < 10_000
