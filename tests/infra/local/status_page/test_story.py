"""A photo's story combines its execution, ledger row, capture record and assignment."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.infra.local.status_page.stage_double import (
    ASSIGNMENTS,
    CAPTURES,
    KEY,
    PREFIX,
    Stage,
    page_stage,
)

GONE = "arn:aws:states:us-east-1:123456789012:execution:workflow:gone"


@pytest.fixture
def stage() -> Iterator[Stage]:
    with page_stage() as empty:
        yield empty


def test_a_story_holds_every_record_of_a_photo(stage: Stage) -> None:
    row = {**stage.upload(), "driver_id": "ada"}
    execution = _execution(stage, {"detail": {"object": {"key": KEY}}})
    facts = {"probabilities": {"bicycle": 0.75}, "confidence": 0.75, "vehicle": "bicycle"}
    _capture(stage, row["photo_id"])  # first: a slow machine would date it after the row
    stage.write(row, "assigned", execution_arn=execution, classification=facts)
    stage.session.client("dynamodb").put_item(
        TableName=ASSIGNMENTS, Item={"driver_id": {"S": "ada"}, "vehicle": {"S": "bicycle"}}
    )
    story = stage.reader.story(row["photo_id"])
    assert story is not None
    assert story["event"]["detail"]["object"]["key"] == KEY
    assert story["decision"] == facts
    assert story["row"]["key"] == KEY
    assert story["capture"]["eventMetadata"]["inferenceId"] == row["photo_id"]
    assert story["capture"]["captureData"]["endpointInput"]["data"] == "(3 bytes)"
    assert story["assignment"]["vehicle"] == "bicycle"
    assert story["photo"]["confidence"] == 0.75
    json.dumps(story)


def test_an_unknown_photo_has_no_story_and_an_unknown_execution_no_event(stage: Stage) -> None:
    assert stage.reader.story("0" * 64) is None
    row = stage.upload()
    stage.write(row, "received", execution_arn=GONE)
    story = stage.reader.story(row["photo_id"])
    assert story is not None
    assert story["event"] is story["capture"] is story["assignment"] is None


def test_a_capture_file_of_another_time_is_not_searched(stage: Stage) -> None:
    row = stage.upload()
    stage.write(row, "in_review", classification={"confidence": 0.5})
    _capture(stage, row["photo_id"], later=timedelta(hours=2))
    story = stage.reader.story(row["photo_id"])
    assert story is not None
    assert story["capture"] is None


def _capture(stage: Stage, photo: str, later: timedelta = timedelta()) -> None:
    record = {
        "captureData": {"endpointInput": {"data": "AAAA", "encoding": "BASE64"}},
        "eventMetadata": {"eventId": "1", "inferenceId": photo},
    }
    other = {"eventMetadata": {"eventId": "2", "inferenceId": "other"}}
    at = datetime.now(UTC) + later
    stage.session.client("s3").put_object(
        Bucket=CAPTURES,
        Key=f"{PREFIX}/{at:%Y/%m/%d/%H/%M-%S}-000-some-file.jsonl",
        Body=f"{json.dumps(other)}\n{json.dumps(record)}\n".encode(),
    )


def _execution(stage: Stage, event: object) -> str:
    stepfunctions = stage.session.client("stepfunctions")
    machine = stepfunctions.create_state_machine(
        name="workflow",
        definition=json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}),
        roleArn="arn:aws:iam::123456789012:role/workflow",
    )
    started = stepfunctions.start_execution(
        stateMachineArn=machine["stateMachineArn"], input=json.dumps(event)
    )
    return started["executionArn"]
