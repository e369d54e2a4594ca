"""Photos with open reviews in the ledger, as the workflow writes them, and the reviewers' calls."""

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from handlers.aws.dynamodb import item_of, plain
from tests.handlers.api_client import RITA, Api, ApiResponse, Person
from tests.handlers.domain.review.test_decisions import a_photo

if TYPE_CHECKING:
    from mypy_boto3_sqs.literals import QueueAttributeNameType

BEN = Person(name="ben", groups=RITA.groups, scopes=RITA.scopes)


@dataclass(frozen=True)
class ReviewsClient:
    """Calls the reviewers' API, and reads the tables and the queue."""

    api: Api

    def add(self, index: int = 0, kind: str = "in_review", **changes: Any) -> str:
        """Add a photo in review, and its message; return its id."""
        item = a_photo(index, kind) | changes
        boto3.client("dynamodb").put_item(TableName="photos", Item=item_of(item))
        if item["status"] == "assigned":
            names = ("driver_id", "vehicle", "order_range", "valid_until", "decided_by", "photo_id")
            assignment = {name: item[name] for name in names}
            assignment["photo_order"] = f"{item['uploaded_at']}#{item['photo_id']}"
            boto3.client("dynamodb").put_item(TableName="assignments", Item=item_of(assignment))
        self.send(json.dumps({"photo_id": item["photo_id"]}))
        photo_id: str = item["photo_id"]
        return photo_id

    @property
    def queue_url(self) -> str:
        return os.environ["REVIEW_QUEUE_URL"]

    def send(self, body: str) -> None:
        boto3.client("sqs").send_message(QueueUrl=self.queue_url, MessageBody=body)

    def next(self, person: Person = RITA) -> dict[str, Any] | None:
        response = self.api.post("/reviews/next", {}, person)
        assert response.status == 200, response
        review: dict[str, Any] | None = response.body["review"]
        return review

    def take(self, person: Person = RITA) -> dict[str, Any]:
        review = self.next(person)
        assert review is not None
        return review

    def verdict(
        self, review: dict[str, Any], verdict: str, person: Person = RITA, *, key: str | None = None
    ) -> ApiResponse:
        body = {
            "lease_id": review["lease_id"],
            "decision_seq": review["decision_seq"],
            "verdict": verdict,
        }
        return self.act(review, "verdict", body, person, key=key)

    def act(
        self,
        review: dict[str, Any],
        action: str,
        body: dict[str, Any] | None = None,
        person: Person = RITA,
        *,
        key: str | None = None,
    ) -> ApiResponse:
        request = body if body is not None else {"lease_id": review["lease_id"]}
        return self.api.post(f"/reviews/{review['photo_id']}/{action}", request, person, key=key)

    def row(self, photo: str) -> dict[str, Any]:
        return _item("photos", {"photo_id": photo})

    def assignment(self, driver: str) -> dict[str, Any]:
        return _item("assignments", {"driver_id": driver})

    def messages(self) -> int:
        """Count all messages of the queue, in flight or not."""
        names: list[QueueAttributeNameType] = [
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
        ]
        response = boto3.client("sqs").get_queue_attributes(
            QueueUrl=self.queue_url,
            AttributeNames=names,
        )
        return sum(int(response["Attributes"][name]) for name in names)

    def expire_lease(self, photo: str) -> None:
        """Let the lease expire; its message stays hidden."""
        boto3.client("dynamodb").update_item(
            TableName="photos",
            Key=item_of({"photo_id": photo}),
            UpdateExpression="SET lease_until = :past",
            ExpressionAttributeValues=item_of({":past": "2026-01-01T00:00:00.000Z"}),
        )

    def age_decisions(self, photo: str) -> None:
        """Move the first decision far into the past."""
        boto3.client("dynamodb").update_item(
            TableName="photos",
            Key=item_of({"photo_id": photo}),
            UpdateExpression="SET decisions[0].decided_at = :past",
            ExpressionAttributeValues=item_of({":past": "2026-01-01T00:00:00.000Z"}),
        )


def _item(table: str, key: dict[str, str]) -> dict[str, Any]:
    response = boto3.client("dynamodb").get_item(TableName=table, Key=item_of(key))
    return plain(response.get("Item", {}))


@pytest.fixture
def reviews(api: Api) -> ReviewsClient:
    return ReviewsClient(api)
