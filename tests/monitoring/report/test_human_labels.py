"""Labels in the forms that the contract and SageMaker know; the highest decision stands."""

import json
from datetime import UTC, datetime
from typing import Any

import boto3
from moto import mock_aws

from handlers.aws.bucket import Bucket
from monitoring.report.human_labels import HumanLabel, LabelIndex, read_labels

AS_OF = datetime(2026, 11, 22, tzinfo=UTC)


def a_label(seq: int, verdict: str, **changes: Any) -> dict[str, Any]:
    ours = {
        "decision_seq": seq,
        "decided_by": "eva",
        "decided_at": f"2026-11-21T10:00:{seq:02}Z",
        "kind": "verdict",
        "retracted": False,
    }
    return {
        "groundTruthData": {"data": verdict, "encoding": "CSV"},
        "eventMetadata": {"eventId": "p1"},
        "eventVersion": "0",
        "scones": ours | changes,
    }


def standing(*labels: dict[str, Any], as_of: datetime = AS_OF) -> LabelIndex:
    verdicts = LabelIndex()
    for label in labels:
        verdicts.add(HumanLabel.from_label(json.dumps(label).encode()), as_of=as_of)
    return verdicts


def test_the_highest_decision_stands_whatever_the_order() -> None:
    labels = [a_label(1, "car"), a_label(3, "van"), a_label(2, "", retracted=True)]
    for order in (labels, labels[::-1]):
        assert standing(*order).decided["p1"].verdict == "van"


def test_an_undo_takes_the_verdict_back() -> None:
    found = standing(a_label(1, "car"), a_label(2, "", kind="undo", retracted=True))
    assert found.decided["p1"].verdict == ""


def test_an_opinion_stands_beside_a_verdict_and_never_for_it() -> None:
    found = standing(a_label(1, "car"), a_label(9, "van", kind="opinion"))
    assert found.decided["p1"].verdict == "car"
    assert found.opinions_of("p1") == ("van",)


def test_what_was_said_later_is_not_known_yet() -> None:
    found = standing(a_label(1, "car"), as_of=datetime(2026, 11, 21, tzinfo=UTC))
    assert not found.decided


def test_sagemakers_own_form_is_a_label() -> None:
    minimal = {k: v for k, v in a_label(1, "car").items() if k != "scones"}
    assert standing(minimal).decided["p1"].verdict == "car"


def test_what_is_no_label_is_counted() -> None:
    odd: list[Any] = [{}, {"eventMetadata": 7}, {"scones": [], "groundTruthData": None}]
    assert standing(*odd).unreadable == 3


def test_labels_are_read_by_the_hour_of_their_keys() -> None:
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="labels")
        keys = {
            "labels/2026/11/21/10/p1-000001.jsonl": json.dumps(a_label(1, "car")),
            "labels/2026/11/21/11/p1-000002.jsonl": json.dumps(a_label(2, "van")) + "\nnonsense\n",
            "labels/2026/11/20/10/p1-000003.jsonl": json.dumps(a_label(3, "too early")),
        }
        for key, body in keys.items():
            s3.put_object(Bucket="labels", Key=key, Body=body.encode())
        found = LabelIndex()
        start = datetime(2026, 11, 21, tzinfo=UTC)
        read_labels(Bucket(s3, bucket="labels"), found, start=start, as_of=AS_OF, photos={"p1"})
    assert (found.decided["p1"].verdict, found.unreadable) == ("van", 1)


def test_the_ledgers_own_decisions_count_as_well() -> None:
    decision = {"seq": 2, "verdict": "van", "decided_by": "eva", "decided_at": None}
    found = standing(a_label(1, "car"))
    found.add(HumanLabel.from_decision("p1", decision), as_of=AS_OF)
    assert found.decided["p1"].verdict == "van"
    assert HumanLabel.from_decision("p1", {"verdict": "van"}) is None
