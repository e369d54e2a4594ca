"""Labels, captures and known items that cannot be read are counted, and stop no report.

`-s` prints the figures.
"""

import json
from collections.abc import Iterable
from datetime import timedelta

import boto3

from handlers.aws.dynamodb import item_of
from handlers.aws.known_items import KNOWN_ITEM
from handlers.domain.capture_record import OUTPUT, EndpointCall, capture_line
from handlers.domain.ledger.schema import REVIEWERS
from tests.handlers.test_spoiled_records import VALUES
from tests.monitoring.conftest import DAY, PREFIX, Stage
from tests.monitoring.report.test_damaged import inputs_of
from tests.spoilings import spoiled_texts
from tests.tables import create_table


def test_spoiled_labels_stop_no_report(stage: Stage) -> None:
    photo = stage.photo(0)
    label = {
        "groundTruthData": {"data": "van", "encoding": "CSV"},
        "eventMetadata": {"eventId": "other"},
        "eventVersion": "0",
        "scones": {
            "decision_seq": 1,
            "decided_by": "rita",
            "decided_at": "2026-11-21T12:00:00.000Z",
            "kind": "verdict",
            "review_reason": "low_confidence",
            "retracted": False,
            "model_version": "m1",
            "photo": {"bucket": "intake", "key": "intake/d1/0.jpg", "version_id": "v"},
        },
    }
    texts = list(spoiled_texts(label))
    for number, text in enumerate(texts):
        stage.label(f"spoiled-{number}", text.encode())
    for key in ("x", "x/y", "2026/11/21/12/\U0001f6b2.jsonl", f"2026/11/21/12/{photo}-0.jsonl/"):
        stage.s3.put_object(Bucket="labels", Key=f"labels/{key}", Body=b"x")
    stage.label(photo, json.dumps(label | {"eventMetadata": {"eventId": photo}}).encode())
    report_inputs = inputs_of(stage)
    unreadable = report_inputs.unreadable_labels
    print(f"{len(texts)} spoiled labels, {unreadable} counted, 0 stopped")  # noqa: T201 # the figures
    assert report_inputs.photos[0].verdict == "van"
    assert 0 < unreadable <= len(texts) + 2


def test_spoiled_captures_stop_no_report(stage: Stage) -> None:
    photo = stage.photo(0)
    answer = {"probabilities": {"car": 0.97, "van": 0.03}, "model_version": "m1"}
    moment = DAY + timedelta(hours=9)
    line = capture_line(
        EndpointCall(inference_id=photo, request=b"", answer=answer), modes={OUTPUT}, at=moment
    )
    document = json.loads(line)
    inner = json.loads(document["captureData"]["endpointOutput"]["data"])
    texts = [*spoiled_texts(document), *_with_data(document, spoiled_texts(inner))]
    key = f"{PREFIX}/AllTraffic/2026/11/21/09/00-00-000-x.jsonl"
    stage.capture_file(key, "\n".join(texts).encode(), written=moment)
    stage.capture(photo)
    summary = inputs_of(stage).capture
    assert summary is not None
    anomalies = sum(summary.anomalies.values())
    print(f"{len(texts)} spoiled captures, {anomalies} anomalies, 0 stopped")  # noqa: T201 # the figures
    assert (summary.captured, summary.missing) == (1, ())
    assert anomalies


def _with_data(document: dict[str, object], texts: Iterable[str]) -> Iterable[str]:
    for text in texts:
        output = {"observedContentType": "application/json", "mode": "OUTPUT", "data": text}
        data = {"endpointOutput": output | {"encoding": "JSON"}}
        yield json.dumps(document | {"captureData": data})


def test_spoiled_known_items_stop_no_report(stage: Stage) -> None:
    create_table(boto3.client("dynamodb"), REVIEWERS, "reviewers")
    stage.set(reviewers_table="reviewers")
    photos = [stage.photo(number) for number in range(len(VALUES) + 2)]
    items = [{"verdict": value} for value in VALUES] + [{}, {"verdict": {"S": "van"}}]
    for photo, item in zip(photos, items, strict=True):
        key = item_of({"kind": KNOWN_ITEM, "name": photo})
        boto3.client("dynamodb").put_item(TableName="reviewers", Item={**key, **item})
    seeded = {photo.photo_id: photo.seeded_label for photo in inputs_of(stage).photos}
    print(f"{len(items) - 1} spoiled known items, 0 stopped")  # noqa: T201 # the figures
    assert seeded[photos[-1]] == "van"
    texts = {value["S"] for value in VALUES if "S" in value}
    assert set(seeded.values()) == texts | {"", "van"}
