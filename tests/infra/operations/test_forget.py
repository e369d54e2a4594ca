"""An erased driver is nowhere in the stage, other drivers' records are as before."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from handlers.aws.dynamodb import item_of, plain
from handlers.domain.ledger.refused_photos import refusal_of
from handlers.domain.ledger.tombstone import tombstone
from infra.operations.errors import InvalidDriver
from infra.operations.restore_ledger import RestoredRow, outcome_of
from monitoring.reconciliation.checker import check
from monitoring.reconciliation.inventory_reader import Places, read_inventory
from monitoring.reconciliation.redrive import redrive
from monitoring.reconciliation.row_parser import record_of
from tests.infra.cli.deployed_stage import DeployedStage, deployed_stage
from tests.infra.operations.erasure_stage import Drivers, complete


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[DeployedStage]:
    monkeypatch.setattr("handlers.aws.queue._WAIT_S", 0)
    with deployed_stage(monkeypatch) as deployed:
        yield deployed


@pytest.fixture
def drivers(stage: DeployedStage) -> Drivers:
    return Drivers(stage, complete(stage))


def test_nothing_of_an_erased_driver_is_left_and_all_of_the_others(drivers: Drivers) -> None:
    other_photo = drivers.fill("bo")
    alone = sorted(drivers.contents())
    photo = drivers.fill("anna")
    certificate = drivers.erase("anna")

    content = hashlib.sha256(b"photo anna u").hexdigest()
    left = sorted(drivers.contents())
    for place, text in left:
        assert not [name for name in ("anna", content) if name in text], place
        assert photo not in text or '"erased"' in text, place
    tombstones = [record for record in left if '"erased"' in record[1]]
    refused = [record for record in left if record[0].startswith("labels/refused/")]
    assert len(tombstones) == 2
    assert {place for place, _ in refused} == {f"labels/refused/{refusal_of(content)}"}
    assert [record for record in left if record not in [*tombstones, *refused]] == alone
    assert any(other_photo in text for _, text in left)
    assert certificate["complete"]
    assert "anna" not in json.dumps(certificate)


def test_every_erased_store_is_counted_by_the_name_of_the_list(drivers: Drivers) -> None:
    drivers.fill("anna")
    erased = drivers.erase("anna")["erased"]
    assert erased == {
        "DriversPool": 1,
        "Uploads": 2,
        "Photos": 2,
        "Assignments": 1,
        "Labels": 1,
        "Capture": 1,
        "Reports": 3,
        "Reviewers": 2,
        "Requests": 1,
        "Review": 1,
        "ReviewDeadLetters": 1,
        "Failures": 1,
        "IntakeDeadLetters": 1,
        "Intake": 2,
    }


def test_a_dry_run_counts_the_same_and_changes_nothing(drivers: Drivers) -> None:
    drivers.fill("anna")
    before = sorted(drivers.contents())
    counted = drivers.erase("anna", dry_run=True)
    assert sorted(drivers.contents()) == before
    assert counted["erased"] == drivers.erase("anna")["erased"]


def test_a_second_run_finds_nothing(drivers: Drivers) -> None:
    drivers.fill("anna")
    first = drivers.erase("anna")
    after = sorted(drivers.contents())
    second = drivers.erase("anna")
    assert sum(second["erased"].values()) == 0
    assert second["driver_hash"] == first["driver_hash"]
    assert sorted(drivers.contents()) == after


def test_a_driver_whose_name_begins_with_the_name_stays(drivers: Drivers) -> None:
    drivers.fill("annabel")
    before = sorted(drivers.contents())
    drivers.erase("anna")
    assert sorted(drivers.contents()) == before


def test_what_arrives_during_the_erasure_is_erased_by_the_next_pass(drivers: Drivers) -> None:
    drivers.fill("anna")
    late = iter(["late"])

    def pause(_: float) -> None:
        for name in late:
            drivers.put_photo("anna", name)

    certificate = drivers.erase("anna", pause=pause)
    assert certificate["complete"]
    assert certificate["erased"]["Intake"] == 3
    assert not [text for _, text in drivers.contents() if "anna" in text]


def test_a_label_that_was_written_late_is_erased_by_a_later_run(drivers: Drivers) -> None:
    photo = drivers.fill("anna")
    drivers.erase("anna")
    key = f"labels/2026/11/22/19/{photo}-000002.jsonl"
    drivers.s3.put_object(Bucket="labels", Key=key, Body=b"intake/anna/u.jpg")
    assert drivers.erase("anna")["erased"]["Labels"] == 1
    assert not [text for _, text in drivers.contents() if "anna" in text]


@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException"])
def test_an_execution_that_cannot_be_asked_for_is_not_taken_for_ended(
    drivers: Drivers, code: str
) -> None:
    drivers.put_photo("anna", status="received")
    error = ClientError({"Error": {"Code": code, "Message": "refused"}}, "DescribeExecution")

    def refuse(**_event: object) -> None:
        raise error

    drivers.target.session.events.register("before-call.sfn.DescribeExecution", refuse)
    with pytest.raises(ClientError, match=code):
        drivers.erase("anna")


def test_an_execution_that_is_forgotten_has_ended(drivers: Drivers) -> None:
    drivers.put_photo("anna", status="received")
    assert drivers.erase("anna")["complete"]


def test_it_waits_until_no_photo_can_arrive_by_a_permission(drivers: Drivers) -> None:
    permission = {
        "upload_id": "f" * 32,
        "driver_id": "anna",
        "key": "intake/anna/f.jpg",
        "content_type": "image/jpeg",
        "granted_at": datetime.now(UTC).isoformat(),
    }
    drivers.dynamodb.put_item(TableName="uploads", Item=item_of(permission))
    waits: list[float] = []
    drivers.erase("anna", pause=waits.append)
    assert max(waits) > timedelta(minutes=5).total_seconds() - 30


def test_a_photo_without_a_row_leaves_a_tombstone_that_its_event_meets(drivers: Drivers) -> None:
    drivers.s3.put_object(Bucket="intake", Key="intake/anna/new.jpg", Body=b"new")
    drivers.erase("anna")
    items = drivers.dynamodb.scan(TableName="photos")["Items"]
    assert [item["status"] for item in items] == [{"S": "erased"}]


def test_reconciliation_takes_tombstones_for_what_they_are(drivers: Drivers) -> None:
    photo = drivers.put_photo("anna")
    drivers.erase("anna")
    places = Places.of_outputs(drivers.stage.outputs)
    inventory = read_inventory(drivers.target.session, places, read_queues=True)
    result = check(inventory)
    assert inventory.erased == {photo}
    assert result.conserved


def test_an_object_that_is_left_beside_its_tombstone_is_a_violation(drivers: Drivers) -> None:
    photo = drivers.put_photo("anna")
    item = item_of(tombstone(photo, at=datetime.now(UTC)))
    drivers.dynamodb.put_item(TableName="photos", Item=item)
    places = Places.of_outputs(drivers.stage.outputs)
    result = check(read_inventory(drivers.target.session, places, read_queues=False))
    assert [violation.rule for violation in result.violations] == ["erased_remains"]


def test_a_restored_row_does_not_replace_a_tombstone(drivers: Drivers) -> None:
    photo = drivers.put_photo("anna")
    backup = record_of(plain(drivers.dynamodb.scan(TableName="photos")["Items"][0]))
    live = tombstone(photo, at=datetime.now(UTC))
    assert outcome_of(backup, live) is RestoredRow.KEPT


def test_a_tombstone_is_not_redriven(drivers: Drivers) -> None:
    drivers.put_photo("anna", status="failed")
    drivers.erase("anna")
    rows = [
        {"photo_id": item["photo_id"]["S"], "status": item["status"]["S"]}
        for item in drivers.dynamodb.scan(TableName="photos")["Items"]
    ]
    assert list(redrive(rows, None, now=datetime.now(UTC))) == []  # type: ignore[arg-type] # not called


@pytest.mark.parametrize("driver", ["", "a/b", ".a", "scones-canary"])
def test_a_name_that_no_driver_can_have_is_refused(drivers: Drivers, driver: str) -> None:
    with pytest.raises(InvalidDriver):
        drivers.erase(driver)
