"""What the stage's functions do for people, one short try each.

A behaviour raises AssertionError, or what a client raises, if it is lost. Each can be repeated.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx

from handlers.aws.dynamodb import item_of
from handlers.aws.known_items import KnownItems
from handlers.domain.ledger.identity import photo_id
from tests.e2e.api_caller import Json
from tests.e2e.chain.test_repairs import LONG_AGO, change
from tests.e2e.permissions.world import World, eventually, in_two_days, new_name

SERIALIZE, CLASSIFY, FILTER = (
    f"Functions{name}Role" for name in ("Serialize", "Classify", "Filter")
)
CHANGES, DRIVERS, REVIEWS = (f"Functions{name}Role" for name in ("Changes", "Drivers", "Reviews"))
SWEEPER, REPORT = (f"Functions{name}Role" for name in ("Sweeper", "Report"))
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
    exercise: Callable[[World], None]


def behaviours() -> dict[str, Behaviour]:
    """Return all behaviours by name."""
    return {behaviour.name: behaviour for behaviour in _BEHAVIOURS}


def _decide(world: World) -> None:
    world.assigned_photo()


def _decide_without_version(world: World) -> None:
    """A photo is decided whose event names no version, as that of an unversioned bucket."""
    chain, key = world.chain, f"intake/{new_name()}/{new_name()}.jpg"
    chain.outcome(chain.upload(key, chain.picture()))
    event = chain.event_of(key)
    stored = event["detail"]["object"]
    del stored["version-id"]
    etag = stored["etag"].strip('"')
    photo = photo_id(bucket=chain.stage.outputs["IntakeBucket"], key=key, version_id="", etag=etag)
    chain.ended(chain.start(event))
    assert (chain.row(photo) or {}).get("status") == "assigned"


def _label(world: World) -> None:
    photo = _decided_by_a_person(world)
    eventually(lambda: [key for key in world.keys("LabelsBucket", "labels/") if photo in key])


def _event(world: World) -> None:
    photo = world.assigned_photo()
    eventually(lambda: world.received(world.events_queue, mentions=photo))


def _upload_with_permission(world: World) -> None:
    driver, key = new_name(), new_name()
    body = {"content_type": "image/jpeg"}
    response = world.driver(driver).post("/uploads", body, key=key)
    assert response.status == 201, response
    assert world.driver(driver).post("/uploads", body, key=key).body == response.body
    waiting = world.driver(driver).get(f"/uploads/{response.body['upload_id']}")
    assert (waiting.status, waiting.body["state"]) == (200, "waiting")
    posted = httpx.post(
        response.body["url"],
        data=response.body["fields"],
        files={"file": ("p.jpg", world.chain.picture(), "image/jpeg")},
        trust_env=False,
    )
    assert posted.status_code == 204, posted.text
    eventually(
        lambda: (
            world.driver(driver).get(f"/uploads/{response.body['upload_id']}").body["state"]
            == "arrived"
        )
    )


def _refused_request_again(world: World) -> None:
    """After a refusal the same key may be used for a corrected request."""
    driver, key = world.driver(new_name()), new_name()
    unknown = {"content_type": "image/jpeg", "retake_of": "0" * 64}
    assert driver.post("/uploads", unknown, key=key).status == 404
    assert driver.post("/uploads", {"content_type": "image/jpeg"}, key=key).status == 201


def _drivers_photos(world: World) -> None:
    name = new_name()
    photo = world.assigned_photo(name)
    listed = world.driver(name).get("/photos")
    assert [entry["photo_id"] for entry in listed.body["photos"]] == [photo]
    assert world.driver(name).get(f"/photos/{photo}").body["status"] == "assigned"


def _contest(world: World) -> None:
    name = new_name()
    photo = world.assigned_photo(name)
    world.close_reviews()
    response = world.driver(name).post(f"/photos/{photo}/contest", {})
    assert response.status == 200, response
    assert world.depth("ReviewQueueUrl") == 1
    assert (world.chain.row(photo) or {})["enqueued_at"]


def _review(world: World) -> None:
    """A review is leased, seen, extended and decided; its message is deleted."""
    world.close_reviews()
    photo, rita = world.assigned_photo(), world.reviewer()
    queue = rita.get("/reviews/queue")
    assert (queue.status, queue.body["waiting"]) == (200, 1)
    review = world.next_review(rita, photo)
    assert rita.get("/reviews/choices").status == 200
    assert rita.get(review["image_url"]).status == 200
    lease = {"lease_id": review["lease_id"]}
    assert rita.post(f"/reviews/{photo}/extend", lease).status == 200
    assert rita.verdict(review, "motorcycle").status == 200
    assert (world.chain.row(photo) or {})["vehicle"] == "motorcycle"
    assert _assignment(world, photo)["vehicle"]["S"] == "motorcycle"


def _review_without_version(world: World) -> None:
    """A reviewer sees a photo whose event named no version."""
    world.close_reviews()
    photo, rita = world.assigned_photo(), world.reviewer()
    change(world.chain, photo, version_id=None)
    review = world.next_review(rita, photo)
    assert rita.get(review["image_url"]).status == 200


def _repeated_verdict(world: World) -> None:
    """The answer of a verdict whose first answer was missed is the same."""
    world.close_reviews()
    photo, rita, key = world.assigned_photo(), world.reviewer(), new_name()
    review = world.next_review(rita, photo)
    refused = rita.verdict({**review, "lease_id": "0" * 32}, "bicycle", key=key)
    assert refused.status == 409, refused
    first = rita.verdict(review, "bicycle", key=key)
    assert first.status == 200, first
    assert rita.verdict(review, "bicycle", key=key).body == first.body


def _quiet_queue(world: World) -> None:
    """A review is found without its message; the message of a decided one is dropped."""
    world.close_reviews()
    photo = world.assigned_photo()
    eventually(lambda: world.depth("ReviewQueueUrl"))
    world.chain.stage.client("sqs").purge_queue(
        QueueUrl=world.chain.stage.outputs["ReviewQueueUrl"]
    )
    world.next_review(world.reviewer(), photo)


def _message_is_hidden_and_deleted(world: World) -> None:
    """While a review is leased its message is hidden; afterwards there is none."""
    world.close_reviews()
    photo, rita, lena = world.assigned_photo(), world.reviewer(), world.reviewer()
    review = world.next_review(rita, photo)
    assert rita.post(f"/reviews/{photo}/extend", {"lease_id": review["lease_id"]}).status == 200
    assert not world.depth("ReviewQueueUrl")
    assert rita.post(f"/reviews/{photo}/release", {"lease_id": review["lease_id"]}).status == 200
    assert world.depth("ReviewQueueUrl") == 1  # a copy, visible at once
    second = world.next_review(lena, photo)
    assert lena.verdict(second, "bicycle").status == 200
    world.next_review(world.reviewer(), photo)  # the second opinion that was asked for
    assert _messages(world) == 1


def _malformed_message_is_hidden(world: World) -> None:
    """A message that names no photo does not stand in the way of the next one."""
    world.close_reviews()
    sqs, url = world.chain.stage.client("sqs"), world.chain.stage.outputs["ReviewQueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="no review")
    assert world.reviewer().next() is None
    assert not world.depth("ReviewQueueUrl")


def _no_vehicle(world: World) -> None:
    """A photo without a vehicle loses the assignment, to the driver's photo before it."""
    name = new_name()
    earlier = world.assigned_photo(name)
    later = world.assigned_photo(name)
    _judge(world, later, "neither")
    assert _assignment(world, earlier)["photo_id"]["S"] == earlier
    _judge(world, earlier, "neither")
    assert not _assignment(world, earlier)


def _of_another_photo(world: World) -> None:
    """A verdict about a photo that no longer decides the assignment changes the photo alone."""
    name = new_name()
    earlier = world.assigned_photo(name)
    later = world.assigned_photo(name)
    _judge(world, earlier, "motorcycle")
    assert _assignment(world, earlier)["photo_id"]["S"] == later


def _undo(world: World) -> None:
    world.close_reviews()
    photo, rita = world.assigned_photo(), world.reviewer()
    verdict = rita.verdict(world.next_review(rita, photo), "motorcycle")
    undone = rita.post(f"/reviews/{photo}/undo", {"decision_seq": verdict.body["decision_seq"]})
    assert undone.status == 200, undone
    assert (world.chain.row(photo) or {})["vehicle"] == "bicycle"
    assert (world.chain.row(photo) or {})["enqueued_at"]


def _agreement(world: World) -> None:
    """Two opinions that differ are counted, and shown to leads until one is undone."""
    world.close_reviews()
    photo, rita, lena = world.assigned_photo(), world.reviewer(), world.reviewer(groups="leads")
    assert rita.verdict(world.next_review(rita, photo), "bicycle").status == 200
    second = lena.verdict(world.next_review(lena, photo), "motorcycle")
    assert second.status == 200, second
    assert photo in str(lena.get("/reviews/agreement").body)
    undone = lena.post(f"/reviews/{photo}/undo", {"decision_seq": second.body["decision_seq"]})
    assert undone.status == 200, undone
    assert photo not in str(lena.get("/reviews/agreement").body)


def _stuck_photo(world: World) -> None:
    photo = world.assigned_photo()
    change(world.chain, photo, status="received", pending="received", claimed_at=LONG_AGO)
    assert world.invoke("SweeperFunction", {})["repaired"] == {"take_over": 1}
    assert world.chain.outcome(photo)["attempt"] == 2


def _lost_review_message(world: World) -> None:
    world.close_reviews()
    photo = world.assigned_photo()
    world.close_reviews()
    change(
        world.chain,
        photo,
        review="open",
        enqueued_at=None,
        received_at=LONG_AGO,
        updated_at=LONG_AGO,
    )
    assert world.invoke("SweeperFunction", {})["repaired"] == {"send_review": 1}
    assert world.depth("ReviewQueueUrl") == 1
    world.close_reviews()


def _photo_given_up(world: World) -> None:
    """A photo that ended too often is failed, and the operator gets a message."""
    photo, before = world.assigned_photo(), world.depth("FailuresQueueUrl")
    change(world.chain, photo, status="received", pending="received", claimed_at=LONG_AGO)
    world.chain.stage.client("dynamodb").update_item(
        TableName=world.chain.stage.outputs["PhotosTable"],
        Key=item_of({"photo_id": photo}),
        UpdateExpression="SET attempt = :many",
        ExpressionAttributeValues=item_of({":many": 99}),
    )
    assert world.invoke("SweeperFunction", {})["repaired"] == {"give_up": 1}
    assert world.depth("FailuresQueueUrl") == before + 1


def _walk_goes_on(world: World) -> None:
    """A sweep goes on where the last one stopped, and says when it went through the bucket."""
    bucket = world.chain.stage.outputs["ReportsBucket"]
    key = "sweeper/checkpoint.json"
    world.chain.stage.client("s3").delete_object(Bucket=bucket, Key=key)
    answer = world.invoke("SweeperFunction", {})
    assert answer["examined"]["uploads"]
    assert world.keys("ReportsBucket", key)
    first = world.stored(bucket, key)
    world.chain.stage.client("s3").put_object(
        Bucket=bucket, Key=key, Body=first.replace(b'"reviews": null', b'"reviews": {}')
    )
    world.invoke("SweeperFunction", {})


def _report_of_photos(world: World) -> None:
    """The report has the photos, captures, labels and pictures of its day."""
    photo = _decided_by_a_person(world)
    eventually(lambda: [key for key in world.keys("LabelsBucket", "labels/") if photo in key])
    document, page = world.report({"from": world.today, "to": world.today, "as_of": in_two_days()})
    assert document["conservation"]["received"]
    assert document["capture"]["records"]
    assert not document["capture"]["unreadable_objects"]
    assert document["accuracy"]["automatic"]["labelled"]
    assert "data:image/jpeg" in page


def _report_without_versions(world: World) -> None:
    """The report has pictures of photos whose events named no version."""
    world.assigned_photo()
    versions = {row["photo_id"]: row["version_id"] for row in world.rows() if row["version_id"]}
    for photo in versions:
        change(world.chain, photo, version_id=None)
    try:
        event = {"from": world.today, "to": world.today, "as_of": in_two_days()}
        _, page = world.report(event)
    finally:
        for photo, version in versions.items():
            change(world.chain, photo, version_id=version)
    assert "data:image/jpeg" in page


def _report_of_reviewers(world: World) -> None:
    """The report says how reviewers decide about photos with a known answer."""
    photo = world.assigned_photo()
    table = world.chain.stage.outputs["ReviewersTable"]
    KnownItems(world.chain.stage.client("dynamodb"), table=table).add(photo, "bicycle")
    _judge(world, photo, "bicycle")
    eventually(lambda: [key for key in world.keys("LabelsBucket", "labels/") if photo in key])
    document, _ = world.report({"from": world.today, "to": world.today, "as_of": in_two_days()})
    assert document["accuracy"]["known_items"]["n"]


def _report_of_queues(world: World) -> None:
    """The report of this moment has the depths of the queues, and what the sweeper walked."""
    world.invoke("SweeperFunction", {})
    now = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=hash(new_name()) % 60)
    document, _ = world.report({"from": world.today, "to": world.today, "as_of": now.isoformat()})
    queues = document["queues"]
    assert None not in {queues[name] for name in ("reviews_open", "failures_waiting")}
    assert None not in {queues["dead_letters"], queues["walked_objects"]}
    again, _ = world.report({"from": world.today, "to": world.today, "as_of": now.isoformat()})
    assert again == document


def _email(world: World) -> None:
    """The scheduled report is mailed; a second delivery of the schedule mails nothing."""
    event = {"scheduled_at": in_two_days()}
    answer = world.invoke("ReportFunction", event)
    folder = answer["folder"].rpartition("reports/")[2]
    eventually(lambda: world.received(world.emails_queue, mentions=folder))
    world.invoke("ReportFunction", event)
    assert not world.received(world.emails_queue, mentions=folder)


def _history(world: World) -> None:
    """The report shows the reports of the days before it."""
    day = datetime.fromisoformat(world.today) - timedelta(days=1)
    yesterday = day.date().isoformat()
    for key in world.keys("ReportsBucket", "history/"):
        world.chain.stage.client("s3").delete_object(
            Bucket=world.chain.stage.outputs["ReportsBucket"], Key=key
        )
    world.report({"from": yesterday, "to": yesterday, "as_of": in_two_days()})
    document, _ = world.report({"from": world.today, "to": world.today, "as_of": in_two_days()})
    assert document["history"]


def _expired_window(world: World) -> None:
    """The report of a day whose captures are deleted is kept as it was made."""
    day = datetime.fromisoformat(world.today) - timedelta(days=90 + hash(new_name()) % 900)
    event = {"from": day.date().isoformat(), "to": day.date().isoformat()}
    world.invoke("ReportFunction", event)
    assert "kept" in world.invoke("ReportFunction", event)


def _late_captures(world: World) -> None:
    """A second report of a day remembers when the first one was made."""
    day = datetime.fromisoformat(world.today) - timedelta(days=1 + hash(new_name()) % 20)
    event = {"from": day.date().isoformat(), "to": day.date().isoformat()}
    folder = world.invoke("ReportFunction", event)["folder"]
    key = folder.removeprefix("s3://").partition("/")[2] + "first_as_of.txt"
    assert key in world.keys("ReportsBucket", key)


def _baselines(world: World) -> None:
    """The report stores the model's baseline, and compares with the stage's own if there is one."""
    bucket, s3 = world.chain.stage.outputs["ReportsBucket"], world.chain.stage.client("s3")
    for key in world.keys("ReportsBucket", "baselines/"):
        s3.delete_object(Bucket=bucket, Key=key)
    event = {"from": world.today, "to": world.today}
    world.assigned_photo()
    world.report(event | {"as_of": in_two_days()})
    (packaged,) = world.keys("ReportsBucket", "baselines/")
    baseline = json.loads(world.stored(bucket, packaged))
    days = {"observed_from": world.today, "observed_to": world.today}
    observed = packaged.replace("baselines/", "baselines/observed/")
    s3.put_object(Bucket=bucket, Key=observed, Body=json.dumps(baseline | days))
    try:
        document, _ = world.report(event | {"as_of": in_two_days()})
    finally:
        s3.delete_object(Bucket=bucket, Key=observed)
    compared = [model["baseline"]["observed_from"] for model in document["models"]]
    assert compared == [world.today]


def _decided_by_a_person(world: World) -> str:
    photo = world.assigned_photo()
    _judge(world, photo, "bicycle")
    return photo


def _judge(world: World, photo: str, verdict: str) -> None:
    """Decide about one photo through the API, whatever other reviews there are."""
    world.close_reviews()
    change(world.chain, photo, review="open")
    rita = world.reviewer()
    response = rita.verdict(world.next_review(rita, photo), verdict)
    assert response.status == 200, response


def _assignment(world: World, photo: str) -> Json:
    """Return the assignment of the photo's driver, as DynamoDB holds it; empty without one."""
    response = world.chain.stage.client("dynamodb").get_item(
        TableName=world.chain.stage.outputs["AssignmentsTable"],
        Key=item_of({"driver_id": (world.chain.row(photo) or {})["driver_id"]}),
        ConsistentRead=True,
    )
    assignment: Json = response.get("Item", {})
    return assignment


def _messages(world: World) -> int:
    """Return the number of review messages, visible or hidden."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    response = world.chain.stage.client("sqs").get_queue_attributes(
        QueueUrl=world.chain.stage.outputs["ReviewQueueUrl"], AttributeNames=names
    )
    return sum(int(response["Attributes"][name]) for name in names)


_PHOTO = (SERIALIZE, CLASSIFY, FILTER)
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
