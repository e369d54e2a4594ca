"""A stage for the report's function, under moto."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest
from moto import mock_aws
from moto.s3.models import s3_backends

from handlers.domain.capture_record import OUTPUT, EndpointCall, capture_key, capture_line
from handlers.domain.ledger.identity import photo_id
from monitoring.report import handler as reporter
from tests.tables import create_photos_table

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

DAY = datetime(2026, 11, 21, tzinfo=UTC)
AS_OF = "2026-11-22T05:15:00Z"
EVENT = {"from": "2026-11-21", "as_of": AS_OF}
PREFIX = "data-capture/scones-test-vehicle"
BUCKETS = ("intake", "captures", "labels", "reports")


class Stage:
    """The resources that the function reads and writes."""

    def __init__(
        self,
        context: "LambdaContext",
        environment: dict[str, str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        self._monkeypatch = monkeypatch
        self.s3 = boto3.client("s3")
        self.environment = environment
        self._context = context

    def set(self, **settings: str) -> None:
        """Change settings of the function and discard its cached dependencies."""
        for name, value in settings.items():
            self._monkeypatch.setenv(name.upper(), value)
        reporter._dependencies.cache_clear()

    def call(self, event: dict[str, Any]) -> dict[str, Any]:
        response: dict[str, Any] = reporter.lambda_handler(event, self._context)
        return response

    def photo(self, number: int, *, at: datetime = DAY, **changes: Any) -> str:
        """Write a row of the ledger, as the state machine does, and return the photo's id."""
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

    def capture(
        self,
        photo: str,
        *,
        at: datetime = DAY,
        variant: str = "AllTraffic",
        written: datetime | None = None,
    ) -> None:
        moment = at + timedelta(hours=9)
        answer = {"probabilities": {"car": 0.97, "van": 0.03}, "model_version": "m1"}
        call = EndpointCall(inference_id=photo, request=b"", answer=answer)
        key = capture_key(call, prefix=f"{PREFIX}/{variant}", at=moment)
        line = capture_line(call, modes={OUTPUT}, at=moment).encode()
        self.capture_file(key, line, written=written or moment)

    def capture_file(self, key: str, content: bytes, *, written: datetime, **more: Any) -> None:
        self.s3.put_object(Bucket="captures", Key=key, Body=content, **more)
        # S3 sets the time of modification itself; only moto allows to change it.
        s3_backends["123456789012"]["aws"].buckets["captures"].keys[key].last_modified = written

    def label(self, photo: str, content: bytes, *, hour: str = "2026/11/21/12") -> None:
        key = f"labels/{hour}/{photo}-000001.jsonl"
        self.s3.put_object(Bucket="labels", Key=key, Body=content)

    def put(self, key: str, content: bytes) -> None:
        """Store an object that an earlier report may have written."""
        self.s3.put_object(Bucket="reports", Key=key, Body=content)

    def failure(self) -> None:
        url = boto3.client("sqs").get_queue_url(QueueName="failures")["QueueUrl"]
        boto3.client("sqs").send_message(QueueUrl=url, MessageBody="{}")

    def files(self) -> dict[str, bytes]:
        listed = self.s3.list_objects_v2(Bucket="reports").get("Contents", [])
        return {
            stored["Key"]: self.s3.get_object(Bucket="reports", Key=stored["Key"])["Body"].read()
            for stored in listed
        }

    def document(self, folder: str = "reports/test/2026-11-21/day/") -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.files()[f"{folder}report.json"])
        return document

    def emails(self) -> list[str]:
        response = boto3.client("sqs").receive_message(QueueUrl=self.inbox, MaxNumberOfMessages=10)
        return [message["Body"] for message in response.get("Messages", [])]

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
            "CAPTURE_RETENTION_DAYS": "36500",  # whenever the tests are run
            "CAPTURE_SAMPLING_PERCENTAGE": "100",
            "REPORTS_BUCKET": "reports",
            "REPORT_DAYS": "1",
            "REPORT_TOPIC_ARN": topic,
            "REVIEW_QUEUE_URL": queues["reviews"],
            "FAILURES_QUEUE_URL": queues["failures"],
            "DEAD_LETTERS_URLS": queues["dead"],
            "VEHICLES": "car,van",
            "AUDIT_DAYS": "7",
            "ERROR_BUDGET": "0.005",
            "BUDGET_ALARM_ALPHA": "0.01",
            "BUDGET_PROOF_ALPHA": "0.05",
            "LABELS_BUCKET": "labels",
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        reporter._dependencies.cache_clear()
        yield Stage(cast("LambdaContext", context), environment, monkeypatch)
        reporter._dependencies.cache_clear()
