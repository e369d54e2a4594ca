"""The verdict in force of every photo, and those that are not used."""

import json
import random
from typing import Any

import pytest

from training.data.sources.verdicts import ResolvedVerdicts, resolve_verdicts

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


def resolve(*lines: Line) -> ResolvedVerdicts:
    return resolve_verdicts(json.dumps(line) for line in lines)


def labels(resolved: ResolvedVerdicts) -> dict[str, str]:
    return {photo_id: verdict.verdict for photo_id, verdict in resolved.labels.items()}


def test_highest_decision_counts_in_any_order() -> None:
    lines = [a_line("p1", "bicycle", 1), a_line("p1", "motorcycle", 2), a_line("p2", "bicycle", 1)]
    random.Random(1).shuffle(lines)  # noqa: S311 - an order, not a secret
    assert labels(resolve(*lines)) == {"p1": "motorcycle", "p2": "bicycle"}


def test_repeated_line_is_not_a_contradiction() -> None:
    assert labels(resolve(a_line("p1", "bicycle"), a_line("p1", "bicycle"))) == {"p1": "bicycle"}


def test_undone_verdict_is_not_a_label() -> None:
    resolved = resolve(a_line("p1", "bicycle", 1), a_line("p1", "", 2, kind="undo", retracted=True))
    assert (labels(resolved), resolved.retracted) == ({}, ("p1",))


def test_verdict_after_an_undo_counts() -> None:
    undo = a_line("p1", "", 2, kind="undo", retracted=True)
    resolved = resolve(a_line("p1", "bicycle", 1), undo, a_line("p1", "motorcycle", 3))
    assert labels(resolved) == {"p1": "motorcycle"}


def test_unusable_photo_is_listed() -> None:
    assert resolve(a_line("p1", "unusable")).unusable == ("p1",)


def test_line_in_the_form_of_sagemaker_is_a_verdict() -> None:
    line = a_line("p1", "bicycle")
    del line["scones"]
    assert labels(resolve(line)) == {"p1": "bicycle"}


def test_two_verdicts_of_the_same_number_contradict_each_other() -> None:
    resolved = resolve(a_line("p1", "bicycle", 0), a_line("p1", "motorcycle", 0))
    assert labels(resolved) == {}
    assert [
        (contradiction.photo_ids, contradiction.labels) for contradiction in resolved.contradictions
    ] == [(("p1",), ("bicycle", "motorcycle"))]


def opinion(label: str, seq: int, by: str) -> Line:
    return a_line("p1", label, seq, kind="opinion", decided_by=by)


def test_opinion_that_differs_is_a_contradiction_and_never_a_label() -> None:
    resolved = resolve(a_line("p1", "bicycle", 1), opinion("motorcycle", 2, "bob"))
    assert labels(resolved) == {}
    assert resolved.contradictions[0].reason == "another opinion"


def test_opinion_that_agrees_does_not_change_the_label() -> None:
    resolved = resolve(a_line("p1", "bicycle", 1), opinion("bicycle", 2, "bob"))
    assert labels(resolved) == {"p1": "bicycle"}


def test_only_the_last_opinion_of_a_person_counts() -> None:
    first, second = opinion("motorcycle", 2, "bob"), opinion("bicycle", 3, "bob")
    assert labels(resolve(a_line("p1", "bicycle", 1), second, first)) == {"p1": "bicycle"}


def test_opinion_alone_is_not_a_label() -> None:
    assert labels(resolve(opinion("bicycle", 1, "bob"))) == {}


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
def test_malformed_line_is_counted_and_skipped(line: str) -> None:
    resolved = resolve_verdicts([line, json.dumps(a_line("p2", "bicycle"))])
    assert labels(resolved) == {"p2": "bicycle"}
    assert resolved.malformed == (1 if line else 0)
