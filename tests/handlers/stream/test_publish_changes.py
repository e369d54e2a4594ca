"""The ledger's stream becomes labels and events: the same ones, if it is delivered again."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import jsonschema_rs
import pytest

from handlers.aws.dynamodb import item_of
from handlers.domain.ledger.events import PhotoEvent, events_of
from handlers.domain.ledger.labels import labels_of
from handlers.domain.ledger.tombstone import tombstone
from handlers.domain.review.row import ReviewRow
from handlers.stream import publish_changes
from tests.conftest import ROOT
from tests.handlers.domain.review.test_decisions import ReviewModel, a_photo

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

SCHEMAS = ROOT / "docs" / "schemas"
BUCKET = "labels-bucket"


def history_of(kind: str, *steps: tuple[str, str]) -> list[dict[str, Any]]:
    """Return every state of the first photo's row, from the workflow's claim on."""
    model = ReviewModel()
    model.fill([kind, *["no_driver"] * 3])
    (photo, *_), rows = model.rows, []
    claimed = a_photo(0, "in_review") | {"status": "received", "review": "none"}
    rows += [claimed, dict(model.rows[photo])]
    for reviewer, verdict in steps:
        if verdict == "undo":
            model.undo(0, reviewer)
        else:
            model.take(0, reviewer)
            model.decide(0, reviewer, verdict)
        rows.append(dict(model.rows[photo]))
    return rows


HISTORIES = [
    history_of("in_review", ("anna", "motorcycle"), ("anna", "undo"), ("anna", "neither")),
    history_of("audited", ("anna", "neither"), ("anna", "undo"), ("anna", "motorcycle")),
    history_of("no_driver", ("anna", "bicycle")),
]


def events_in(rows: list[dict[str, Any]]) -> Iterator[PhotoEvent]:
    for old, new in zip([{}, *rows], rows, strict=False):
        yield from events_of(old, new)


@pytest.mark.parametrize("rows", HISTORIES)
def test_every_event_conforms_to_its_schema(rows: list[dict[str, Any]]) -> None:
    for event in events_in(rows):
        schema = json.loads((SCHEMAS / f"{event.name}.v1.json").read_text(encoding="utf-8"))
        jsonschema_rs.validate(schema, event.detail)
        assert event.detail.keys() <= schema["properties"].keys()


def test_the_documented_events_are_those_that_are_published() -> None:
    failed = history_of("in_review")[0] | {"status": "failed"}
    names = {event.name for rows in [*HISTORIES, [failed]] for event in events_in(rows)}
    assert names == {path.name.removesuffix(".v1.json") for path in SCHEMAS.iterdir()}
    text = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")
    assert all(f"schemas/{name}.v1.json" in text for name in names)


def test_the_events_of_a_photo_are_published_in_order() -> None:
    assert [event.name for event in events_in(HISTORIES[1])] == [
        "PhotoAssigned",
        "AssignmentChanged",
        "PhotoRejected",
        "AssignmentChanged",
        "PhotoAssigned",
        "AssignmentChanged",
        "PhotoAssigned",
        "AssignmentChanged",
    ]


def test_a_confirmed_audit_and_a_heartbeat_publish_no_event() -> None:
    *_, before, after = history_of("audited", ("anna", "bicycle"))
    assert events_of(before, after) == ()
    assert events_of(before, before | {"lease_until": "2026-11-22T12:00:00.000Z"}) == ()


def test_events_do_not_contain_a_reviewers_name() -> None:
    for rows in HISTORIES:
        for event in events_in(rows):
            assert "anna" not in json.dumps(event.detail)


def test_ids_of_events_are_reproducible_and_unique() -> None:
    for rows in HISTORIES:
        ids = [event.detail["event_id"] for event in events_in(rows)]
        assert ids == [event.detail["event_id"] for event in events_in(rows)]
        assert len(set(ids)) == len(ids)


def test_an_undo_writes_a_retracting_label() -> None:
    row = ReviewRow.from_item(HISTORIES[0][-1])
    lines = [label.line for label in labels_of(row, since_seq=0)]
    labels = [(line["groundTruthData"]["data"], line["scones"]["retracted"]) for line in lines]
    assert labels == [("motorcycle", False), ("", True), ("neither", False)]
    assert {line["eventMetadata"]["eventId"] for line in lines} == {row.photo_id}


def test_only_decisions_since_the_last_change_get_a_label() -> None:
    row = ReviewRow.from_item(HISTORIES[0][-1])
    *_, last = labels_of(row, since_seq=0)
    assert labels_of(row, since_seq=row.decision_seq - 1) == (last,)
    assert labels_of(row, since_seq=row.decision_seq) == ()


def test_the_key_of_a_label_contains_photo_decision_and_hour() -> None:
    row = ReviewRow.from_item(HISTORIES[0][-1])
    first, *_ = labels_of(row, since_seq=0)
    assert first.key == f"labels/2026/11/22/12/{row.photo_id}-000001.jsonl"


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch, aws: None) -> Iterator[Any]:
    del aws
    monkeypatch.setenv("LABELS_BUCKET", BUCKET)
    monkeypatch.setenv("EVENT_BUS_NAME", "scones")
    queue = boto3.client("sqs").create_queue(QueueName="dead-letters")["QueueUrl"]
    monkeypatch.setenv("CHANGES_DEAD_LETTERS_URL", queue)
    boto3.client("events").create_event_bus(Name="scones")
    cached = (publish_changes._labels, publish_changes._bus, publish_changes._dead_letters)
    for adapter in cached:
        adapter.cache_clear()
    yield queue
    for adapter in cached:
        adapter.cache_clear()


def batch(rows: list[dict[str, Any]]) -> dict[str, Any]:
    pairs = zip([{}, *rows], rows, strict=False)
    return {
        "Records": [
            {
                "eventSource": "aws:dynamodb",
                "dynamodb": {
                    "SequenceNumber": str(number),
                    "Keys": item_of({"photo_id": new["photo_id"]}),
                    "OldImage": item_of(old),
                    "NewImage": item_of(new),
                },
            }
            for number, (old, new) in enumerate(pairs)
        ]
    }


def written() -> dict[str, bytes]:
    s3 = boto3.client("s3")
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]
    return {key: s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}


def test_a_batch_that_is_delivered_twice_changes_nothing(
    stream: None, context: "LambdaContext"
) -> None:
    del stream
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    assert publish_changes.lambda_handler(batch(HISTORIES[0]), context) == {"batchItemFailures": []}
    before = written()
    assert len(before) == 3
    publish_changes.lambda_handler(batch(HISTORIES[0]), context)
    assert written() == before


def test_the_first_failed_record_is_reported_to_lambda(
    stream: None, context: "LambdaContext"
) -> None:
    del stream  # the bucket does not exist, and the third record has the first label
    response = publish_changes.lambda_handler(batch(HISTORIES[0]), context)
    assert response == {"batchItemFailures": [{"itemIdentifier": "2"}]}


def test_a_change_that_cannot_be_read_goes_to_the_dead_letters_and_delays_no_other(
    stream: str, context: "LambdaContext"
) -> None:
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    spoiled = {name: value for name, value in HISTORIES[1][-1].items() if name != "etag"}
    event = batch([spoiled])
    event["Records"] += batch(HISTORIES[0])["Records"]
    assert publish_changes.lambda_handler(event, context) == {"batchItemFailures": []}
    assert len(written()) == 3
    messages = boto3.client("sqs").receive_message(QueueUrl=stream)["Messages"]
    dead_letters = [json.loads(message["Body"]) for message in messages]
    assert [dead_letter["photo_id"] for dead_letter in dead_letters] == [spoiled["photo_id"]]
    assert "etag" in dead_letters[0]["error"]


def test_a_tombstone_becomes_no_label_and_no_dead_letter(
    stream: str, context: "LambdaContext"
) -> None:
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    row = HISTORIES[0][-1]
    event = batch([row, tombstone(row["photo_id"], at=datetime.now(UTC))])
    del event["Records"][0]
    assert publish_changes.lambda_handler(event, context) == {"batchItemFailures": []}
    assert written() == {}
    assert "Messages" not in boto3.client("sqs").receive_message(QueueUrl=stream)


def test_a_dead_letter_that_cannot_be_sent_is_tried_again(
    stream: str, context: "LambdaContext"
) -> None:
    boto3.client("sqs").delete_queue(QueueUrl=stream)
    spoiled = {name: value for name, value in HISTORIES[1][-1].items() if name != "etag"}
    response = publish_changes.lambda_handler(batch([spoiled]), context)
    assert response == {"batchItemFailures": [{"itemIdentifier": "0"}]}


def test_an_expired_row_publishes_nothing(stream: None, context: "LambdaContext") -> None:
    del stream
    event = {
        "Records": [{"dynamodb": {"SequenceNumber": "1", "OldImage": item_of(HISTORIES[0][-1])}}]
    }
    assert publish_changes.lambda_handler(event, context) == {"batchItemFailures": []}
