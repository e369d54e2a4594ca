"""A running stage with people, photos and listeners, on which behaviours are tried."""

import base64
import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from handlers.aws.controls_table import ControlsTable
from handlers.aws.dynamodb import plain
from handlers.domain.timestamps import stamp
from infra.local.stage.stage import LocalStage
from infra.synthesis.synth import ROOT, synthesize
from tests.e2e.api_caller import ApiCaller, Json
from tests.e2e.chain.conftest import Chain, Folders, chain_of
from tests.e2e.permissions.live_roles import LiveRoles, resources_of
from tests.e2e.reviews.filling import set_environment
from tests.e2e.reviews.reviewer import Reviewer
from tests.infra.template import Template, short_id

ARRIVES_WITHIN_S = 15.0  # what comes by itself: a label, an event, an email
_POLL_S = 0.1
Answer = TypeVar("Answer")


@dataclass(frozen=True, kw_only=True)
class TrialStage:
    """The stage, and the queues that receive what it publishes."""

    chain: Chain
    roles: LiveRoles
    events_queue: str  # of all events of the bus
    emails_queue: str  # of the topic of reports
    functions: Mapping[str, str]  # names by the short logical id of their role
    today: str  # the day (UTC) on which the stage was started

    def driver(self, name: str) -> ApiCaller:
        return ApiCaller(
            self.chain.stage,
            name,
            function=self.functions["FunctionsDriversRole"],
            scope="scones/drive",
            groups="drivers",
        )

    def reviewer(self, *, groups: str = "reviewers") -> Reviewer:
        """Return a reviewer with a new name, who has decided and skipped nothing yet."""
        return Reviewer(self.chain.stage, f"r{uuid.uuid4().hex[:8]}", groups=groups)

    @property
    def controls(self) -> ControlsTable:
        stage = self.chain.stage
        return ControlsTable(stage.client("dynamodb"), table=stage.outputs["ControlsTable"])

    def close_breaker(self) -> None:
        """Close the breaker as the account's root, if it is open."""
        breaker = self.controls.read().breaker
        if breaker.is_open:
            self.controls.close_breaker(breaker, now=stamp(datetime.now(UTC)))

    def classify(self, photo: str) -> str:
        """Invoke Classify for a picture under an id; return its answer, or its error, as text."""
        event = {
            "photo_id": photo,
            "probe": False,
            "execution": "none",
            "wire_image": base64.b64encode(self.chain.picture()).decode(),
        }
        response = self.chain.stage.client("lambda").invoke(
            FunctionName=self.chain.stage.outputs["ClassifyFunction"], Payload=json.dumps(event)
        )
        answer: str = response["Payload"].read().decode()
        return answer

    def restart_workers(self, role: str) -> None:
        """Replace the workers of the function that has the role."""
        client, name = self.chain.stage.client("lambda"), self.functions[role]
        settings = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        client.update_function_configuration(
            FunctionName=name, Environment={"Variables": {**settings, "RESTARTED": new_name()}}
        )

    def assigned_photo(self, driver: str = "", *, upload: str = "") -> str:
        """Upload a photo that the model assigns and that is audited; return its id."""
        key = f"intake/{driver or new_name()}/{upload or new_name()}.jpg"
        photo = self.chain.upload(key, self.chain.picture())
        assert self.chain.outcome(photo)["status"] == "assigned"
        return photo

    def next_review(self, reviewer: Reviewer, photo: str) -> Json:
        """Lease the review of one photo, after every other open review was closed."""
        review = eventually(reviewer.next)
        assert review["photo_id"] == photo
        return review

    def close_reviews(self) -> None:
        """Close every open review and empty the review queue, as the account's root."""
        outputs, dynamodb = self.chain.stage.outputs, self.chain.stage.client("dynamodb")
        for item in dynamodb.query(
            TableName=outputs["PhotosTable"],
            IndexName="by_review",
            KeyConditionExpression="review = :open",
            ExpressionAttributeValues={":open": {"S": "open"}},
            ProjectionExpression="photo_id",
        )["Items"]:
            dynamodb.update_item(
                TableName=outputs["PhotosTable"],
                Key=item,
                UpdateExpression="SET review = :done REMOVE lease_id, lease_owner, lease_until",
                ExpressionAttributeValues={":done": {"S": "done"}},
            )
        self.chain.stage.client("sqs").purge_queue(QueueUrl=outputs["ReviewQueueUrl"])

    def remove(self, output: str, prefix: str) -> None:
        """Delete the objects of a bucket of the stack, so that none is there from before."""
        client, bucket = self.chain.stage.client("s3"), self.chain.stage.outputs[output]
        for key in self.keys(output, prefix):
            client.delete_object(Bucket=bucket, Key=key)

    def days_ago(self, days: int) -> date:
        return date.fromisoformat(self.today) - timedelta(days=days)

    def rows(self) -> list[Json]:
        """Return all rows of the ledger."""
        pages = (
            self.chain.stage.client("dynamodb")
            .get_paginator("scan")
            .paginate(TableName=self.chain.stage.outputs["PhotosTable"])
        )
        return [plain(item) for page in pages for item in page["Items"]]

    def received(self, queue: str, *, mentions: str) -> bool:
        """Take the messages of a listener's queue; return whether one mentions the text."""
        sqs, is_there = self.chain.stage.client("sqs"), False
        while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get(
            "Messages", []
        ):
            for message in messages:
                is_there = is_there or mentions in message["Body"]
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return is_there

    def depth(self, output: str) -> int:
        """Return the number of visible messages of a queue of the stack."""
        response = self.chain.stage.client("sqs").get_queue_attributes(
            QueueUrl=self.chain.stage.outputs[output],
            AttributeNames=["ApproximateNumberOfMessages"],
        )
        return int(response["Attributes"]["ApproximateNumberOfMessages"])

    def invoke(self, output: str, event: Json) -> Json:
        """Invoke a function by the stack's output that names it.

        Raises: AssertionError, if the function raises.
        """
        response = self.chain.stage.client("lambda").invoke(
            FunctionName=self.chain.stage.outputs[output], Payload=json.dumps(event)
        )
        payload = response["Payload"].read()
        assert not response.get("FunctionError"), payload
        answer: Json = json.loads(payload)
        return answer

    def report(self, event: Json) -> tuple[Json, str]:
        """Make a report; return its document and its page."""
        answer = self.invoke("ReportFunction", event)
        bucket, _, prefix = answer["folder"].removeprefix("s3://").partition("/")
        document, page = (
            self.stored(bucket, f"{prefix}{name}") for name in ("report.json", "report.html")
        )
        return json.loads(document), page.decode()

    def stored(self, bucket: str, key: str) -> bytes:
        content: bytes = (
            self.chain.stage.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        )
        return content

    def keys(self, output: str, prefix: str) -> list[str]:
        """List the keys of a bucket of the stack."""
        pages = (
            self.chain.stage.client("s3")
            .get_paginator("list_objects_v2")
            .paginate(Bucket=self.chain.stage.outputs[output], Prefix=prefix)
        )
        return [stored["Key"] for page in pages for stored in page.get("Contents", ())]


def eventually(ask: Callable[[], Answer | None]) -> Answer:
    """Return the first true answer.

    Raises: AssertionError, if no answer is true within `ARRIVES_WITHIN_S`.
    """
    deadline = time.monotonic() + ARRIVES_WITHIN_S
    while time.monotonic() < deadline:
        if answer := ask():
            return answer
        time.sleep(_POLL_S)
    raise AssertionError("it did not come")


def new_name() -> str:
    return f"n{uuid.uuid4().hex[:12]}"


def in_two_days() -> str:
    """Return a time at which all of today is known, another one at each call."""
    later = datetime.now(UTC) + timedelta(days=2, seconds=uuid.uuid4().int % 80_000)
    return later.replace(microsecond=0).isoformat()


@contextmanager
def trial_stage_of(folders: Folders) -> Iterator[TrialStage]:
    """Run a stage that audits every assigned photo and asks for two opinions on each review."""
    assembly = synthesize("local", ROOT / ".scones" / "cdk.out.local")
    with chain_of(assembly, folders) as chain:
        set_environment(chain.stage, "FilterFunction", AUDIT_SHARE="1.0")
        set_environment(chain.stage, "ReviewsFunction", SECOND_SHARE="1.0")
        yield TrialStage(
            chain=chain,
            roles=LiveRoles(chain.stage, Template.load(assembly, "local", "Pipeline")),
            events_queue=_events_queue(chain),
            emails_queue=_emails_queue(chain),
            functions=_functions_by_role(chain.stage),
            today=datetime.now(UTC).date().isoformat(),
        )


def _functions_by_role(stage: LocalStage) -> dict[str, str]:
    return {
        short_id(resource["LogicalResourceId"]).removesuffix("Function") + "Role": resource[
            "PhysicalResourceId"
        ]
        for resource in resources_of(stage)
        if resource["ResourceType"] == "AWS::Lambda::Function"
    }


def _events_queue(chain: Chain) -> str:
    """Deliver every event of the bus to a queue, as another team's system would."""
    events, (url, arn) = chain.stage.client("events"), _queue(chain)
    bus = chain.stage.outputs["EventBusName"]
    events.put_rule(Name="all", EventBusName=bus, EventPattern='{"source": [{"exists": true}]}')
    events.put_targets(Rule="all", EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])
    return url


def _emails_queue(chain: Chain) -> str:
    """Subscribe a queue to the topic of reports, in place of a mailbox."""
    url, arn = _queue(chain)
    chain.stage.client("sns").subscribe(
        TopicArn=chain.stage.outputs["ReportTopicArn"], Protocol="sqs", Endpoint=arn
    )
    return url


def _queue(chain: Chain) -> tuple[str, str]:
    """Create a queue to which EventBridge and SNS may send; return its URL and ARN."""
    sqs = chain.stage.client("sqs")
    url: str = sqs.create_queue(QueueName=new_name())["QueueUrl"]
    attributes: dict[str, Any] = sqs.get_queue_attributes(
        QueueUrl=url, AttributeNames=["QueueArn"]
    )["Attributes"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": ["events.amazonaws.com", "sns.amazonaws.com"]},
        "Action": "sqs:SendMessage",
        "Resource": attributes["QueueArn"],
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    return url, attributes["QueueArn"]


class TemporaryFolders:
    """Temporary folders for a run outside pytest, under one directory."""

    def __init__(self, base: Path) -> None:
        self._base = base

    def mktemp(self, basename: str) -> Path:
        folder = self._base / f"{basename}-{uuid.uuid4().hex[:8]}"
        folder.mkdir(parents=True)
        return folder
