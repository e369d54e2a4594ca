"""The ledger's stream becomes labels and events: the same ones, however often it is delivered."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import jsonschema_rs
import pytest

from handlers.aws.attribute_values import item_of
from handlers.domain.ledger.events import PhotoEvent, events_of
from handlers.domain.ledger.labels import labels_of
from handlers.domain.review.row import ReviewRow
from handlers.stream import publish_changes
from tests.conftest import ROOT
from tests.handlers.domain.review.test_decisions import Office, a_photo

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

SCHEMAS = ROOT / "docs" / "schemas"
BUCKET = "labels-bucket"


def life_of(kind: str, *steps: tuple[str, str]) -> list[dict[str, Any]]:
    """Every state of the first photo's row, from the workflow's claim on."""
    office = Office()
    office.fill([kind, *["no_driver"] * 3])
    (photo, *_), rows = office.rows, []
    claimed = a_photo(0, "in_review") | {"status": "received", "review": "none"}
    rows += [claimed, dict(office.rows[photo])]
    for reviewer, verdict in steps:
        if verdict == "undo":
            office.undo(0, reviewer)
        else:
            office.take(0, reviewer)
            office.decide(0, reviewer, verdict)
        rows.append(dict(office.rows[photo]))
    return rows


LIVES = [
    life_of("in_review", ("anna", "motorcycle"), ("anna", "undo"), ("anna", "neither")),
    life_of("audited", ("anna", "neither"), ("anna", "undo"), ("anna", "motorcycle")),
    life_of("no_driver", ("anna", "bicycle")),
]


def told(rows: list[dict[str, Any]]) -> Iterator[PhotoEvent]:
    for old, new in zip([{}, *rows], rows, strict=False):
        yield from events_of(old, new)


@pytest.mark.parametrize("rows", LIVES)
def test_every_event_is_as_its_schema_says(rows: list[dict[str, Any]]) -> None:
    for event in told(rows):
        schema = json.loads((SCHEMAS / f"{event.name}.v1.json").read_text(encoding="utf-8"))
        jsonschema_rs.validate(schema, event.detail)
        assert event.detail.keys() <= schema["properties"].keys()


def test_every_documented_event_is_sent_and_the_other_way_round() -> None:
    failed = life_of("in_review")[0] | {"status": "failed"}
    names = {event.name for rows in [*LIVES, [failed]] for event in told(rows)}
    assert names == {path.name.removesuffix(".v1.json") for path in SCHEMAS.iterdir()}
    text = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")
    assert all(f"schemas/{name}.v1.json" in text for name in names)


def test_a_photos_life_is_told_in_order() -> None:
    assert [event.name for event in told(LIVES[1])] == [
        "PhotoAssigned",
        "AssignmentChanged",
        "PhotoRejected",
        "AssignmentChanged",
        "PhotoAssigned",
        "AssignmentChanged",
        "PhotoAssigned",
        "AssignmentChanged",
    ]


def test_a_confirmed_audit_and_a_heartbeat_tell_nothing() -> None:
    *_, before, after = life_of("audited", ("anna", "bicycle"))
    assert events_of(before, after) == ()
    assert events_of(before, before | {"lease_until": "2026-11-22T12:00:00.000Z"}) == ()


def test_events_name_no_reviewer() -> None:
    for rows in LIVES:
        for event in told(rows):
            assert "anna" not in json.dumps(event.detail)


def test_ids_of_events_are_the_same_every_time_and_never_twice() -> None:
    for rows in LIVES:
        ids = [event.detail["event_id"] for event in told(rows)]
        assert ids == [event.detail["event_id"] for event in told(rows)]
        assert len(set(ids)) == len(ids)


def test_an_undo_is_a_label_that_retracts() -> None:
    row = ReviewRow.from_item(LIVES[0][-1])
    lines = [label.line for label in labels_of(row, since_seq=0)]
    said = [(line["groundTruthData"]["data"], line["scones"]["retracted"]) for line in lines]
    assert said == [("motorcycle", False), ("", True), ("neither", False)]
    assert {line["eventMetadata"]["eventId"] for line in lines} == {row.photo_id}


def test_the_key_of_a_label_names_photo_decision_and_hour() -> None:
    row = ReviewRow.from_item(LIVES[0][-1])
    first, *_ = labels_of(row, since_seq=0)
    assert first.key == f"labels/2026/11/22/12/{row.photo_id}-000001.jsonl"


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch, aws: None) -> Iterator[Any]:
    del aws
    monkeypatch.setenv("LABELS_BUCKET", BUCKET)
    monkeypatch.setenv("EVENT_BUS_NAME", "scones")
    boto3.client("events").create_event_bus(Name="scones")
    for cached in (publish_changes._labels, publish_changes._bus):
        cached.cache_clear()
    yield None
    for cached in (publish_changes._labels, publish_changes._bus):
        cached.cache_clear()


def batch(rows: list[dict[str, Any]]) -> dict[str, Any]:
    pairs = zip([{}, *rows], rows, strict=False)
    return {
        "Records": [
            {
                "eventSource": "aws:dynamodb",
                "dynamodb": {
                    "SequenceNumber": str(number),
                    "OldImage": item_of(old),
                    "NewImage": item_of(new),
                },
            }
            for number, (old, new) in enumerate(pairs)
        ]
    }


def written() -> dict[str, bytes]:
    s3 = boto3.client("s3")
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]
    return {key: s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}


def test_a_batch_that_comes_twice_changes_nothing(stream: None, context: "LambdaContext") -> None:
    del stream
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    assert publish_changes.lambda_handler(batch(LIVES[0]), context) == {"batchItemFailures": []}
    before = written()
    assert len(before) == 3
    publish_changes.lambda_handler(batch(LIVES[0]), context)
    assert written() == before


def test_lambda_goes_on_at_the_first_record_that_failed(
    stream: None, context: "LambdaContext"
) -> None:
    del stream  # and there is no bucket: the first label is the third record's
    answer = publish_changes.lambda_handler(batch(LIVES[0]), context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "2"}]}


def test_an_erased_row_says_nothing(stream: None, context: "LambdaContext") -> None:
    del stream
    event = {"Records": [{"dynamodb": {"SequenceNumber": "1", "OldImage": item_of(LIVES[0][-1])}}]}
    assert publish_changes.lambda_handler(event, context) == {"batchItemFailures": []}
