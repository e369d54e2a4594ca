"""A stage under moto with the records of two drivers in every store that can be erased."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

from handlers.aws.dynamodb import item_of
from handlers.domain.ledger.identity import photo_id
from handlers.domain.ledger.schema import REQUESTS, UPLOADS
from infra.operations.erasure.forget import Erasure
from infra.operations.target import Target
from tests.infra.cli.deployed_stage import DeployedStage
from tests.tables import create_table

BUCKETS = {"LabelsBucket": "labels", "CaptureBucket": "captures", "ReportsBucket": "reports"}
QUEUES = {"ReviewDeadLettersUrl": "review-dead", "IntakeDeadLettersUrl": "intake-dead"}


def complete(stage: DeployedStage) -> Target:
    """Create the stores that only an erasure reads, and return the stage as a target."""
    s3, sqs = stage.client("s3"), stage.client("sqs")
    for name in BUCKETS.values():
        s3.create_bucket(Bucket=name)
    versioning = {"Status": "Enabled"}
    s3.put_bucket_versioning(Bucket="labels", VersioningConfiguration=versioning)
    stage.outputs.update(BUCKETS)
    for output, name in QUEUES.items():
        stage.outputs[output] = sqs.create_queue(QueueName=name)["QueueUrl"]
    create_table(stage.client("dynamodb"), UPLOADS, "uploads")
    create_table(stage.client("dynamodb"), REQUESTS, "requests")
    salt = stage.client("secretsmanager").create_secret(Name="salt", SecretString="s" * 32)
    stage.outputs |= {
        "UploadsTable": "uploads",
        "RequestsTable": "requests",
        "AuditSaltSecret": salt["ARN"],
    }
    return Target(session=boto3.Session(), outputs=stage.outputs, stage="prod")


class Drivers:
    """Writes the records of drivers into all stores, and searches the stores."""

    def __init__(self, stage: DeployedStage, target: Target) -> None:
        self.stage, self.target = stage, target
        self.s3, self.sqs = stage.client("s3"), stage.client("sqs")
        self.dynamodb = stage.client("dynamodb")

    def erase(self, driver: str, **options: Any) -> dict[str, Any]:
        """Erase a driver without waiting; return the certificate."""
        options.setdefault("pause", lambda _: None)
        options.setdefault("stream_wait", timedelta(0))
        erasure = Erasure(target=self.target, driver_id=driver, **options)
        return json.loads(json.dumps(erasure.run().to_wire()))  # type: ignore[no-any-return] # JSON

    def put_photo(self, driver: str, name: str = "u", *, status: str = "assigned") -> str:
        """Upload a photo and write its row; return its id."""
        key, content = f"intake/{driver}/{name}.jpg", f"photo {driver} {name}".encode()
        stored = self.s3.put_object(Bucket="intake", Key=key, Body=content)
        photo = photo_id(bucket="intake", key=key, version_id=stored["VersionId"], etag="")
        self.stage.photo(
            photo,
            key=key,
            version_id=stored["VersionId"],
            etag=stored["ETag"].strip('"'),
            driver_id=driver,
            status=status,
        )
        return photo

    def fill(self, driver: str) -> str:
        """Write one record of the driver into every store; return the photo's id."""
        photo = self.put_photo(driver)
        self.put_photo(driver)  # an earlier version stays below the newer one
        self._put_rows(driver, photo)
        self._put_objects(driver, photo)
        message = {"photo_id": photo, "photo": {"key": f"intake/{driver}/u.jpg"}}
        event = {"detail": {"object": {"key": f"intake/{driver}/u.jpg"}}}
        for output in ("ReviewQueueUrl", "FailuresQueueUrl", "ReviewDeadLettersUrl"):
            self.sqs.send_message(
                QueueUrl=self.stage.outputs[output], MessageBody=json.dumps(message)
            )
        self.sqs.send_message(
            QueueUrl=self.stage.outputs["IntakeDeadLettersUrl"], MessageBody=json.dumps(event)
        )
        pool = self.stage.outputs["DriversPoolId"]
        self.stage.client("cognito-idp").admin_create_user(UserPoolId=pool, Username=driver)
        return photo

    def _put_rows(self, driver: str, photo: str) -> None:
        upload = hashlib.md5(driver.encode(), usedforsecurity=False).hexdigest()
        now = datetime.now(UTC)
        items: list[tuple[str, dict[str, object]]] = [
            ("assignments", {"driver_id": driver, "photo_id": photo, "vehicle": "car"}),
            (
                "uploads",
                {
                    "upload_id": upload,
                    "driver_id": driver,
                    "key": f"intake/{driver}/{upload}.jpg",
                    "content_type": "image/jpeg",
                    "granted_at": (now - timedelta(days=1)).isoformat(),
                },
            ),
            ("uploads", {"upload_id": f"granted#2026-11-22T18#{driver}", "granted": 1}),
            ("requests", {"id": driver[::-1], "data": json.dumps({"upload_id": upload})}),
            ("reviewers", {"kind": "known_item", "name": photo, "verdict": "neither"}),
            (
                "reviewers",
                {"kind": "disagreement", "name": f"2026#{photo}", "photo_id": photo},
            ),
        ]
        for table, item in items:
            self.dynamodb.put_item(TableName=table, Item=item_of(item))

    def _put_objects(self, driver: str, photo: str) -> None:
        key = f"labels/2026/11/22/18/{photo}-000001.jsonl"
        self.s3.put_object(Bucket="labels", Key=key, Body=f"intake/{driver}/u.jpg".encode())
        self.append("captures", "data-capture/e/AllTraffic/2026/11/22/18/a.jsonl", _capture(photo))
        folder = "reports/prod/2026-11-22/day/"
        self.append("reports", f"{folder}photos.csv", f"{photo},intake/{driver}/u.jpg,{driver}\n")
        item = f'<li><img src="data:{driver}"><span>intake/{driver}/u.jpg</span></li>\n'
        self.append("reports", f"{folder}report.html", item)
        self._add_example(f"{folder}report.json", {"photo_id": photo, "key": f"intake/{driver}/"})

    def append(self, bucket: str, key: str, text: str) -> None:
        """Append to an object, which may be absent."""
        self.s3.put_object(Bucket=bucket, Key=key, Body=(self.text(bucket, key) + text).encode())

    def _add_example(self, key: str, example: dict[str, str]) -> None:
        document = json.loads(self.text("reports", key) or '{"examples": {"photos": []}, "n": 2}')
        document["examples"]["photos"].append(example)
        text = json.dumps(document, sort_keys=True, indent=1) + "\n"
        self.s3.put_object(Bucket="reports", Key=key, Body=text.encode())

    def text(self, bucket: str, key: str) -> str:
        """Return the content of an object; empty if it is absent."""
        try:
            stored = self.s3.get_object(Bucket=bucket, Key=key)
        except self.s3.exceptions.NoSuchKey:
            return ""
        return str(stored["Body"].read().decode())

    def contents(self) -> Iterator[tuple[str, str]]:
        """Yield every object version, row, message and user: its place, and all its text."""
        for bucket in ("intake", *BUCKETS.values()):
            listing = self.s3.list_object_versions(Bucket=bucket)
            for version in listing.get("Versions", []):
                body = self.s3.get_object(
                    Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"]
                )["Body"].read()
                place = f"{bucket}/{version['Key']}"
                yield place, f"{version['Key']} {hashlib.sha256(body).hexdigest()} {body.decode()}"
            for marker in listing.get("DeleteMarkers", []):
                yield f"{bucket}/marker", marker["Key"]
        yield from self._records()

    def _records(self) -> Iterator[tuple[str, str]]:
        for table in ("photos", "assignments", "uploads", "requests", "reviewers"):
            for item in self.dynamodb.scan(TableName=table)["Items"]:
                yield table, json.dumps(item, sort_keys=True)
        for output in ("ReviewQueueUrl", "FailuresQueueUrl", *QUEUES):
            received = self.sqs.receive_message(
                QueueUrl=self.stage.outputs[output], MaxNumberOfMessages=10, VisibilityTimeout=0
            )
            for message in received.get("Messages", []):
                yield output, message["Body"]
        cognito = self.stage.client("cognito-idp")
        users = cognito.list_users(UserPoolId=self.stage.outputs["DriversPoolId"])["Users"]
        for user in users:
            yield "users", user["Username"]


def _capture(photo: str) -> str:
    metadata = {"eventId": photo, "inferenceId": photo}
    return json.dumps({"captureData": {"x": '"eventId":"y"'}, "eventMetadata": metadata}) + "\n"
