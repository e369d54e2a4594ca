"""What breaks is found and repaired, on the emulator with the sweeper's own role enforced."""

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
    """A round of the deployed function, as the schedule calls it."""
    answer = chain.stage.client("lambda").invoke(
        FunctionName=chain.stage.outputs["SweeperFunction"], Payload=b"{}"
    )
    said = answer["Payload"].read()
    assert not answer.get("FunctionError"), said
    document: dict[str, Any] = json.loads(said)
    return document


def change(chain: Chain, photo: str, **values: str | None) -> None:
    """Sets texts of a photo's row; None takes one away."""
    sets = [f"#{name} = :{name}" for name, value in values.items() if value is not None]
    removes = [f"#{name}" for name, value in values.items() if value is None]
    bound = {f":{name}": {"S": value} for name, value in values.items() if value is not None}
    parts = [*(["SET " + ", ".join(sets)] if sets else [])]
    parts += ["REMOVE " + ", ".join(removes)] if removes else []
    chain.stage.client("dynamodb").update_item(
        TableName=chain.stage.outputs["PhotosTable"],
        Key={"photo_id": {"S": photo}},
        UpdateExpression=" ".join(parts),
        ExpressionAttributeNames={f"#{name}": name for name in values},
        **({"ExpressionAttributeValues": bound} if bound else {}),
    )


def reviews_waiting(chain: Chain, *, without: str = "") -> list[str]:
    """The photos of the messages in the queue; those of one photo are taken out."""
    sqs, url = chain.stage.client("sqs"), chain.stage.outputs["ReviewQueueUrl"]
    found: dict[str, str] = {}
    while batch := sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=60
    ).get("Messages", []):
        found |= {each["ReceiptHandle"]: json.loads(each["Body"])["photo_id"] for each in batch}
    for handle, photo in found.items():
        if photo == without:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
        else:
            sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
    return list(found.values())


def test_a_stuck_photo_is_taken_over_by_the_sweeper(chain: Chain) -> None:
    photo = chain.upload("intake/m1/stuck.jpg", chain.picture())
    chain.outcome(photo)
    change(chain, photo, status="received", pending="received", claimed_at=LONG_AGO)
    assert sweep(chain)["repaired"] == {"take_over": 1}
    row = chain.outcome(photo)
    assert (row["status"], row["attempt"]) == ("assigned", 2)
    assert sweep(chain)["needed"] == 0


def test_a_review_whose_message_was_never_sent_gets_one(chain: Chain) -> None:
    photo = chain.upload("intake/nobody.jpg", chain.picture())
    assert chain.outcome(photo)["status"] == "in_review"
    assert photo in reviews_waiting(chain, without=photo)
    change(chain, photo, enqueued_at=None, received_at=LONG_AGO, updated_at=LONG_AGO)
    assert sweep(chain)["repaired"] == {"send_review": 1}
    assert reviews_waiting(chain).count(photo) == 1


def test_an_event_that_was_lost_is_made_up_for_by_reconcile(chain: Chain) -> None:
    events = chain.stage.client("events")
    (rule,) = (each["Name"] for each in events.list_rules()["Rules"])
    events.disable_rule(Name=rule)
    try:
        photo = chain.upload("intake/m2/lost ü.jpg", chain.picture())
    finally:
        events.enable_rule(Name=rule)
    assert chain.row(photo) is None
    session, places = chain.stage.session(), Places.of_outputs(chain.stage.outputs)
    seen = reconcile(session, places, read_queues=False, deadlines=AT_ONCE, executor=None)
    assert [(each.rule, each.photo_id) for each in seen.repairs] == [("lost", photo)]
    assert chain.row(photo) is None
    executor = repair_executor_of(session, places)
    assert reconcile(
        session, places, read_queues=False, deadlines=AT_ONCE, executor=executor
    ).is_clean
    assert chain.outcome(photo)["status"] == "assigned"


def test_a_report_of_real_photos_is_made_and_published(chain: Chain) -> None:
    photo = chain.upload("intake/m3/<script>alert(1)</script>.jpg", chain.picture())
    chain.outcome(photo)
    now = datetime.now(UTC)
    today = now.date().isoformat()
    # In the past of the report, so that two calls know the same.
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
    answer = chain.stage.client("lambda").invoke(
        FunctionName=chain.stage.outputs["ReportFunction"], Payload=json.dumps(event)
    )
    said = answer["Payload"].read()
    assert not answer.get("FunctionError"), said
    document: dict[str, str] = json.loads(said)
    return document


def _files(chain: Chain, folder: str) -> dict[str, bytes]:
    bucket, _, prefix = folder.removeprefix("s3://").partition("/")
    s3 = chain.stage.client("s3")
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]]
    return {
        key.removeprefix(prefix): s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        for key in keys
    }


def test_the_sweeper_can_only_note_where_it_came(chain: Chain) -> None:
    """Its role reaches nothing else in the bucket of reports."""
    sweep(chain)
    bucket = chain.stage.outputs["ReportsBucket"]
    notes = chain.stage.client("s3").get_object(Bucket=bucket, Key="sweeper/checkpoint.json")
    assert isinstance(json.load(io.BytesIO(notes["Body"].read())), dict)
