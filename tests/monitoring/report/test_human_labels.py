"""Labels in our form and in SageMaker's; the last decision is in force."""

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


def index_of(*labels: dict[str, Any], as_of: datetime = AS_OF) -> LabelIndex:
    index = LabelIndex()
    for label in labels:
        index.add(HumanLabel.from_label(json.dumps(label).encode()), as_of=as_of)
    return index


def test_the_last_decision_is_in_force_whatever_the_order() -> None:
    labels = [a_label(1, "car"), a_label(3, "van"), a_label(2, "", retracted=True)]
    for order in (labels, labels[::-1]):
        assert index_of(*order).decided["p1"].verdict == "van"


def test_an_undo_withdraws_the_verdict() -> None:
    index = index_of(a_label(1, "car"), a_label(2, "", kind="undo", retracted=True))
    assert index.decided["p1"].verdict == ""


def test_an_opinion_does_not_replace_the_verdict() -> None:
    index = index_of(a_label(1, "car"), a_label(9, "van", kind="opinion"))
    assert index.decided["p1"].verdict == "car"
    assert index.opinions_of("p1") == ("van",)


def test_a_label_after_as_of_is_ignored() -> None:
    index = index_of(a_label(1, "car"), as_of=datetime(2026, 11, 21, tzinfo=UTC))
    assert not index.decided


def test_sagemakers_own_form_is_a_label() -> None:
    minimal = {k: v for k, v in a_label(1, "car").items() if k != "scones"}
    assert index_of(minimal).decided["p1"].verdict == "car"


def test_malformed_labels_are_counted() -> None:
    malformed: list[Any] = [{}, {"eventMetadata": 7}, {"scones": [], "groundTruthData": None}]
    assert index_of(*malformed).unreadable == 3


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
        index = LabelIndex()
        start = datetime(2026, 11, 21, tzinfo=UTC)
        read_labels(Bucket(s3, bucket="labels"), index, start=start, as_of=AS_OF, photos={"p1"})
    assert (index.decided["p1"].verdict, index.unreadable) == ("van", 1)


def test_decisions_in_the_ledger_count_as_labels() -> None:
    decision = {"seq": 2, "verdict": "van", "decided_by": "eva", "decided_at": None}
    index = index_of(a_label(1, "car"))
    index.add(HumanLabel.from_decision("p1", decision), as_of=AS_OF)
    assert index.decided["p1"].verdict == "van"
    assert HumanLabel.from_decision("p1", {"verdict": "van"}) is None
