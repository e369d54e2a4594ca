"""`scones restore-ledger` after rows were lost, with moto's restore to a point in time."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from infra.operations.restore_ledger import RestoredRow, outcome_of
from monitoring.reconciliation.row_parser import record_of
from tests.workflow.faulty_pipeline import BUCKET, FaultyPipeline
from tests.workflow.operator_commands import (
    EXIT_OK,
    EXIT_USAGE_ERROR,
    OLDER_THAN_0_MINUTES,
    run_command,
    run_json_command,
)

pytestmark = pytest.mark.usefixtures("operated")

FROM = ("--photos-from", "photos-restored", "--assignments-from", "assignments-restored")


@pytest.fixture
def restore() -> Iterator[Callable[[], None]]:
    """Restore both tables as they are when it is called."""
    dynamodb = boto3.client("dynamodb")

    def restored() -> None:
        for table in ("photos", "assignments"):
            dynamodb.update_continuous_backups(
                TableName=table,
                PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
            )
            dynamodb.restore_table_to_point_in_time(
                SourceTableName=table,
                TargetTableName=f"{table}-restored",
                UseLatestRestorableTime=True,
            )

    yield restored
    for table in ("photos", "assignments"):
        dynamodb.delete_table(TableName=f"{table}-restored")


def lose(pipeline: FaultyPipeline, *keys: str) -> None:
    """Delete the rows and the assignments of these photos."""
    for row in pipeline.workflow.photos():
        if row["key"] in keys:
            table = pipeline.workflow.dynamodb.Table("photos")
            table.delete_item(Key={"photo_id": row["photo_id"]})
            pipeline.delete_assignment(row["driver_id"])


def test_lost_rows_come_back_and_everything_is_consistent(
    pipeline: FaultyPipeline, restore: Callable[[], None]
) -> None:
    for driver in ("d1", "d2", "d3"):
        pipeline.upload(f"intake/{driver}/u.jpg")
    before = sorted(row["photo_id"] for row in pipeline.workflow.photos())
    restore()
    pipeline.upload("intake/d3/later.jpg")  # decided after the restored moment
    lose(pipeline, "intake/d1/u.jpg", "intake/d2/u.jpg")
    damaged = next(row for row in pipeline.workflow.photos() if row["key"] == "intake/d3/u.jpg")
    pipeline.overwrite(damaged["photo_id"], attempt="many")
    dry = run_json_command("restore-ledger", *FROM, "--dry-run")
    assert dry["photos"] == {"replaced": 1, "written": 2}
    assert len(pipeline.workflow.photos()) == 2
    assert run_command("reconcile", *OLDER_THAN_0_MINUTES).exit_code != EXIT_OK

    restored = run_json_command("restore-ledger", *FROM)
    assert restored == {
        "photos": {"replaced": 1, "written": 2},
        "assignments": {"kept": 1, "written": 2},
    }
    rows = {row["photo_id"]: row for row in pipeline.workflow.photos()}
    assert set(before) < set(rows)
    assert pipeline.photo(damaged["photo_id"]) == damaged
    assert run_command("reconcile", "--queues", *OLDER_THAN_0_MINUTES).exit_code == EXIT_OK

    again = run_json_command("restore-ledger", *FROM)
    assert again == {"photos": {"kept": 3}, "assignments": {"kept": 3}}


def test_a_photo_whose_object_was_deleted_does_not_come_back(
    pipeline: FaultyPipeline, restore: Callable[[], None]
) -> None:
    pipeline.upload("intake/d1/u.jpg")
    restore()
    lose(pipeline, "intake/d1/u.jpg")
    boto3.resource("s3").Bucket(BUCKET).object_versions.delete()
    restored = run_json_command("restore-ledger", *FROM)
    assert restored == {"photos": {"gone": 1}, "assignments": {"kept": 1}}
    assert pipeline.workflow.photos() == []


def test_an_assignment_that_was_withdrawn_does_not_come_back(
    pipeline: FaultyPipeline, restore: Callable[[], None]
) -> None:
    pipeline.upload("intake/d1/u.jpg")
    restore()
    (row,) = pipeline.workflow.photos()
    pipeline.overwrite(row["photo_id"], status="rejected", vehicle=None)
    pipeline.delete_assignment("d1")
    restored = run_json_command("restore-ledger", *FROM)
    assert restored == {"photos": {"kept": 1}, "assignments": {"kept": 1}}


def test_a_verdict_that_was_lost_replaces_what_the_model_decided_anew(
    pipeline: FaultyPipeline, restore: Callable[[], None]
) -> None:
    pipeline.upload("intake/d1/u.jpg")
    (row,) = pipeline.workflow.photos()
    verdict: dict[str, Any] = {
        "vehicle": "motorcycle",
        "decided_by": "rita",
        "decision_seq": 1,
        "review": "done",
    }
    pipeline.overwrite(row["photo_id"], **verdict)
    assignments = pipeline.workflow.dynamodb.Table("assignments")
    (assigned,) = assignments.scan()["Items"]
    assignments.put_item(Item={**assigned, "vehicle": "motorcycle", "decided_by": "rita"})
    restore()
    anew: dict[str, Any] = {"received_at": "2126-11-22T18:00:00.000Z", "decision_seq": 0}
    pipeline.workflow.dynamodb.Table("photos").put_item(Item={**row, **anew})
    assignments.put_item(Item=assigned)
    restored = run_json_command("restore-ledger", *FROM)
    assert restored == {"photos": {"replaced": 1}, "assignments": {"replaced": 1}}
    assert pipeline.photo(row["photo_id"])["vehicle"] == "motorcycle"
    assert assignments.scan()["Items"][0]["vehicle"] == "motorcycle"


ROW: dict[str, Any] = {
    "photo_id": "a" * 64,
    "bucket": "intake",
    "key": "intake/anna/u.jpg",
    "etag": "e",
    "status": "assigned",
    "attempt": 1,
    "execution_arn": "arn",
    "review": "done",
    "uploaded_at": "2026-11-22T18:00:00Z",
    "received_at": "2026-11-22T18:00:00.000Z",
    "claimed_at": "2026-11-22T18:00:00.000Z",
    "updated_at": "2026-11-22T18:05:00.000Z",
    "decision_seq": 1,
}
ANEW = {"received_at": "2026-11-23T09:00:00.000Z", "claimed_at": "2026-11-23T09:00:00.000Z"}


@pytest.mark.parametrize(
    ("live", "outcome"),
    [
        ({}, RestoredRow.KEPT),
        ({"decision_seq": 2}, RestoredRow.KEPT),
        ({"decision_seq": 0}, RestoredRow.KEPT),
        ({**ANEW, "decision_seq": 0}, RestoredRow.REPLACED),
        ({**ANEW, "decision_seq": 1}, RestoredRow.KEPT),
        ({**ANEW, "decision_seq": 0, "status": "received"}, RestoredRow.KEPT),
        ({"attempt": "many"}, RestoredRow.REPLACED),
    ],
)
def test_decisions_of_people_decide_which_row_stays(
    live: dict[str, Any], outcome: RestoredRow
) -> None:
    assert outcome_of(record_of(ROW), {**ROW, **live}) is outcome


def test_a_table_must_be_named() -> None:
    assert run_command("restore-ledger").exit_code == EXIT_USAGE_ERROR
