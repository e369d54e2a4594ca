"""A running stage with reviewers and photos, for tests of the review page."""

import contextlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from handlers.aws.dynamodb import plain
from handlers.domain.ledger.identity import photo_id
from infra.demo.samples import draw_samples
from infra.local.stage.stage import LocalStage, running_stage
from infra.operations.target import Target
from infra.operations.users import Role, provision
from infra.synthesis.synth import ROOT, synthesize
from tests.e2e.authenticator import Authenticator
from tests.e2e.review_page.signing_in import signed_in
from tests.e2e.reviews.reviewer import Reviewer

TIMEOUT_S = 120.0
# Bea signs in by the page; Eva loses the role again.
PEOPLE = {
    "ana": Role.REVIEWER,
    "bea": Role.REVIEWER,
    "ben": Role.REVIEWER,
    "eva": Role.REVIEWER,
    "dora": Role.DRIVER,
}
SAMPLES = ("bicycle-red.jpg", "motorcycle-black.jpg")


@dataclass(frozen=True)
class StoredReview:
    """A photo in review as the workflow stored it: its row, and its message in the queue."""

    photo_id: str
    row: dict[str, Any]
    message: str


@dataclass(frozen=True)
class ReviewStage:
    """The actions of a test beside the page: open reviews, colleagues' verdicts, expired leases."""

    stage: LocalStage
    samples: Path
    passwords: dict[str, str]
    authenticators: dict[str, Authenticator]
    tokens: dict[str, str]
    stored: dict[str, StoredReview]

    @property
    def url(self) -> str:
        return self.stage.api_url

    def colleague(self, name: str) -> Reviewer:
        return Reviewer(self.stage, name)

    def signed_in(self, name: str) -> str:
        if name not in self.tokens:
            self.tokens[name] = signed_in(
                self.url, name, self.passwords[name], self.authenticators[name]
            )
        return self.tokens[name]

    def upload(self, *names: str) -> None:
        """Send photos of these names through the workflow, once for all tests."""
        bucket, photos = self.stage.outputs["IntakeBucket"], {}
        for place, name in enumerate(names):
            key = f"intake/dora/{name}"
            data = (self.samples / SAMPLES[place % len(SAMPLES)]).read_bytes()
            put = self.stage.client("s3").put_object(Bucket=bucket, Key=key, Body=data)
            version, etag = put["VersionId"], put["ETag"].strip('"')
            photos[name] = photo_id(bucket=bucket, key=key, version_id=version, etag=etag)
        for photo in photos.values():
            self.await_row(photo, "enqueued_at")
        messages = self._messages(len(photos))
        for name, photo in photos.items():
            self.stored[name] = StoredReview(photo, self._item(photo), messages[photo])

    def open_reviews(self, *names: str) -> list[str]:
        """Restore row and message of these photos as the workflow stored them; return their ids."""
        table, queue = self.stage.outputs["PhotosTable"], self.stage.outputs["ReviewQueueUrl"]
        for review in (self.stored[name] for name in names):
            self.stage.client("dynamodb").put_item(TableName=table, Item=review.row)
            self.stage.client("sqs").send_message(QueueUrl=queue, MessageBody=review.message)
        return [self.stored[name].photo_id for name in names]

    def _messages(self, count: int) -> dict[str, str]:
        bodies: dict[str, str] = {}
        sqs, queue = self.stage.client("sqs"), self.stage.outputs["ReviewQueueUrl"]
        deadline = time.monotonic() + TIMEOUT_S
        while len(bodies) < count and time.monotonic() < deadline:
            response = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
            for message in response.get("Messages", []):
                bodies[json.loads(message["Body"])["photo_id"]] = message["Body"]
        return bodies

    def _item(self, photo: str) -> dict[str, Any]:
        response = self.stage.client("dynamodb").get_item(
            TableName=self.stage.outputs["PhotosTable"],
            Key={"photo_id": {"S": photo}},
            ConsistentRead=True,
        )
        item: dict[str, Any] = response.get("Item", {})
        return item

    def row(self, photo: str) -> dict[str, Any]:
        return plain(self._item(photo))

    def await_row(self, photo: str, field: str, value: object = None) -> dict[str, Any]:
        """Wait until the row has the field, or the field has the value; return the row."""
        deadline = time.monotonic() + TIMEOUT_S
        while time.monotonic() < deadline:
            row = self.row(photo)
            if row.get(field) == value if value is not None else field in row:
                return row
            time.sleep(0.05)
        pytest.fail(f"{field} is not {value!r}: {row}")

    def await_free(self, photo: str) -> None:
        """Wait until the photo is not leased."""
        deadline = time.monotonic() + TIMEOUT_S
        while "lease_id" in self.row(photo):
            assert time.monotonic() < deadline, "the photo is still leased"
            time.sleep(0.05)

    def change(self, photo: str, **fields: str) -> None:
        """Write attributes of the row, in place of what time or chance would change."""
        names = {f"#{name}": name for name in fields}
        self.stage.client("dynamodb").update_item(
            TableName=self.stage.outputs["PhotosTable"],
            Key={"photo_id": {"S": photo}},
            UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in fields),
            ExpressionAttributeNames=names,
            ExpressionAttributeValues={f":{name}": {"S": v} for name, v in fields.items()},
        )

    def end_lease(self, photo: str) -> None:
        self.change(photo, lease_until="2020-01-01T00:00:00.000Z")

    def age_decision(self, photo: str) -> None:
        """Move the first decision far into the past."""
        self.stage.client("dynamodb").update_item(
            TableName=self.stage.outputs["PhotosTable"],
            Key={"photo_id": {"S": photo}},
            UpdateExpression="SET decisions[0].decided_at = :then",
            ExpressionAttributeValues={":then": {"S": "2020-01-01T00:00:00.000Z"}},
        )

    def clear(self) -> None:
        """Close all reviews and empty the queue, so that a test begins with its own photos."""
        table, dynamodb = self.stage.outputs["PhotosTable"], self.stage.client("dynamodb")
        for item in dynamodb.scan(TableName=table)["Items"]:
            row = plain(item)
            if row.get("review") == "open":
                self.change(row["photo_id"], review="done")
        self.stage.client("sqs").purge_queue(QueueUrl=self.stage.outputs["ReviewQueueUrl"])


@contextlib.contextmanager
def open_review_stage(directory: Path) -> Iterator[ReviewStage]:
    """A stage with users, where the model assigns no photo and no review is sampled as blind."""
    samples = directory / "samples"
    samples.mkdir()
    draw_samples(samples)
    assembly = synthesize("local", ROOT / ".scones" / "cdk.out.local")
    with running_stage(directory / "runs", enforce_iam=True, assembly=assembly) as stage:
        stage.client("ssm").put_parameter(
            Name=stage.outputs["PolicyOverrideParameter"],
            Value='{"threshold": 1.0}',
            Type="String",
        )
        _disable_sampling(stage)
        target = Target.of_stage(stage)
        passwords, authenticators = {}, {}
        for name, role in PEOPLE.items():
            person = provision(target, role=role, name=name, password_stays=True)
            passwords[name] = person.password
            if person.second_factor:
                authenticators[name] = Authenticator(person.second_factor)
        stage.client("cognito-idp").admin_remove_user_from_group(
            UserPoolId=stage.outputs["ReviewersPoolId"], Username="eva", GroupName="reviewers"
        )
        yield ReviewStage(stage, samples, passwords, authenticators, {}, {})


def _disable_sampling(stage: LocalStage) -> None:
    functions, name = stage.client("lambda"), stage.outputs["ReviewsFunction"]
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    functions.update_function_configuration(
        FunctionName=name,
        Environment={"Variables": {**variables, "BLIND_SHARE": "0.0", "SECOND_SHARE": "0.0"}},
    )
