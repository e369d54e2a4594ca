"""The chapter on accuracy, and the effect of other thresholds."""

from dataclasses import replace

import pytest

from monitoring.report import (
    PhotoFacts,
    build_report,
)
from tests.monitoring.report.a_day import (
    DAY,
    QUIET,
    START,
    inputs,
    photos,
)


def test_accuracy_joins_audits_and_reviews() -> None:
    chapter = build_report(inputs(photos(2_000))).document["accuracy"]
    assert chapter["automatic"]["labelled"] > 100
    assert chapter["reviewed"]["labelled"] == chapter["reviewed"]["photos"]
    truth = 0.938  # of this population, by simulation
    assert chapter["combined"]["low"] < truth < chapter["combined"]["high"]
    assert chapter["reviewed"]["value"] < chapter["combined"]["value"] - 0.05
    counted = sum(map(sum, chapter["confusion"]["audited"]["counts"]))
    assert counted == chapter["automatic"]["labelled"]


def test_contested_photos_do_not_count_as_audits() -> None:
    """Drivers contest wrong decisions, so contested photos are not a random sample."""
    received = photos(300)
    contested = [
        replace(photo, review="done", review_reason="contested", verdict="neither")
        if photo.review_reason == ""
        else photo
        for photo in received
    ]
    plain, other = (
        build_report(inputs(audited)).document["accuracy"] for audited in (received, contested)
    )
    assert plain["automatic"] == other["automatic"]


def test_other_thresholds_trade_reviews_against_errors() -> None:
    rows = build_report(inputs(photos(2_000))).document["thresholds"]["others"]
    load = [row["review_share"] for row in rows]
    assert load == sorted(load)
    assert [row["threshold"] for row in rows if row["in_force"]] == [0.8]
    assert rows[0]["expected_error"] > rows[-1]["expected_error"]


def test_thresholds_of_earlier_days_are_no_longer_in_force() -> None:
    received, before = photos(300), photos(300, QUIET.shifted(threshold=0.9), start=START - DAY)
    document = build_report(inputs(received, audited=[*before, *received])).document
    marked = {row["threshold"]: row for row in document["thresholds"]["others"]}
    assert marked[0.8]["in_force"]
    assert not marked[0.8]["was_in_force"]
    assert marked[0.9]["was_in_force"]
    assert not marked[0.9]["in_force"]


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        (photos(2_000), "The classifier is right on 9"),
        (
            [replace(p, verdict="") for p in photos(300)],
            "no photo that it decided was audited in 30 days",
        ),
        ([], "No photo was classified"),
    ],
)
def test_the_answer_states_how_often_the_model_is_right(
    received: list[PhotoFacts], expected: str
) -> None:
    assert expected in build_report(inputs(received)).document["answer"]
