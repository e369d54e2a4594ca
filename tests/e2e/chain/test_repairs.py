"""Violations are found and repaired, on the emulator with the sweeper's role enforced."""

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitoring.reconciliation.inventory_reader import Places
from monitoring.reconciliation.reconcile import reconcile, repair_executor_of
from monitoring.reconciliation.repair_plan import RepairDeadlines
from tests.e2e.chain.conftest import Chain

pytestmark = pytest.mark.e2e

LONG_AGO = (datetime.now(UTC) - timedelta(days=2)).isoformat().replace("+00:00", "Z")
AT_ONCE = RepairDeadlines(event=timedelta(0), execution=timedelta(0), start=timedelta(0))


def sweep(chain: Chain) -> dict[str, Any]:
    """Make one sweep with the deployed function, as the schedule calls it."""
    response = chain.stage.client("lambda").invoke(
        FunctionName=chain.stage.outputs["SweeperFunction"], Payload=b"{}"
    )
    payload = response["Payload"].read()
    assert not response.get("FunctionError"), payload
    document: dict[str, Any] = json.loads(payload)
    return document


def change(chain: Chain, photo: str, **values: str | None) -> None:
    """Set texts of a photo's row; None removes an attribute."""
    sets = [f"#{name} = :{name}" for name, value in values.items() if value is not None]
    removes = [f"#{name}" for name, value in values.items() if value is None]
    bound = {f":{name}": {"S": value} for name, value in values.items() if value is not None}
    clauses = ["SET " + ", ".join(sets)] if sets else []
    clauses += ["REMOVE " + ", ".join(removes)] if removes else []
    chain.stage.client("dynamodb").update_item(
        TableName=chain.stage.outputs["PhotosTable"],
        Key={"photo_id": {"S": photo}},
        UpdateExpression=" ".join(clauses),
        ExpressionAttributeNames={f"#{name}": name for name in values},
        **({"ExpressionAttributeValues": bound} if bound else {}),
    )


def reviews_waiting(chain: Chain, *, without: str = "") -> list[str]:
    """Return the photos of the messages in the queue; delete those of the photo `without`."""
    sqs, url = chain.stage.client("sqs"), chain.stage.outputs["ReviewQueueUrl"]
    photos: dict[str, str] = {}  # by receipt handle
    while batch := sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=60
    ).get("Messages", []):
        photos |= {
            message["ReceiptHandle"]: json.loads(message["Body"])["photo_id"] for message in batch
        }
    for handle, photo in photos.items():
        if photo == without:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
        else:
            sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
    return list(photos.values())


def test_a_stuck_photo_is_taken_over_by_the_sweeper(chain: Chain) -> None:
    photo = chain.upload("intake/m1/stuck.jpg", chain.picture())
    chain.outcome(photo)
    change(chain, photo, status="received", pending="received", claimed_at=LONG_AGO)
    assert sweep(chain)["repaired"] == {"take_over": 1}
    row = chain.outcome(photo)
    assert (row["status"], row["attempt"]) == ("assigned", 2)
    assert sweep(chain)["needed"] == 0


def test_a_review_whose_message_was_never_sent_gets_one(chain: Chain) -> None:
    photo = chain.upload("intake/without-driver.jpg", chain.picture())
    assert chain.outcome(photo)["status"] == "in_review"
    assert photo in reviews_waiting(chain, without=photo)
    change(chain, photo, enqueued_at=None, received_at=LONG_AGO, updated_at=LONG_AGO)
    assert sweep(chain)["repaired"] == {"send_review": 1}
    assert reviews_waiting(chain).count(photo) == 1


def test_a_photo_whose_event_was_lost_is_started_by_reconcile(chain: Chain) -> None:
    events = chain.stage.client("events")
    (rule,) = (listed["Name"] for listed in events.list_rules()["Rules"])
    events.disable_rule(Name=rule)
    try:
        photo = chain.upload("intake/m2/lost ü.jpg", chain.picture())
    finally:
        events.enable_rule(Name=rule)
    assert chain.row(photo) is None
    session, places = chain.stage.session(), Places.of_outputs(chain.stage.outputs)
    dry_run = reconcile(session, places, read_queues=False, deadlines=AT_ONCE, executor=None)
    assert [(repair.rule, repair.photo_id) for repair in dry_run.repairs] == [("lost", photo)]
    assert chain.row(photo) is None
    executor = repair_executor_of(session, places)
    assert reconcile(
        session, places, read_queues=False, deadlines=AT_ONCE, executor=executor
    ).is_clean
    assert chain.outcome(photo)["status"] == "assigned"


def test_a_report_of_uploaded_photos_is_made_and_published(chain: Chain) -> None:
    photo = chain.upload("intake/m3/<script>alert(1)</script>.jpg", chain.picture())
    chain.outcome(photo)
    now = datetime.now(UTC)
    today = now.date().isoformat()
    # Later than both calls, so that both know the same verdicts.
    event = {"from": today, "to": today, "as_of": (now + timedelta(days=2)).isoformat()}
    first, second = (_report(chain, event) for _ in range(2))
    assert first == second
    files = _files(chain, first["folder"])
    assert {
        *("report.html", "report.json", "photos.csv", "statistics.json"),
        "constraint_violations.json",
    } <= files.keys()
    document = json.loads(files["report.json"])
    assert document["verdict"] == first["verdict"]
    assert document["conservation"]["received"] >= 1
    page = files["report.html"].decode()
    assert "<script>alert(1)" not in page
    assert photo in files["photos.csv"].decode()
    assert _files(chain, first["folder"]) == files


def _report(chain: Chain, event: dict[str, str]) -> dict[str, str]:
    response = chain.stage.client("lambda").invoke(
        FunctionName=chain.stage.outputs["ReportFunction"], Payload=json.dumps(event)
    )
    payload = response["Payload"].read()
    assert not response.get("FunctionError"), payload
    document: dict[str, str] = json.loads(payload)
    return document


def _files(chain: Chain, folder: str) -> dict[str, bytes]:
    bucket, _, prefix = folder.removeprefix("s3://").partition("/")
    s3 = chain.stage.client("s3")
    keys = [
        stored["Key"] for stored in s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]
    ]
    return {
        key.removeprefix(prefix): s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        for key in keys
    }


def test_the_sweeper_can_write_only_its_checkpoint(chain: Chain) -> None:
    """Its role does not reach the rest of the bucket of reports."""
    sweep(chain)
    bucket = chain.stage.outputs["ReportsBucket"]
    notes = chain.stage.client("s3").get_object(Bucket=bucket, Key="sweeper/checkpoint.json")
    assert isinstance(json.load(io.BytesIO(notes["Body"].read())), dict)
