"""Which verdict counts, and which teach nothing."""

import json
import random
from typing import Any

import pytest

from training.data.sources.verdicts import Settled, settle

Line = dict[str, Any]  # Any: JSON


def a_line(photo_id: str, label: str, seq: int = 1, **more: object) -> Line:
    return {
        "groundTruthData": {"data": label, "encoding": "CSV"},
        "eventMetadata": {"eventId": photo_id},
        "eventVersion": "0",
        "scones": {
            "decision_seq": seq,
            "decided_by": "ada",
            "kind": "verdict",
            "retracted": False,
            **more,
        },
    }


def settled(*lines: Line) -> Settled:
    return settle(json.dumps(line) for line in lines)


def labels(found: Settled) -> dict[str, str]:
    return {photo_id: verdict.verdict for photo_id, verdict in found.labels.items()}


def test_highest_decision_counts_whatever_the_order() -> None:
    lines = [a_line("p1", "bicycle", 1), a_line("p1", "motorcycle", 2), a_line("p2", "bicycle", 1)]
    random.Random(1).shuffle(lines)  # noqa: S311 - an order, not a secret
    assert labels(settled(*lines)) == {"p1": "motorcycle", "p2": "bicycle"}


def test_line_that_came_twice_is_no_contradiction() -> None:
    assert labels(settled(a_line("p1", "bicycle"), a_line("p1", "bicycle"))) == {"p1": "bicycle"}


def test_verdict_taken_back_is_no_label() -> None:
    found = settled(a_line("p1", "bicycle", 1), a_line("p1", "", 2, kind="undo", retracted=True))
    assert (labels(found), found.retracted) == ({}, ("p1",))


def test_verdict_after_one_taken_back_counts() -> None:
    undo = a_line("p1", "", 2, kind="undo", retracted=True)
    found = settled(a_line("p1", "bicycle", 1), undo, a_line("p1", "motorcycle", 3))
    assert labels(found) == {"p1": "motorcycle"}


def test_unusable_photo_is_set_aside() -> None:
    assert settled(a_line("p1", "unusable")).unusable == ("p1",)


def test_line_of_sagemakers_own_form_is_a_verdict() -> None:
    line = a_line("p1", "bicycle")
    del line["scones"]
    assert labels(settled(line)) == {"p1": "bicycle"}


def test_two_verdicts_of_the_same_number_contradict_each_other() -> None:
    found = settled(a_line("p1", "bicycle", 0), a_line("p1", "motorcycle", 0))
    assert labels(found) == {}
    assert [(each.photo_ids, each.labels) for each in found.contradictions] == [
        (("p1",), ("bicycle", "motorcycle"))
    ]


def opinion(label: str, seq: int, by: str) -> Line:
    return a_line("p1", label, seq, kind="opinion", decided_by=by)


def test_opinion_that_differs_is_a_contradiction_and_never_a_label() -> None:
    found = settled(a_line("p1", "bicycle", 1), opinion("motorcycle", 2, "bob"))
    assert labels(found) == {}
    assert found.contradictions[0].why == "another opinion"


def test_opinion_that_agrees_changes_nothing() -> None:
    found = settled(a_line("p1", "bicycle", 1), opinion("bicycle", 2, "bob"))
    assert labels(found) == {"p1": "bicycle"}


def test_only_the_last_opinion_of_a_person_counts() -> None:
    first, second = opinion("motorcycle", 2, "bob"), opinion("bicycle", 3, "bob")
    assert labels(settled(a_line("p1", "bicycle", 1), second, first)) == {"p1": "bicycle"}


def test_opinion_alone_is_no_label() -> None:
    assert labels(settled(opinion("bicycle", 1, "bob"))) == {}


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{",
        "[]",
        "null",
        '{"groundTruthData": {"data": "bicycle"}}',
        json.dumps(a_line("../../etc/passwd", "bicycle")),
        json.dumps(a_line(".hidden", "bicycle")),
        json.dumps(a_line("p1", "bicycle", True)),
        json.dumps({**a_line("p1", "bicycle"), "groundTruthData": {"data": 7}}),
    ],
)
def test_malformed_line_is_counted_and_harms_no_other(line: str) -> None:
    found = settle([line, json.dumps(a_line("p2", "bicycle"))])
    assert labels(found) == {"p2": "bicycle"}
    assert found.malformed == (1 if line else 0)
