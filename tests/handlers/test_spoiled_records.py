"""One record that cannot be read stops no reader, whichever attribute is spoiled and how.

Each attribute of each table is spoiled in every way that DynamoDB accepts, and every reader runs
over the spoiled records and a sound one, which it must still see. `-s` prints the figures. Without
SCONES_ALL_SPOILINGS=1, each attribute is removed and spoiled in some of the ways, each way in turn.
"""

import itertools
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from handlers.aws.bucket import Bucket
from handlers.aws.dynamodb import item_of, plain
from handlers.aws.known_items import KNOWN_ITEM
from handlers.aws.photos_table import PhotosTable
from handlers.domain.controls import BREAKER, INTAKE, THRESHOLD
from handlers.domain.errors import InvalidRecord
from handlers.domain.ledger.messages import review_message
from handlers.domain.ledger.rows import AssignmentRow
from handlers.domain.ledger.schema import (
    ASSIGNMENTS,
    CONTROLS,
    PHOTOS,
    REVIEWERS,
    UPLOADS,
    AssignmentAttribute,
    TableSchema,
)
from handlers.domain.review.row import ReviewRow
from handlers.domain.timestamps import later, stamp
from handlers.stream import publish_changes
from infra.local.status_page.cards import Card, card_page, counts
from infra.operations.controls import controls_of
from infra.operations.status import driver_view, overview, row_document
from infra.operations.target import Target
from monitoring.reconciliation.checker import check
from monitoring.reconciliation.checkpoint import CheckpointStore
from monitoring.reconciliation.inventory import Inventory
from monitoring.reconciliation.inventory_reader import read_records
from monitoring.reconciliation.repair_plan import RepairDeadlines
from monitoring.reconciliation.row_parser import record_of
from monitoring.reconciliation.sweep import Sweeper, SweepLimits
from tests.handlers.api_client import DAN, LENA, RITA, Api
from tests.handlers.domain.review.test_decisions import a_photo
from tests.spoilings import spoiled_texts

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]  # an item in DynamoDB's form

VALUES: tuple[Mapping[str, Any], ...] = (
    {"S": ""},
    {"S": "x"},
    {"S": "\U0001f6b2\x00" * 2_000},
    {"S": "2026-11-22T10:00:00"},
    {"S": "9999-12-31T23:59:59.999+00:00"},
    {"N": "0"},
    {"N": "-1"},
    {"N": "0.5"},
    {"N": "9.9E+125"},
    {"BOOL": True},
    {"NULL": True},
    {"B": b"x"},
    {"L": []},
    {"L": [{"S": "x"}, {"M": {}}]},
    {"M": {}},
    {"M": {"probabilities": {"S": "x"}, "confidence": {"S": "x"}, "vehicle": {"N": "1"}}},
    {"M": {"rita": {"N": "1"}}},
    {"SS": ["x"]},
    {"NS": ["1"]},
    {"BS": [b"x"]},
)
LEASE = "00000000-0000-4000-8000-000000000000"
_MACHINE = {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}
_EVERY = 20  # one way of so many, in the short form
_MOST_CHARACTERS = 100  # of an index key here; DynamoDB's limit is a kilobyte


def spoilings(schema: TableSchema, sound: Item) -> Iterator[tuple[str, list[Item]]]:
    """Yield each attribute with the items in which it is spoiled.

    DynamoDB refuses an item whose key of an index is empty or has another type, so these are
    removed or have another text; keys of the table stay.
    """
    index_keys = {str(key) for index in schema.indexes for key in index.keys}
    for number, attribute in enumerate(map(str, schema.attributes)):
        if attribute in map(str, schema.keys):
            continue
        rest = {name: value for name, value in sound.items() if name != attribute}
        values = [
            value
            for value in VALUES
            if attribute not in index_keys or 0 < len(value.get("S", "")) <= _MOST_CHARACTERS
        ]
        if os.environ.get("SCONES_ALL_SPOILINGS") != "1":
            values = values[number % _EVERY :: _EVERY]
        yield attribute, [rest, *({**rest, attribute: value} for value in values)]


class Readers:
    """Everything that reads rows of photos; each method asserts that it sees the sound one."""

    def __init__(self, api: Api, sound: str, context: "LambdaContext") -> None:
        self.api, self.sound, self.context = api, sound, context
        self.dynamodb = boto3.client("dynamodb")
        self.photos = PhotosTable(self.dynamodb, table="photos")
        machine = boto3.client("stepfunctions").create_state_machine(
            name="m", roleArn="arn:aws:iam::123456789012:role/r", definition=json.dumps(_MACHINE)
        )
        self.target = Target(
            session=boto3.Session(),
            outputs={
                "PhotosTable": "photos",
                "AssignmentsTable": "assignments",
                "ControlsTable": "controls",
                "StateMachineArn": machine["stateMachineArn"],
            },
            stage="test",
            is_deployed=False,
        )

    def stream(self) -> None:
        rows = self.dynamodb.scan(TableName="photos")["Items"]
        (sound,) = (row for row in rows if row["photo_id"]["S"] == self.sound)
        changes = [(sound, row) for row in rows] + [(row, sound) for row in rows]
        records = [
            {
                "dynamodb": {
                    "SequenceNumber": str(number),
                    "Keys": {"photo_id": new["photo_id"]},
                    "OldImage": old,
                    "NewImage": new,
                }
            }
            for number, (old, new) in enumerate(changes)
        ]
        response = publish_changes.lambda_handler({"Records": records}, self.context)
        assert response == {"batchItemFailures": []}

    def drivers_list(self) -> None:
        response = self.api.get("/photos?limit=50", DAN)
        assert response.status == 200, response
        assert self.sound in [photo["photo_id"] for photo in response.body["photos"]]

    def queue_figures(self) -> None:
        response = self.api.get("/reviews/queue", LENA)
        assert response.status == 200, response
        assert response.body["waiting"] >= 1

    def sweeper(self) -> None:
        sweeper = Sweeper(
            ledger=self.photos,
            listing=lambda _after: iter(()),
            checkpoints=CheckpointStore(Bucket(boto3.client("s3"), bucket="labels")),
            deadlines=RepairDeadlines(),
            limits=SweepLimits(),
            executor=None,
        )
        result = sweeper.sweep(now=datetime(2026, 12, 24, tzinfo=UTC))
        assert self.sound in [repair.photo_id for repair in result.needed]

    def reconciliation(self) -> None:
        unread: list[Any] = []
        assignments = map(plain, self.dynamodb.scan(TableName="assignments")["Items"])
        inventory = Inventory(
            as_of="2026-12-24T00:00:00+00:00",
            objects=(),
            ledger=tuple(read_records(self.photos.all_rows(), record_of, unread, rule="r")),
            assignments=tuple(read_records(assignments, AssignmentRow.from_item, unread, rule="a")),
            review_messages=(),
            failure_messages=(),
            executions={},
            labels=(),
        )
        violations = check(inventory).violations
        assert (self.sound, "review_without_message") in [
            (violation.photo_id, violation.rule) for violation in violations
        ]

    def status(self) -> None:
        assert overview(self.target, now=datetime.now(UTC)).photos["in_review"] >= 1
        view = driver_view(self.target, "dan")
        assert self.sound in [row_document(row)["photo_id"] for row in view.photos]

    def status_page(self) -> None:
        cards = [Card.from_item(row) for row in self.photos.all_rows()]
        assert counts(cards, uploads=0)["in_review"] >= 1
        assert card_page(cards).of == len(cards)

    def next_review(self) -> None:
        """The last one: it leases the review."""
        for _ in range(len(VALUES) + 2):  # each may lease another row
            response = self.api.post("/reviews/next", {}, RITA)
            assert response.status == 200, response
            if response.body["review"] and response.body["review"]["photo_id"] == self.sound:
                return
        pytest.fail("the sound review is not offered")


READERS: tuple[Callable[[Readers], None], ...] = (
    Readers.stream,
    Readers.drivers_list,
    Readers.queue_figures,
    Readers.sweeper,
    Readers.reconciliation,
    Readers.status,
    Readers.status_page,
    Readers.next_review,
)


@pytest.fixture
def readers(api: Api, context: "LambdaContext", monkeypatch: pytest.MonkeyPatch) -> Readers:
    dead_letters: list[Mapping[str, Any]] = []
    for adapter, call in (("_dead_letters", "send"), ("_bus", "publish")):
        double = SimpleNamespace(**{call: dead_letters.append if call == "send" else _ignore})
        monkeypatch.setattr(publish_changes, adapter, lambda double=double: double)
    monkeypatch.setenv("CHANGES_DEAD_LETTERS_URL", "none")
    monkeypatch.setenv("LABELS_BUCKET", "labels")
    monkeypatch.setenv("EVENT_BUS_NAME", "none")
    boto3.client("s3").create_bucket(Bucket="labels")
    publish_changes._labels.cache_clear()
    sound = a_row(59)
    boto3.client("dynamodb").put_item(TableName="photos", Item=sound)
    return Readers(api, sound["photo_id"]["S"], context)


def _ignore(_events: object) -> None:
    """Stand in for a bus."""


def a_row(second: int) -> Item:
    """Return the row of a photo of dan that was uploaded then, with an open review and a contest.

    The contest is a decision, which the stream reads.
    """
    at = f"2026-11-22T10:00:{second:02}Z"
    state = {"status": "in_review", "review": "open"}
    decision = {
        "seq": 1,
        "kind": "contest",
        "verdict": "",
        "decided_by": "dan",
        "decided_at": "2026-11-22T10:30:00.000Z",
        "reason": "no_vehicle",
        "before": state,
        "after": state,
    }
    times = dict.fromkeys(("uploaded_at", "received_at", "enqueued_at"), at)
    changes = {"photo_id": f"{second:064}", "driver_id": "dan", "upload_id": f"u{second}"}
    changes["received_hour"] = at[:13]
    return item_of(
        a_photo(0, "in_review")
        | changes
        | times
        | {"decision_seq": 1, "decisions": [decision], "pending": "received"}
    )


def test_a_spoiled_row_of_a_photo_stops_no_reader(readers: Readers) -> None:
    dynamodb, sqs = readers.dynamodb, boto3.client("sqs")
    queue = sqs.get_queue_url(QueueName="review")["QueueUrl"]
    stopped: Counter[str] = Counter()
    total = 0
    for attribute, items in spoilings(PHOTOS, a_row(0)):
        rows = [{**item, "photo_id": {"S": f"{n:064}"}} for n, item in enumerate(items)]
        total += len(rows)
        for row in rows:
            dynamodb.put_item(TableName="photos", Item=row)
        message = json.dumps({"photo_id": rows[-1]["photo_id"]["S"]})
        sqs.send_message(QueueUrl=queue, MessageBody=message)
        for read in READERS:
            try:
                read(readers)
            except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 # any stops it
                stopped[f"{read.__name__}, {attribute}: {error!r:.200}"] += 1
        for row in rows:
            dynamodb.delete_item(TableName="photos", Key={"photo_id": row["photo_id"]})
        dynamodb.put_item(TableName="photos", Item=a_row(59))  # not leased any more
    print(f"{total} spoiled rows of photos, {len(READERS)} readers, {len(stopped)} stopped")  # noqa: T201 # the figures
    assert not stopped


def test_a_spoiled_assignment_stops_no_reader(readers: Readers) -> None:
    texts = {name: "x" for name in AssignmentAttribute if name.dynamodb_type == "S"}
    total = 0
    for _, items in spoilings(ASSIGNMENTS, item_of(texts | {"driver_id": "dan"})):
        for item in items:
            readers.dynamodb.put_item(TableName="assignments", Item=item)
            readers.status()
            readers.reconciliation()
            total += 1
    print(f"{total} spoiled assignments, 2 readers, 0 stopped")  # noqa: T201 # the figures


def test_a_spoiled_assignment_stops_no_verdict_and_is_repaired(readers: Readers) -> None:
    """A verdict that gives the assignment, one that withdraws it, and the undo of each."""
    dynamodb, total = readers.dynamodb, 0
    verdicts = itertools.cycle(("bicycle", "neither"))
    texts = {name: "x" for name in AssignmentAttribute if name.dynamodb_type == "S"}
    for _, items in spoilings(ASSIGNMENTS, item_of(texts | {"driver_id": "dan"})):
        for verdict, item in zip(verdicts, items, strict=False):
            photo, order = _leased(dynamodb, total := total + 1)
            dynamodb.put_item(TableName="assignments", Item=item)
            assert _decide(readers.api, photo, verdict) == 200
            written = _order_of_assignment(dynamodb)  # it can be read
            assert _is_readable(item) or written == (order if verdict == "bicycle" else None)
            undo = readers.api.post(f"/reviews/{photo}/undo", {"decision_seq": 2}, RITA)
            assert undo.status == 200, undo
            dynamodb.delete_item(TableName="photos", Key=item_of({"photo_id": photo}))
    print(f"{total} verdicts on spoiled assignments, 0 refused")  # noqa: T201 # the figures


def test_an_unreadable_assignment_becomes_that_of_the_newest_photo(readers: Readers) -> None:
    """The photo that is decided is older than one that is assigned."""
    dynamodb = readers.dynamodb
    decided = {"status": "assigned", "review": "none", "vehicle": "motorcycle"}
    whole = decided | {"order_range": "distant", "valid_until": "2026-11-23T02:00:00Z"}
    for second, attributes in ((30, whole), (40, decided)):  # the latter cannot be assigned
        dynamodb.put_item(TableName="photos", Item=a_row(second) | item_of(attributes))
    dynamodb.put_item(TableName="assignments", Item=item_of({"driver_id": "dan", "vehicle": "x"}))
    photo, _ = _leased(dynamodb, 1)
    assert _decide(readers.api, photo, "bicycle") == 200
    (assignment,) = map(plain, dynamodb.scan(TableName="assignments")["Items"])
    assert (assignment["photo_id"], assignment["vehicle"]) == (f"{30:064}", "motorcycle")
    assert assignment["last_superseded"] == photo


def _leased(dynamodb: "DynamoDBClient", number: int) -> tuple[str, str]:
    """Write a review that rita holds; return the photo's id and its order."""
    moment = datetime.now(UTC)
    lease = {"lease_id": LEASE, "lease_owner": "rita"}
    lease |= {"lease_since": stamp(moment), "lease_until": later(moment, 600)}
    row = a_row(0) | item_of({"photo_id": f"{number:064}", **lease})
    dynamodb.put_item(TableName="photos", Item=row)
    return f"{number:064}", f"{row['uploaded_at']['S']}#{number:064}"


def _decide(api: Api, photo: str, verdict: str) -> int:
    body = {"lease_id": LEASE, "decision_seq": 1, "verdict": verdict}
    return api.post(f"/reviews/{photo}/verdict", body, RITA).status


def _is_readable(item: Item) -> bool:
    try:
        AssignmentRow.from_item(plain(item))
    except InvalidRecord:
        return False
    return True


def _order_of_assignment(dynamodb: "DynamoDBClient") -> str | None:
    items = dynamodb.scan(TableName="assignments")["Items"]
    return AssignmentRow.from_item(plain(items[0])).photo_order if items else None


def test_a_spoiled_permission_stops_no_reader(readers: Readers) -> None:
    upload_id = readers.api.post("/uploads", {"content_type": "image/jpeg"}, DAN).body["upload_id"]
    items = readers.dynamodb.scan(TableName="uploads")["Items"]
    (sound,) = (item for item in items if item["upload_id"]["S"] == upload_id)
    total = 0
    for _, items in spoilings(UPLOADS, sound):
        for item in items:
            readers.dynamodb.put_item(TableName="uploads", Item=item)
            assert readers.api.get(f"/uploads/{upload_id}", DAN).status in {200, 404}
            total += 1
        readers.drivers_list()
    print(f"{total} spoiled permissions, 2 readers, 0 stopped")  # noqa: T201 # the figures


def test_a_spoiled_record_of_reviewers_stops_no_reader(readers: Readers) -> None:
    day = f"day#{datetime.now(UTC):%Y-%m-%d}"
    total = 0
    for kind in (day, "agreement", "known_result", "disagreement"):
        sound = item_of({"kind": kind, "name": "lena"})
        for number, (_, items) in enumerate(spoilings(REVIEWERS, sound)):
            for index, item in enumerate(items):
                name = "lena" if kind == day else f"{number}-{index}#bicycle"
                record = {**item, "name": {"S": name}}
                readers.dynamodb.put_item(TableName="reviewers", Item=record)
                total += 1
                if kind == day:
                    readers.queue_figures()
        assert readers.api.get("/reviews/agreement", LENA).status == 200
    print(f"{total} spoiled records of reviewers, 2 readers, 0 stopped")  # noqa: T201 # the figures


def test_a_spoiled_review_message_stops_no_reader(readers: Readers) -> None:
    row = ReviewRow.from_item(plain(a_row(59)))
    sound = review_message(row, reason="low_confidence", received_at=row.received_at)
    texts = list(spoiled_texts(sound))
    sqs = boto3.client("sqs")
    queue = sqs.get_queue_url(QueueName="review")["QueueUrl"]
    for text in texts:
        sqs.send_message(QueueUrl=queue, MessageBody=text)
    readers.queue_figures()
    readers.next_review()
    for _ in texts[::10]:
        assert readers.api.post("/reviews/next", {}, RITA).status == 200
    print(f"{len(texts)} spoiled review messages, 2 readers, 0 stopped")  # noqa: T201 # the figures


def test_a_spoiled_known_item_stops_no_verdict(readers: Readers) -> None:
    for number, value in enumerate(VALUES, start=1):
        photo, _ = _leased(readers.dynamodb, number)
        key = item_of({"kind": KNOWN_ITEM, "name": photo})
        item = {**key, "verdict": value}
        readers.dynamodb.put_item(TableName="reviewers", Item=item)
        assert _decide(readers.api, photo, "bicycle") == 200
    assert readers.api.get("/reviews/agreement", LENA).status == 200
    print(f"{len(VALUES)} verdicts on spoiled known items, 0 refused")  # noqa: T201 # the figures


def test_a_spoiled_control_stops_no_reader(readers: Readers) -> None:
    total = 0
    for name in (INTAKE, THRESHOLD, BREAKER):
        sound = item_of({"name": name, "since": "", "by": "x", "reason": "x"})
        for _, items in spoilings(CONTROLS, sound):
            for item in items:
                readers.dynamodb.put_item(TableName="controls", Item=item)
                controls_of(readers.target).read().hold_reason(is_probe=False)
                total += 1
        readers.status()
    print(f"{total} spoiled controls, 0 stopped")  # noqa: T201 # the figures
