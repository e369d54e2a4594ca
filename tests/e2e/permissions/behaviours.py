"""What the stage's functions do for people, one short try each.

A behaviour raises AssertionError, or what a client raises, if it is lost. Each can be repeated.
"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx

from handlers.aws.dynamodb import item_of
from handlers.aws.known_items import KnownItems
from handlers.domain.breaker import LASTS_S
from handlers.domain.controls import BREAKER_OPEN, INTAKE_PAUSED, IntakeControl
from handlers.domain.ledger.identity import photo_id
from monitoring.drain.drain import MAX_PARKINGS
from monitoring.reconciliation.bucket_walk import CHECKPOINT_KEY
from tests.e2e.api_caller import Json
from tests.e2e.chain.test_repairs import LONG_AGO, change
from tests.e2e.permissions.failing_endpoint import endpoint_that_fails_at, no_endpoint
from tests.e2e.permissions.trial_stage import TrialStage, eventually, in_two_days, new_name
from tests.e2e.reviews.filling import set_environment

SERIALIZE, CLASSIFY, FILTER = (
    f"Functions{name}Role" for name in ("Serialize", "Classify", "Filter")
)
CHANGES, DRIVERS, REVIEWS = (f"Functions{name}Role" for name in ("Changes", "Drivers", "Reviews"))
SWEEPER, REPORT, DRAIN = (f"Functions{name}Role" for name in ("Sweeper", "Report", "Drain"))
DEAD_LETTERS = (
    *("FailuresQueueUrl", "IntakeDeadLettersUrl", "ChangesDeadLettersUrl"),
    "ReviewDeadLettersUrl",
)


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """One thing that works while the roles have their permissions."""

    name: str  # completes "without the permission, ... is lost"
    roles: Sequence[str]  # short logical ids of the roles that do it
    likely: Sequence[str] = ()  # texts of grants that it probably needs: it is tried first
    exercise: Callable[[TrialStage], None]


def behaviours() -> dict[str, Behaviour]:
    """Return all behaviours by name."""
    return {behaviour.name: behaviour for behaviour in _BEHAVIOURS}


def _decide(trial_stage: TrialStage) -> None:
    trial_stage.assigned_photo()


def _decide_without_version(trial_stage: TrialStage) -> None:
    """A photo is decided whose event names no version, as that of an unversioned bucket."""
    chain, key = trial_stage.chain, f"intake/{new_name()}/{new_name()}.jpg"
    chain.outcome(chain.upload(key, chain.picture()))
    event = chain.event_of(key)
    stored = event["detail"]["object"]
    del stored["version-id"]
    etag = stored["etag"].strip('"')
    photo = photo_id(bucket=chain.stage.outputs["IntakeBucket"], key=key, version_id="", etag=etag)
    chain.ended(chain.start(event))
    assert (chain.row(photo) or {}).get("status") == "assigned"


def _second_version(trial_stage: TrialStage) -> None:
    """The second object version of one permission is rejected, and the first one decided."""
    response = trial_stage.driver(new_name()).post("/uploads", {"content_type": "image/jpeg"})
    key, content = response.body["fields"]["key"], trial_stage.chain.picture()
    first = trial_stage.chain.upload(key, content)
    assert trial_stage.chain.outcome(first)["status"] == "assigned"
    second = trial_stage.chain.outcome(trial_stage.chain.upload(key, content))
    assert (second["status"], second["reason"]) == ("rejected", "duplicate_upload")


def _pause(trial_stage: TrialStage) -> None:
    """While intake is paused photos are parked; the drain starts them after it."""
    trial_stage.controls.write(IntakeControl(paused=True))
    trial_stage.restart_workers(SERIALIZE)  # a worker keeps the controls for seconds
    try:
        photo = trial_stage.chain.upload(f"intake/{new_name()}/p.jpg", trial_stage.chain.picture())
        eventually(
            lambda: (trial_stage.chain.row(photo) or {}).get("parked_reason") == INTAKE_PAUSED
        )
    finally:
        trial_stage.controls.write(IntakeControl())
        trial_stage.restart_workers(SERIALIZE)
    trial_stage.invoke("DrainFunction", {})
    assert trial_stage.chain.outcome(photo)["status"] == "assigned"


def _breaker_opens(trial_stage: TrialStage) -> None:
    """Photos that find no endpoint, one after another, open the breaker."""
    with no_endpoint(trial_stage.chain.stage):
        for number in range(3):
            if number:
                time.sleep(_STREAK_S / 2)
            trial_stage.classify(str(number) * 64)
    try:
        assert trial_stage.controls.read().breaker.is_open
    finally:
        trial_stage.close_breaker()


def _open_breaker(trial_stage: TrialStage) -> None:
    """While the breaker is open Classify calls no endpoint."""
    trial_stage.controls.open_breaker(now=LONG_AGO, reason="tried")
    try:
        trial_stage.restart_workers(CLASSIFY)
        assert "BreakerOpen" in trial_stage.classify("0" * 64)
    finally:
        trial_stage.close_breaker()
        trial_stage.restart_workers(CLASSIFY)


def _breaker_closes(trial_stage: TrialStage) -> None:
    """The drain probes the endpoint with one parked photo, and closes the breaker."""
    trial_stage.controls.open_breaker(now=LONG_AGO, reason="tried")
    try:
        trial_stage.restart_workers(SERIALIZE)
        photo = trial_stage.chain.upload(f"intake/{new_name()}/b.jpg", trial_stage.chain.picture())
        eventually(
            lambda: (trial_stage.chain.row(photo) or {}).get("parked_reason") == BREAKER_OPEN
        )
        trial_stage.invoke("DrainFunction", {})
        assert not trial_stage.controls.read().breaker.is_open
        assert trial_stage.chain.outcome(photo)["status"] == "assigned"
    finally:
        trial_stage.close_breaker()


def _parked_too_often(trial_stage: TrialStage) -> None:
    """A photo at which the endpoint fails ten times, while others are decided, is given up."""
    photos = [trial_stage.assigned_photo() for _ in range(2)]
    for photo in photos:
        change(
            trial_stage.chain,
            photo,
            status="received",
            pending="parked",
            parked_at=LONG_AGO,
            parked_reason="EndpointUnavailable",
        )
    trial_stage.chain.stage.client("dynamodb").update_item(
        TableName=trial_stage.chain.stage.outputs["PhotosTable"],
        Key=item_of({"photo_id": photos[0]}),
        UpdateExpression="SET parkings = :many",
        ExpressionAttributeValues=item_of({":many": MAX_PARKINGS}),
    )
    before = trial_stage.depth("FailuresQueueUrl")
    with endpoint_that_fails_at(trial_stage.chain.stage, photos[0]):
        trial_stage.invoke("DrainFunction", {})
        assert trial_stage.chain.outcome(photos[1])["status"] == "assigned"
    assert (trial_stage.chain.row(photos[0]) or {})["status"] == "failed"
    assert trial_stage.depth("FailuresQueueUrl") == before + 1


def _label(trial_stage: TrialStage) -> None:
    photo = _decided_by_a_person(trial_stage)
    eventually(lambda: [key for key in trial_stage.keys("LabelsBucket", "labels/") if photo in key])


def _event(trial_stage: TrialStage) -> None:
    photo = trial_stage.assigned_photo()
    eventually(lambda: trial_stage.received(trial_stage.events_queue, mentions=photo))


def _upload_with_permission(trial_stage: TrialStage) -> None:
    driver, key = new_name(), new_name()
    body = {"content_type": "image/jpeg"}
    response = trial_stage.driver(driver).post("/uploads", body, key=key)
    assert response.status == 201, response
    assert trial_stage.driver(driver).post("/uploads", body, key=key).body == response.body
    waiting = trial_stage.driver(driver).get(f"/uploads/{response.body['upload_id']}")
    assert (waiting.status, waiting.body["state"]) == (200, "waiting")
    posted = httpx.post(
        response.body["url"],
        data=response.body["fields"],
        files={"file": ("p.jpg", trial_stage.chain.picture(), "image/jpeg")},
        trust_env=False,
    )
    assert posted.status_code == 204, posted.text
    eventually(
        lambda: (
            trial_stage.driver(driver).get(f"/uploads/{response.body['upload_id']}").body["state"]
            == "arrived"
        )
    )


def _refused_request_again(trial_stage: TrialStage) -> None:
    """After a refusal the same key may be used for a corrected request."""
    driver, key = trial_stage.driver(new_name()), new_name()
    unknown = {"content_type": "image/jpeg", "retake_of": "0" * 64}
    assert driver.post("/uploads", unknown, key=key).status == 404
    assert driver.post("/uploads", {"content_type": "image/jpeg"}, key=key).status == 201


def _drivers_photos(trial_stage: TrialStage) -> None:
    name = new_name()
    photo = trial_stage.assigned_photo(name)
    listed = trial_stage.driver(name).get("/photos")
    assert [entry["photo_id"] for entry in listed.body["photos"]] == [photo]
    assert trial_stage.driver(name).get(f"/photos/{photo}").body["status"] == "assigned"


def _contest(trial_stage: TrialStage) -> None:
    name = new_name()
    photo = trial_stage.assigned_photo(name)
    trial_stage.close_reviews()
    response = trial_stage.driver(name).post(f"/photos/{photo}/contest", {})
    assert response.status == 200, response
    assert trial_stage.depth("ReviewQueueUrl") == 1
    assert (trial_stage.chain.row(photo) or {})["enqueued_at"]


def _review(trial_stage: TrialStage) -> None:
    """A review is leased, seen, extended and decided; its message is deleted."""
    trial_stage.close_reviews()
    photo, rita = trial_stage.assigned_photo(), trial_stage.reviewer()
    queue = rita.get("/reviews/queue")
    assert (queue.status, queue.body["waiting"]) == (200, 1)
    review = trial_stage.next_review(rita, photo)
    assert rita.get("/reviews/choices").status == 200
    assert rita.get(review["image_url"]).status == 200
    lease = {"lease_id": review["lease_id"]}
    assert rita.post(f"/reviews/{photo}/extend", lease).status == 200
    assert rita.verdict(review, "motorcycle").status == 200
    assert (trial_stage.chain.row(photo) or {})["vehicle"] == "motorcycle"
    assert _assignment(trial_stage, photo)["vehicle"]["S"] == "motorcycle"


def _review_without_version(trial_stage: TrialStage) -> None:
    """A reviewer sees a photo whose event named no version."""
    trial_stage.close_reviews()
    photo, rita = trial_stage.assigned_photo(), trial_stage.reviewer()
    change(trial_stage.chain, photo, version_id=None)
    review = trial_stage.next_review(rita, photo)
    assert rita.get(review["image_url"]).status == 200


def _repeated_verdict(trial_stage: TrialStage) -> None:
    """The answer of a verdict whose first answer was missed is the same."""
    trial_stage.close_reviews()
    photo, rita, key = trial_stage.assigned_photo(), trial_stage.reviewer(), new_name()
    review = trial_stage.next_review(rita, photo)
    refused = rita.verdict({**review, "lease_id": "0" * 32}, "bicycle", key=key)
    assert refused.status == 409, refused
    first = rita.verdict(review, "bicycle", key=key)
    assert first.status == 200, first
    assert rita.verdict(review, "bicycle", key=key).body == first.body


def _quiet_queue(trial_stage: TrialStage) -> None:
    """A review is found without its message; the message of a decided one is dropped."""
    trial_stage.close_reviews()
    photo = trial_stage.assigned_photo()
    eventually(lambda: trial_stage.depth("ReviewQueueUrl"))
    trial_stage.chain.stage.client("sqs").purge_queue(
        QueueUrl=trial_stage.chain.stage.outputs["ReviewQueueUrl"]
    )
    trial_stage.next_review(trial_stage.reviewer(), photo)


def _message_is_hidden_and_deleted(trial_stage: TrialStage) -> None:
    """While a review is leased its message is hidden; afterwards it is deleted."""
    trial_stage.close_reviews()
    photo, rita, lena = trial_stage.assigned_photo(), trial_stage.reviewer(), trial_stage.reviewer()
    review = trial_stage.next_review(rita, photo)
    assert rita.post(f"/reviews/{photo}/extend", {"lease_id": review["lease_id"]}).status == 200
    assert not trial_stage.depth("ReviewQueueUrl")
    assert rita.post(f"/reviews/{photo}/release", {"lease_id": review["lease_id"]}).status == 200
    assert trial_stage.depth("ReviewQueueUrl") == 1  # a copy, visible at once
    second = trial_stage.next_review(lena, photo)
    assert lena.verdict(second, "bicycle").status == 200
    trial_stage.next_review(trial_stage.reviewer(), photo)  # the second opinion that was asked for
    assert _messages(trial_stage) == 1


def _malformed_message_is_hidden(trial_stage: TrialStage) -> None:
    """A message that names no photo does not stand in the way of the next one."""
    trial_stage.close_reviews()
    sqs, url = (
        trial_stage.chain.stage.client("sqs"),
        trial_stage.chain.stage.outputs["ReviewQueueUrl"],
    )
    sqs.send_message(QueueUrl=url, MessageBody="no review")
    assert trial_stage.reviewer().next() is None
    assert not trial_stage.depth("ReviewQueueUrl")


def _no_vehicle(trial_stage: TrialStage) -> None:
    """A photo without a vehicle loses the assignment, to the driver's photo before it."""
    earlier, later = _earlier_and_later(trial_stage)
    _give_verdict(trial_stage, later, "neither")
    assert _assignment(trial_stage, earlier)["photo_id"]["S"] == earlier
    _give_verdict(trial_stage, earlier, "neither")
    assert not _assignment(trial_stage, earlier)


def _of_another_photo(trial_stage: TrialStage) -> None:
    """A verdict about a photo that no longer decides the assignment changes the photo alone."""
    earlier, later = _earlier_and_later(trial_stage)
    _give_verdict(trial_stage, earlier, "motorcycle")
    assert _assignment(trial_stage, earlier)["photo_id"]["S"] == later


def _undo(trial_stage: TrialStage) -> None:
    trial_stage.close_reviews()
    photo, rita = trial_stage.assigned_photo(), trial_stage.reviewer()
    verdict = rita.verdict(trial_stage.next_review(rita, photo), "motorcycle")
    undone = rita.post(f"/reviews/{photo}/undo", {"decision_seq": verdict.body["decision_seq"]})
    assert undone.status == 200, undone
    assert (trial_stage.chain.row(photo) or {})["vehicle"] == "bicycle"
    assert (trial_stage.chain.row(photo) or {})["enqueued_at"]


def _agreement(trial_stage: TrialStage) -> None:
    """Two opinions that differ are counted, and shown to leads until one is undone."""
    trial_stage.close_reviews()
    photo, rita, lena = (
        trial_stage.assigned_photo(),
        trial_stage.reviewer(),
        trial_stage.reviewer(groups="leads"),
    )
    assert rita.verdict(trial_stage.next_review(rita, photo), "bicycle").status == 200
    second = lena.verdict(trial_stage.next_review(lena, photo), "motorcycle")
    assert second.status == 200, second
    assert photo in str(lena.get("/reviews/agreement").body)
    undone = lena.post(f"/reviews/{photo}/undo", {"decision_seq": second.body["decision_seq"]})
    assert undone.status == 200, undone
    assert photo not in str(lena.get("/reviews/agreement").body)


def _stuck_photo(trial_stage: TrialStage) -> None:
    photo = trial_stage.assigned_photo()
    change(trial_stage.chain, photo, status="received", pending="received", claimed_at=LONG_AGO)
    assert trial_stage.invoke("SweeperFunction", {})["repaired"] == {"take_over": 1}
    assert trial_stage.chain.outcome(photo)["attempt"] == 2


def _lost_review_message(trial_stage: TrialStage) -> None:
    trial_stage.close_reviews()
    photo = trial_stage.assigned_photo()
    trial_stage.close_reviews()
    change(
        trial_stage.chain,
        photo,
        review="open",
        enqueued_at=None,
        received_at=LONG_AGO,
        updated_at=LONG_AGO,
    )
    assert trial_stage.invoke("SweeperFunction", {})["repaired"] == {"send_review": 1}
    assert trial_stage.depth("ReviewQueueUrl") == 1
    trial_stage.close_reviews()


def _photo_given_up(trial_stage: TrialStage) -> None:
    """A photo that ended too often is failed, and the operator gets a message."""
    photo, before = trial_stage.assigned_photo(), trial_stage.depth("FailuresQueueUrl")
    change(trial_stage.chain, photo, status="received", pending="received", claimed_at=LONG_AGO)
    trial_stage.chain.stage.client("dynamodb").update_item(
        TableName=trial_stage.chain.stage.outputs["PhotosTable"],
        Key=item_of({"photo_id": photo}),
        UpdateExpression="SET attempt = :many",
        ExpressionAttributeValues=item_of({":many": 99}),
    )
    assert trial_stage.invoke("SweeperFunction", {})["repaired"] == {"give_up": 1}
    assert trial_stage.depth("FailuresQueueUrl") == before + 1


def _walk_goes_on(trial_stage: TrialStage) -> None:
    """A sweep goes on where the last one stopped, and says when it went through the bucket."""
    bucket = trial_stage.chain.stage.outputs["ReportsBucket"]
    s3, checkpoint = trial_stage.chain.stage.client("s3"), {"Bucket": bucket, "Key": CHECKPOINT_KEY}
    s3.delete_object(**checkpoint)
    assert trial_stage.invoke("SweeperFunction", {})["examined"]["uploads"]
    assert trial_stage.keys("ReportsBucket", CHECKPOINT_KEY)
    at_the_end = {"uploads": {"key": "intake/~", "version": ""}}
    s3.put_object(**checkpoint, Body=json.dumps(at_the_end))
    assert not trial_stage.invoke("SweeperFunction", {})["examined"]["uploads"]


def _lost_event(trial_stage: TrialStage) -> None:
    """An object whose event was lost is started; objects with a row are not started again."""
    events, stage = trial_stage.chain.stage.client("events"), trial_stage.chain.stage
    trial_stage.assigned_photo()
    rules = [listed["Name"] for listed in events.list_rules()["Rules"]]
    for rule in rules:
        events.disable_rule(Name=rule)
    try:
        key = f"intake/{new_name()}/lost.jpg"
        photo = trial_stage.chain.upload(key, trial_stage.chain.picture())
    finally:
        for rule in rules:
            events.enable_rule(Name=rule)
    stage.client("s3").delete_object(Bucket=stage.outputs["ReportsBucket"], Key=CHECKPOINT_KEY)
    set_environment(stage, "SweeperFunction", LOST_AFTER_S="0")
    try:
        assert trial_stage.invoke("SweeperFunction", {})["repaired"] == {"start": 1}
    finally:
        set_environment(stage, "SweeperFunction", LOST_AFTER_S="3600")
    assert trial_stage.chain.outcome(photo)["status"] == "assigned"


def _report_of_photos(trial_stage: TrialStage) -> None:
    """The report has the photos, captures, labels and pictures of its day."""
    photo = _wrong_in_audit(trial_stage)
    eventually(lambda: [key for key in trial_stage.keys("LabelsBucket", "labels/") if photo in key])
    document, page = trial_stage.report(
        {"from": trial_stage.today, "to": trial_stage.today, "as_of": in_two_days()}
    )
    assert document["conservation"]["received"]
    assert document["capture"]["records"]
    assert not document["capture"]["unreadable_objects"]
    assert not document["conservation"]["unreadable_labels"]
    assert document["accuracy"]["automatic"]["labelled"]
    assert "data:image/jpeg" in page


def _report_without_versions(trial_stage: TrialStage) -> None:
    """The report has pictures of photos whose events named no version."""
    _wrong_in_audit(trial_stage)
    versions = {
        row["photo_id"]: row["version_id"] for row in trial_stage.rows() if row.get("version_id")
    }
    for photo in versions:
        change(trial_stage.chain, photo, version_id=None)
    try:
        event = {"from": trial_stage.today, "to": trial_stage.today, "as_of": in_two_days()}
        _, page = trial_stage.report(event)
    finally:
        for photo, version in versions.items():
            change(trial_stage.chain, photo, version_id=version)
    assert "data:image/jpeg" in page


def _report_of_reviewers(trial_stage: TrialStage) -> None:
    """The report says how reviewers decide about photos with a known answer."""
    photo = trial_stage.assigned_photo()
    table = trial_stage.chain.stage.outputs["ReviewersTable"]
    KnownItems(trial_stage.chain.stage.client("dynamodb"), table=table).add(photo, "bicycle")
    _give_verdict(trial_stage, photo, "bicycle")
    eventually(lambda: [key for key in trial_stage.keys("LabelsBucket", "labels/") if photo in key])
    document, _ = trial_stage.report(
        {"from": trial_stage.today, "to": trial_stage.today, "as_of": in_two_days()}
    )
    assert document["accuracy"]["known_items"]["n"]


def _report_of_queues(trial_stage: TrialStage) -> None:
    """The report of this moment has the depths of the queues, and what the sweeper walked."""
    trial_stage.remove("ReportsBucket", "queues/")
    trial_stage.invoke("SweeperFunction", {})
    now = datetime.now(UTC).replace(microsecond=0).isoformat()
    event = {"from": trial_stage.today, "to": trial_stage.today, "as_of": now}
    document, _ = trial_stage.report(event)
    queues = document["queues"]
    assert None not in {queues[name] for name in ("reviews_open", "failures_waiting")}
    assert None not in {queues["dead_letters"], queues["walked_objects"]}
    again, _ = trial_stage.report(event)
    assert again == document


def _email(trial_stage: TrialStage) -> None:
    """The scheduled report is mailed; a second delivery of the schedule mails nothing."""
    event = {"scheduled_at": in_two_days()}
    answer = trial_stage.invoke("ReportFunction", event)
    folder = answer["folder"].rpartition("reports/")[2]
    eventually(lambda: trial_stage.received(trial_stage.emails_queue, mentions=folder))
    trial_stage.invoke("ReportFunction", event)
    assert not trial_stage.received(trial_stage.emails_queue, mentions=folder)


def _history(trial_stage: TrialStage) -> None:
    """The report shows the reports of the days before it."""
    yesterday = trial_stage.days_ago(1).isoformat()
    trial_stage.remove("ReportsBucket", "history/")
    trial_stage.report({"from": yesterday, "to": yesterday, "as_of": in_two_days()})
    document, _ = trial_stage.report(
        {"from": trial_stage.today, "to": trial_stage.today, "as_of": in_two_days()}
    )
    assert document["history"]


def _expired_window(trial_stage: TrialStage) -> None:
    """The report of a day whose captures are deleted is kept as it was made."""
    trial_stage.remove("ReportsBucket", "reports/")
    day = trial_stage.days_ago(90).isoformat()
    event = {"from": day, "to": day}
    trial_stage.invoke("ReportFunction", event)
    assert "kept" in trial_stage.invoke("ReportFunction", event)


def _late_captures(trial_stage: TrialStage) -> None:
    """A second report of a day remembers when the first one was made."""
    trial_stage.remove("ReportsBucket", "reports/")
    day = trial_stage.days_ago(1).isoformat()
    event = {"from": day, "to": day}
    folder = trial_stage.invoke("ReportFunction", event)["folder"]
    key = folder.removeprefix("s3://").partition("/")[2] + "first_as_of.txt"
    assert key in trial_stage.keys("ReportsBucket", key)


def _late_captures_count(trial_stage: TrialStage) -> None:
    """A later report counts captures as late that the day's first report could not read."""
    outputs, s3 = trial_stage.chain.stage.outputs, trial_stage.chain.stage.client("s3")
    trial_stage.remove("ReportsBucket", "reports/")
    trial_stage.assigned_photo()
    day = trial_stage.days_ago(3)
    event = {"from": day.isoformat(), "to": day.isoformat()}
    today = trial_stage.today.replace("-", "/")
    keys = eventually(lambda: trial_stage.keys("CaptureBucket", "data-capture/"))
    source = next(key for key in keys if today in key)
    content = trial_stage.stored(outputs["CaptureBucket"], source)
    copy = source[: source.rindex("/")].replace(today, f"{day:%Y/%m/%d}") + "/copy.jsonl"
    s3.put_object(
        Bucket=outputs["CaptureBucket"],
        Key=copy,
        Body=content.replace(trial_stage.today.encode(), day.isoformat().encode()),
    )
    folder = trial_stage.invoke("ReportFunction", event)["folder"]
    key = folder.removeprefix("s3://").partition("/")[2] + "first_as_of.txt"
    first = datetime.combine(day + timedelta(days=2), datetime.min.time(), tzinfo=UTC)
    s3.put_object(Bucket=outputs["ReportsBucket"], Key=key, Body=first.isoformat())
    document, _ = trial_stage.report(event)
    assert document["capture"]["late_objects"] == 1


def _baselines(trial_stage: TrialStage) -> None:
    """The report stores the model's baseline, and compares with the stage's own if there is one."""
    bucket, s3 = (
        trial_stage.chain.stage.outputs["ReportsBucket"],
        trial_stage.chain.stage.client("s3"),
    )
    trial_stage.remove("ReportsBucket", "baselines/")
    event = {"from": trial_stage.today, "to": trial_stage.today}
    trial_stage.assigned_photo()
    trial_stage.report(event | {"as_of": in_two_days()})
    (packaged,) = trial_stage.keys("ReportsBucket", "baselines/")
    baseline = json.loads(trial_stage.stored(bucket, packaged))
    days = {"observed_from": trial_stage.today, "observed_to": trial_stage.today}
    observed = packaged.replace("baselines/", "baselines/observed/")
    s3.put_object(Bucket=bucket, Key=observed, Body=json.dumps(baseline | days))
    try:
        document, _ = trial_stage.report(event | {"as_of": in_two_days()})
    finally:
        s3.delete_object(Bucket=bucket, Key=observed)
    compared = [model["baseline"]["observed_from"] for model in document["models"]]
    assert compared == [trial_stage.today]


def _decided_by_a_person(trial_stage: TrialStage) -> str:
    photo = trial_stage.assigned_photo()
    _give_verdict(trial_stage, photo, "bicycle")
    return photo


def _earlier_and_later(trial_stage: TrialStage) -> tuple[str, str]:
    """Return two assigned photos of one driver; photos of one second have no such order."""
    name = new_name()
    earlier = trial_stage.assigned_photo(name)
    time.sleep(1)
    return earlier, trial_stage.assigned_photo(name)


def _wrong_in_audit(trial_stage: TrialStage) -> str:
    """Return a photo that an audit found wrongly assigned, which the report shows as an example."""
    photo = trial_stage.assigned_photo()
    _give_verdict(trial_stage, photo, "motorcycle")
    return photo


def _give_verdict(trial_stage: TrialStage, photo: str, verdict: str) -> None:
    """Decide about one photo through the API, whatever other reviews there are."""
    trial_stage.close_reviews()
    change(trial_stage.chain, photo, review="open")
    rita = trial_stage.reviewer()
    response = rita.verdict(trial_stage.next_review(rita, photo), verdict)
    assert response.status == 200, response


def _assignment(trial_stage: TrialStage, photo: str) -> Json:
    """Return the assignment of the photo's driver, as DynamoDB holds it; empty without one."""
    response = trial_stage.chain.stage.client("dynamodb").get_item(
        TableName=trial_stage.chain.stage.outputs["AssignmentsTable"],
        Key=item_of({"driver_id": (trial_stage.chain.row(photo) or {})["driver_id"]}),
        ConsistentRead=True,
    )
    assignment: Json = response.get("Item", {})
    return assignment


def _messages(trial_stage: TrialStage) -> int:
    """Return the number of review messages, visible or hidden."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    response = trial_stage.chain.stage.client("sqs").get_queue_attributes(
        QueueUrl=trial_stage.chain.stage.outputs["ReviewQueueUrl"], AttributeNames=names
    )
    return sum(int(response["Attributes"][name]) for name in names)


_PHOTO = (SERIALIZE, CLASSIFY, FILTER)
_STREAK_S = LASTS_S + 1  # photos that fail for so long open the breaker
_BEHAVIOURS = (
    Behaviour(name="a photo is decided", roles=_PHOTO, exercise=_decide),
    Behaviour(
        name="a photo without a version is decided",
        roles=_PHOTO,
        likely=("s3:GetObject  ",),
        exercise=_decide_without_version,
    ),
    Behaviour(
        name="a reviewer sees a photo without a version",
        roles=(REVIEWS,),
        likely=("s3:GetObject  ",),
        exercise=_review_without_version,
    ),
    Behaviour(
        name="the report has pictures of photos without a version",
        roles=(REPORT,),
        likely=("s3:GetObject  <Intake",),
        exercise=_report_without_versions,
    ),
    Behaviour(
        name="the second version of an upload is rejected",
        roles=(SERIALIZE,),
        likely=("Uploads",),
        exercise=_second_version,
    ),
    Behaviour(name="a pause holds photos back", roles=(SERIALIZE, DRAIN), exercise=_pause),
    Behaviour(
        name="photos without an endpoint open the breaker",
        roles=(CLASSIFY,),
        likely=("PutItem  Controls",),
        exercise=_breaker_opens,
    ),
    Behaviour(
        name="an open breaker spares the endpoint",
        roles=(CLASSIFY,),
        likely=("BatchGetItem  Controls",),
        exercise=_open_breaker,
    ),
    Behaviour(
        name="the drain closes the breaker",
        roles=(DRAIN,),
        likely=("Controls",),
        exercise=_breaker_closes,
    ),
    Behaviour(
        name="a photo that is parked too often is given up",
        roles=(DRAIN,),
        likely=("Failures",),
        exercise=_parked_too_often,
    ),
    Behaviour(name="a verdict becomes a label", roles=(CHANGES,), exercise=_label),
    Behaviour(name="a decision becomes an event", roles=(CHANGES,), exercise=_event),
    Behaviour(
        name="a driver uploads with a permission",
        roles=(DRIVERS,),
        exercise=_upload_with_permission,
    ),
    Behaviour(
        name="a refused request can be sent again",
        roles=(DRIVERS,),
        exercise=_refused_request_again,
    ),
    Behaviour(name="drivers see their photos", roles=(DRIVERS,), exercise=_drivers_photos),
    Behaviour(name="a driver contests a decision", roles=(DRIVERS,), exercise=_contest),
    Behaviour(name="a reviewer sees and decides a photo", roles=(REVIEWS,), exercise=_review),
    Behaviour(
        name="a verdict that is sent again gets the same answer",
        roles=(REVIEWS,),
        likely=("Requests",),
        exercise=_repeated_verdict,
    ),
    Behaviour(
        name="a review without message is found",
        roles=(REVIEWS,),
        likely=("by_review",),
        exercise=_quiet_queue,
    ),
    Behaviour(
        name="messages of leased reviews are hidden, those of decided ones deleted",
        roles=(REVIEWS,),
        likely=("sqs:",),
        exercise=_message_is_hidden_and_deleted,
    ),
    Behaviour(
        name="a malformed message is put aside",
        roles=(REVIEWS,),
        exercise=_malformed_message_is_hidden,
    ),
    Behaviour(
        name="a photo without a vehicle loses its assignment",
        roles=(REVIEWS,),
        likely=("Assignments", "ConditionCheckItem  Photos", "by_driver"),
        exercise=_no_vehicle,
    ),
    Behaviour(
        name="a verdict on an older photo leaves the assignment",
        roles=(REVIEWS,),
        likely=("ConditionCheckItem  Assignments",),
        exercise=_of_another_photo,
    ),
    Behaviour(name="a verdict is undone", roles=(REVIEWS,), exercise=_undo),
    Behaviour(
        name="leads see disagreements", roles=(REVIEWS,), likely=("Reviewers",), exercise=_agreement
    ),
    Behaviour(name="a stuck photo is taken over", roles=(SWEEPER,), exercise=_stuck_photo),
    Behaviour(
        name="a lost review message is replaced",
        roles=(SWEEPER,),
        likely=("SendMessage  Review", "by_review"),
        exercise=_lost_review_message,
    ),
    Behaviour(
        name="a photo that ended too often is given up",
        roles=(SWEEPER,),
        likely=("Failures",),
        exercise=_photo_given_up,
    ),
    Behaviour(
        name="a sweep goes on where the last one stopped",
        roles=(SWEEPER,),
        likely=("s3:",),
        exercise=_walk_goes_on,
    ),
    Behaviour(
        name="an object whose event was lost is started",
        roles=(SWEEPER,),
        likely=("BatchGetItem",),
        exercise=_lost_event,
    ),
    Behaviour(
        name="the report has photos, captures, labels and pictures",
        roles=(REPORT,),
        likely=("s3:GetObjectVersion", "Labels", "Capture", "by_hour"),
        exercise=_report_of_photos,
    ),
    Behaviour(
        name="the report has the reviewers' accuracy",
        roles=(REPORT,),
        likely=("Reviewers",),
        exercise=_report_of_reviewers,
    ),
    Behaviour(
        name="the report has the depths of the queues",
        roles=(REPORT,),
        likely=("sqs:", "by_review", "queues/", "sweeper"),
        exercise=_report_of_queues,
    ),
    Behaviour(name="the report is mailed once", roles=(REPORT,), likely=("sns:",), exercise=_email),
    Behaviour(
        name="the report has its history", roles=(REPORT,), likely=("history/",), exercise=_history
    ),
    Behaviour(
        name="the report of an old day is kept",
        roles=(REPORT,),
        likely=("s3:ListBucket  <Reports", "reports/"),
        exercise=_expired_window,
    ),
    Behaviour(
        name="captures that the first report could not read are late",
        roles=(REPORT,),
        likely=("GetObject  <Reports.Arn>/reports/",),
        exercise=_late_captures_count,
    ),
    Behaviour(
        name="a day's first report is remembered",
        roles=(REPORT,),
        likely=("reports/",),
        exercise=_late_captures,
    ),
    Behaviour(
        name="the report compares with the stored baseline",
        roles=(REPORT,),
        likely=("baselines/",),
        exercise=_baselines,
    ),
)
