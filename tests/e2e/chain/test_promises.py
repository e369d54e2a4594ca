"""Idempotence, least privilege, and a failure that an operator sees and repairs."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from handlers.domain.ledger.identity import photo_id
from tests.e2e.chain.conftest import Chain

pytestmark = pytest.mark.e2e


def test_duplicate_events_change_nothing(chain: Chain) -> None:
    key = "intake/d4/twice.jpg"
    photo = chain.upload(key, chain.picture())
    before = chain.outcome(photo)
    again = [chain.start(chain.event_of(key)) for _ in range(5)]
    assert {chain.ended(arn) for arn in again} == {"SUCCEEDED"}
    assert chain.row(photo) == before


def test_events_that_arrive_together_are_claimed_once(chain: Chain) -> None:
    known = "intake/d4/together-1.jpg"
    chain.outcome(chain.upload(known, chain.picture()))
    # The same event, for a version that no execution has claimed yet.
    event = chain.event_of(known)
    event["detail"]["object"]["version-id"] = "never-stored"
    runs = [chain.start(event) for _ in range(6)]
    ends = sorted(chain.ended(arn) for arn in runs)
    # One of them claims it, and finds that the version is deleted.
    assert ends == ["SUCCEEDED"] * 6
    photo = photo_id(
        bucket=chain.stage.outputs["IntakeBucket"],
        key=known,
        version_id="never-stored",
        etag=event["detail"]["object"]["etag"].strip('"'),
    )
    row = chain.row(photo) or {}
    assert (row["status"], row["reason"], row["attempt"]) == ("rejected", "deleted", 1)


def test_the_same_key_with_new_bytes_is_a_new_photo(chain: Chain) -> None:
    key = "intake/d5/same-key.jpg"
    first = chain.upload(key, chain.picture("bicycle-red.jpg"))
    second = chain.upload(key, b"not a photo any more")
    assert chain.outcome(first)["status"] in {"assigned", "in_review"}
    assert chain.outcome(second)["status"] == "rejected"


def test_a_role_that_lost_its_permission_fails_visibly_and_a_takeover_repairs_it(
    chain: Chain,
) -> None:
    iam = chain.stage.client("iam")
    role = _role_of(chain, "SerializeFunction")
    policies = {
        name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
    }
    assert policies
    key = "intake/d6/forbidden.jpg"
    for name, document in policies.items():
        statements = [
            statement
            for statement in document["Statement"]
            if "s3:GetObjectVersion" not in statement["Action"]
        ]
        iam.put_role_policy(
            RoleName=role,
            PolicyName=name,
            PolicyDocument=json.dumps({**document, "Statement": statements}),
        )
    try:
        photo = chain.upload(key, chain.picture())
        row = chain.outcome(photo)
    finally:
        for name, document in policies.items():
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))
    assert (row["status"], row["reason"]) == ("failed", "PhotoForbidden")
    assert photo in {message["photo_id"] for message in _failures(chain)}
    _requeue(chain, photo, attempt=2)
    assert chain.ended(chain.start(chain.event_of(key) | {"attempt": 2})) == "SUCCEEDED"
    repaired = chain.outcome(photo)
    assert (repaired["status"], repaired["attempt"]) == ("assigned", 2)


def test_serialize_cannot_read_beyond_the_intake_prefix(chain: Chain) -> None:
    key = "elsewhere/d1/secret.jpg"
    chain.upload(key, chain.picture())
    known = "intake/d7/known.jpg"
    chain.outcome(chain.upload(known, chain.picture()))
    event = chain.event_of(known)
    response = chain.stage.client("lambda").invoke(
        FunctionName=chain.stage.outputs["SerializeFunction"],
        Payload=json.dumps(
            {
                "execution": "test",
                "probe": False,
                "photo": {
                    "photo_id": "0" * 64,
                    "bucket": event["detail"]["bucket"]["name"],
                    "key": key,
                    "etag": event["detail"]["object"]["etag"],
                    "size_bytes": 1,
                    "uploaded_at": event["time"],
                },
            }
        ),
    )
    assert response.get("FunctionError")
    assert b"AccessDenied" in response["Payload"].read()


def _role_of(chain: Chain, output: str) -> str:
    function = chain.stage.client("lambda").get_function_configuration(
        FunctionName=chain.stage.outputs[output]
    )
    arn: str = function["Role"]
    return arn.rsplit("/", 1)[1]


def _failures(chain: Chain) -> list[dict[str, Any]]:
    sqs, url = chain.stage.client("sqs"), chain.stage.outputs["FailuresQueueUrl"]
    response = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    return [json.loads(message["Body"]) for message in response.get("Messages", [])]


def _requeue(chain: Chain, photo: str, *, attempt: int) -> None:
    chain.stage.client("dynamodb").update_item(
        TableName=chain.stage.outputs["PhotosTable"],
        Key={"photo_id": {"S": photo}},
        UpdateExpression="SET #status = :requeued, attempt = :attempt",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={
            ":requeued": {"S": "requeued"},
            ":attempt": {"N": str(attempt)},
        },
    )


def test_the_photo_uploaded_later_decides_whichever_ends_first(chain: Chain) -> None:
    chain.outcome(chain.upload("intake/d8/newer.jpg", chain.picture("motorcycle-black.jpg")))
    newer = chain.event_of("intake/d8/newer.jpg")
    old = chain.upload("intake/d8/older.jpg", chain.picture("bicycle-red.jpg"))
    chain.outcome(old)
    # The older photo again, as if its event were delayed and its upload an hour old.
    _requeue(chain, old, attempt=2)
    delayed = chain.event_of("intake/d8/older.jpg") | {"attempt": 2, "time": _hour_before(newer)}
    assert chain.ended(chain.start(delayed)) == "SUCCEEDED"
    row = chain.outcome(old)
    assert (row["status"], row["superseded"]) == ("assigned", True)


def _hour_before(event: dict[str, Any]) -> str:
    moment = datetime.fromisoformat(event["time"]) - timedelta(hours=1)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
