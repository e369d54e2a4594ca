"""The reader reads ledger, bucket and queues of a stage."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from infra.local.status_page.ledger_mirror import LedgerMirror
from tests.infra.local.status_page.stage_double import BUCKET, KEY, TABLE, Stage, page_stage


@pytest.fixture
def stage() -> Iterator[Stage]:
    with page_stage() as empty:
        yield empty


def test_an_empty_stage_has_no_photos_and_no_messages(stage: Stage) -> None:
    overview = stage.overview()
    assert set(overview["counts"].values()) == {0}
    assert overview["photos"] == []
    assert [queue["waiting"] for queue in overview["queues"]] == [0, 0, 0, 0]


def test_a_photo_moves_from_unclaimed_to_its_final_status(stage: Stage) -> None:
    row = stage.upload()
    assert stage.overview()["counts"] == stage.overview()["counts"]
    assert stage.overview()["counts"]["unclaimed"] == 1
    stage.write(row, "received")
    overview = stage.overview()
    assert overview["counts"]["in_flight"] == 1
    assert overview["counts"]["unclaimed"] == 0
    assert overview["in_flight_since"] == overview["photos"][0]["received_at"]
    assert overview["photos"][0]["key"] == KEY
    stage.write(row, "rejected", reason="corrupt")
    overview = stage.overview()
    assert overview["counts"]["rejected"] == 1
    assert overview["photos"][0]["reason"] == "corrupt"
    json.dumps(overview)


def test_folder_markers_are_not_counted(stage: Stage) -> None:
    stage.upload("intake/ada/", b" ")
    stage.upload("elsewhere/photo.jpg")
    assert stage.overview()["counts"]["received"] == 0


def test_several_windows_share_one_reading(stage: Stage) -> None:
    stage.overview()
    stage.write(stage.upload(), "received")
    assert stage.reader.overview(state="", before="")["counts"]["received"] == 0
    assert stage.overview()["counts"]["received"] == 1


def test_a_late_change_of_an_old_row_is_seen_after_a_while(stage: Stage) -> None:
    row = stage.upload()
    long_ago = f"{datetime.now(UTC) - timedelta(hours=3):%Y-%m-%dT%H:%M:%S.000Z}"
    row |= {"received_at": long_ago, "received_hour": long_ago[:13]}
    stage.write(row, "in_review", review="open")
    assert stage.overview()["counts"]["in_review"] == 1
    stage.write(row, "assigned", review="done")
    stage.clock.now_s += 60
    assert stage.overview()["counts"]["assigned"] == 1


def test_photos_in_flight_are_read_again_however_old(stage: Stage) -> None:
    mirror = LedgerMirror(stage.session.client("dynamodb"), TABLE, clock=stage.clock)
    row = stage.upload()
    row |= {"received_at": "2026-01-01T00:00:00.000Z", "received_hour": "2026-01-01T00"}
    stage.write(row, "received")
    mirror.refresh()
    stage.write(row, "failed")
    mirror.refresh()
    assert [card.status for card in mirror.cards] == ["failed"]


def test_a_queue_has_a_depth_and_an_age_and_keeps_its_messages(stage: Stage) -> None:
    sqs = stage.session.client("sqs")
    for number, minute in enumerate(("10", "20", "30")):
        row = {**stage.upload(), "updated_at": f"2026-11-22T09:{minute}:00Z"}
        stage.write(row, "failed")
        if number:  # the message of the oldest one was handled
            sqs.send_message(QueueUrl=stage.names.failures_queue_url, MessageBody="{}")
    queues = {queue["name"]: queue for queue in stage.overview()["queues"]}
    assert queues["failures"]["waiting"] == 2
    assert queues["failures"]["since"] == "2026-11-22T09:20:00Z"
    assert queues["review"]["since"] == ""
    received = sqs.receive_message(QueueUrl=stage.names.failures_queue_url, MaxNumberOfMessages=10)
    assert len(received["Messages"]) == 2


def test_a_thumbnail_is_the_wire_image(stage: Stage) -> None:
    row = stage.upload()
    stage.write(row, "received")
    picture = stage.reader.thumbnail(row["photo_id"])
    assert picture is not None
    assert picture.startswith(b"\xff\xd8\xff")
    stage.session.client("s3").delete_object(Bucket=BUCKET, Key=KEY, VersionId=row["version_id"])
    assert stage.reader.thumbnail(row["photo_id"]) == picture  # remembered


def test_a_photo_that_cannot_be_read_has_no_thumbnail(stage: Stage) -> None:
    text = stage.upload(data=b"I am not a photo")
    stage.write(text, "received")
    refused = stage.upload("intake/ada/refused.jpg")
    stage.write(refused, "rejected", reason="corrupt")
    erased = stage.upload("intake/ada/erased.jpg")
    stage.write({**erased, "version_id": "gone"}, "received")
    for photo in (text, refused, erased):
        assert stage.reader.thumbnail(photo["photo_id"]) is None
    assert stage.reader.thumbnail("0" * 64) is None
