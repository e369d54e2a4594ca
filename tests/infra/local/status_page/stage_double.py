"""A stage in memory, with all that the page reads."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.config import Config
from moto import mock_aws

from handlers.aws.dynamodb import attribute_map
from handlers.domain.ledger import schema
from handlers.domain.ledger.identity import photo_id
from infra.local.status_page.reader import StageReader
from infra.local.status_page.stack_names import StackNames
from tests.pictures import a_jpeg
from tests.tables import create_table

BUCKET, CAPTURES, TABLE, ASSIGNMENTS = "intake-bucket", "captures", "photos", "assignments"
PREFIX = "data-capture/vehicle/AllTraffic"
KEY = 'intake/<img src=x onerror=alert(1)>/"quoted" & .jpg'


class Clock:
    """A clock that the test advances."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@dataclass
class Stage:
    """Tables, buckets and queues in memory, and a reader of them."""

    names: StackNames
    reader: StageReader
    clock: Clock
    session: boto3.Session = field(default_factory=boto3.Session)

    def upload(self, key: str = KEY, data: bytes = b"") -> dict[str, Any]:
        """Upload a photo and return the first attributes of its ledger row."""
        s3 = self.session.client("s3")
        stored = s3.put_object(Bucket=BUCKET, Key=key, Body=data or a_jpeg())
        version, etag = stored["VersionId"], stored["ETag"].strip('"')
        name = photo_id(bucket=BUCKET, key=key, version_id=version, etag=etag)
        return {"photo_id": name, "bucket": BUCKET, "key": key, "version_id": version}

    def write(self, row: dict[str, Any], status: str, **facts: Any) -> None:
        now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"
        times = {"received_at": now, "received_hour": now[:13], "claimed_at": now}
        item = attribute_map({"updated_at": now, **times, **row, "status": status, **facts})
        self.session.client("dynamodb").put_item(TableName=TABLE, Item=item["M"])

    def overview(self, state: str = "", before: str = "") -> dict[str, Any]:
        self.clock.now_s += 1
        return self.reader.overview(state=state, before=before)


@contextlib.contextmanager
def page_stage() -> Iterator[Stage]:
    """An empty stage."""
    with mock_aws():
        session = boto3.Session()
        s3, sqs = session.client("s3"), session.client("sqs")
        for bucket in (BUCKET, CAPTURES):
            s3.create_bucket(Bucket=bucket)
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        _create_tables(session)
        queues = [
            sqs.create_queue(QueueName=name)["QueueUrl"]
            for name in ("review", "review-dead", "failures", "intake-dead")
        ]
        names = StackNames(
            intake_bucket=BUCKET,
            photos_table=TABLE,
            assignments_table=ASSIGNMENTS,
            review_queue_url=queues[0],
            review_dead_letters_url=queues[1],
            failures_queue_url=queues[2],
            intake_dead_letters_url=queues[3],
            capture_bucket=CAPTURES,
            capture_prefix=PREFIX,
        )
        clock = Clock()
        reader = StageReader.over(session, names, config=Config(), clock=clock)
        yield Stage(names, reader, clock)


def _create_tables(session: boto3.Session) -> None:
    dynamodb = session.client("dynamodb")
    create_table(dynamodb, schema.PHOTOS, TABLE)
    create_table(dynamodb, schema.ASSIGNMENTS, ASSIGNMENTS)
