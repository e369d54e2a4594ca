"""The whole story of a photo, put together from execution, ledger, capture file and assignment."""

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


def test_a_whole_story(stage: Stage) -> None:
    row = {**stage.upload(), "driver_id": "ada"}
    execution = _execution(stage, {"detail": {"object": {"key": KEY}}})
    facts = {"probabilities": {"bicycle": 0.75}, "confidence": 0.75, "vehicle": "bicycle"}
    stage.write(row, "assigned", execution_arn=execution, classification=facts)
    _capture(stage, row["photo_id"])
    stage.session.client("dynamodb").put_item(
        TableName=ASSIGNMENTS, Item={"driver_id": {"S": "ada"}, "vehicle": {"S": "bicycle"}}
    )
    found = stage.reader.story(row["photo_id"])
    assert found is not None
    assert found["event"]["detail"]["object"]["key"] == KEY
    assert found["decision"] == facts
    assert found["row"]["key"] == KEY
    assert found["capture"]["eventMetadata"]["inferenceId"] == row["photo_id"]
    assert found["capture"]["captureData"]["endpointInput"]["data"] == "(3 bytes)"
    assert found["assignment"]["vehicle"] == "bicycle"
    assert found["photo"]["confidence"] == 0.75
    json.dumps(found)


def test_a_story_of_an_unknown_photo_or_execution(stage: Stage) -> None:
    assert stage.reader.story("0" * 64) is None
    row = stage.upload()
    stage.write(row, "received", execution_arn=GONE)
    found = stage.reader.story(row["photo_id"])
    assert found is not None
    assert found["event"] is found["capture"] is found["assignment"] is None


def test_a_capture_file_of_another_time_is_not_looked_through(stage: Stage) -> None:
    row = stage.upload()
    stage.write(row, "in_review", classification={"confidence": 0.5})
    _capture(stage, row["photo_id"], later=timedelta(hours=2))
    found = stage.reader.story(row["photo_id"])
    assert found is not None
    assert found["capture"] is None


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
