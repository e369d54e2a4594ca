"""A driver is erased from a running stage: nothing is left, and nothing of the others is lost."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.operations.erasure.forget import Erasure
from infra.operations.target import Target
from tests.e2e.chain.conftest import Chain

pytestmark = pytest.mark.e2e

BUCKETS = ("IntakeBucket", "LabelsBucket", "CaptureBucket", "ReportsBucket")
TABLES = ("PhotosTable", "AssignmentsTable", "UploadsTable", "RequestsTable", "ReviewersTable")
QUEUES = ("ReviewQueueUrl", "ReviewDeadLettersUrl", "FailuresQueueUrl", "IntakeDeadLettersUrl")

# Files whose records span lines: unit tests compare what is left of them.
ACROSS_LINES = (".html", ".json")


def test_an_erased_driver_is_nowhere_in_the_stage(chain: Chain) -> None:
    kept = chain.upload("intake/kept-driver/k.jpg", chain.picture())
    chain.outcome(kept)
    content = chain.picture() + b"-of the erased driver"  # no other photo has these bytes
    photos = [
        chain.upload("intake/erased-driver/a.jpg", content),
        chain.upload("intake/erased-driver/b.jpg", b"not a photo, of the erased driver"),
    ]
    for photo in photos:
        chain.outcome(photo)
    _make_report(chain)
    before = dict(_records(chain))
    assert any("erased-driver" in text for text in before.values())
    target = Target.of_stage(chain.stage)
    certificate = Erasure(
        target=target, driver_id="erased-driver", stream_wait=timedelta(seconds=2)
    ).run()
    assert certificate.is_complete

    after = dict(_records(chain))
    digest = hashlib.sha256(content).hexdigest()
    for place, text in after.items():
        assert "erased-driver" not in text, place
        assert digest not in text, place
        is_tombstone = place in {f"PhotosTable/{photo}" for photo in photos}
        assert is_tombstone or not any(photo in text for photo in photos), place
    others = {
        place: text
        for place, text in before.items()
        if "erased-driver" not in text
        and not any(photo in text for photo in photos)
        and not place.endswith(ACROSS_LINES)
    }
    assert {place: after.get(place) for place in others} == others
    again = Erasure(target=target, driver_id="erased-driver", stream_wait=timedelta(0)).run()
    assert not any(again.erased.values())


def _make_report(chain: Chain) -> None:
    today = datetime.now(UTC).date().isoformat()
    event = {
        "from": today,
        "to": today,
        "as_of": (datetime.now(UTC) + timedelta(days=2)).isoformat(),
    }
    response = chain.stage.client("lambda").invoke(
        FunctionName=chain.stage.outputs["ReportFunction"], Payload=json.dumps(event)
    )
    assert not response.get("FunctionError"), response["Payload"].read()


def _records(chain: Chain) -> Iterator[tuple[str, str]]:
    """Yield every capture record, object version, row and message: its place, and all its text."""
    client, outputs = chain.stage.client, chain.stage.outputs
    for name in BUCKETS:
        yield from _objects(client("s3"), name, outputs[name])
    for name in TABLES:
        pages = client("dynamodb").get_paginator("scan").paginate(TableName=outputs[name])
        for item in (item for page in pages for item in page["Items"]):
            key = item.get("photo_id", next(iter(item.values())))
            place = "/".join(str(value) for value in key.values())
            yield f"{name}/{place}", json.dumps(item, sort_keys=True)
    for name in QUEUES:
        while (
            messages := client("sqs")
            .receive_message(QueueUrl=outputs[name], MaxNumberOfMessages=10, VisibilityTimeout=2)
            .get("Messages", [])
        ):
            for message in messages:
                yield f"{name}/{message['MessageId']}", message["Body"]


def _objects(s3: Any, name: str, bucket: str) -> Iterator[tuple[str, str]]:
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for version in page.get("Versions", []):
            key, version_id = version["Key"], version["VersionId"]
            options = {} if version_id == "null" else {"VersionId": version_id}
            body = s3.get_object(Bucket=bucket, Key=key, **options)["Body"].read()
            digest = hashlib.sha256(body).hexdigest()
            if key.endswith((".jsonl", ".csv")):  # files of several drivers' records
                for line in body.decode("utf-8", "replace").splitlines():
                    yield f"{name}/{hashlib.sha256(line.encode()).hexdigest()}/{key}", line
            else:
                text = f"{key} {digest} {body.decode('utf-8', 'replace')}"
                yield f"{name}/{version_id}/{key}", text
        for marker in page.get("DeleteMarkers", []):
            yield f"{name}/marker/{marker['VersionId']}", marker["Key"]
