"""The catalogue is as the product is, its results are of today's entries, and a tenth is tried."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests import documents
from tests.conftest import ROOT
from tests.protections.__main__ import DOCUMENT, SECTION
from tests.protections.catalogue import Protection, read_catalogue
from tests.protections.results import forget, is_current, read_results, record, table
from tests.protections.trials import Tree, TrialResult, is_of_texts

CATALOGUE = read_catalogue()
SHARE = 10  # one of so many is tried; `make protections` tries all
MOST_CPU_S = 12.0  # what is drawn by then is enough for one run

TEST = "tests/handlers/domain/decision/test_policy.py::test_a_photo_below_the_threshold_is_reviewed"
A_PROTECTION = Protection(
    name="Low confidence",
    file="handlers/domain/decision/policy.py",
    removed="confidence < threshold.value or ",
    loses="Photos that the model is unsure of are assigned.",
    tests=(TEST,),
)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tree]:
    with Tree(tmp_path_factory.mktemp("tree")) as tree:
        yield tree


def test_every_protection_is_where_the_catalogue_says() -> None:
    for protection in CATALOGUE:
        text = (ROOT / protection.file).read_text(encoding="utf-8")
        assert protection.without(text) != text, protection.name


def test_names_are_unique_and_every_protection_has_a_test_of_behaviour() -> None:
    assert len({protection.name for protection in CATALOGUE}) == len(CATALOGUE)
    for protection in CATALOGUE:
        assert protection.tests, protection.name
        for test in protection.tests:
            file, _, function = test.partition("::")
            assert not is_of_texts(test), test
            assert f"def {function.split('[')[0]}(" in (ROOT / file).read_text(encoding="utf-8")


def test_every_result_is_of_an_entry_as_it_is_now() -> None:
    results = read_results()
    assert results.keys() == {protection.name for protection in CATALOGUE}
    assert [entry.name for entry in CATALOGUE if not is_current(entry, results)] == []


def test_the_table_of_protections_is_current() -> None:
    documents.matches(DOCUMENT, SECTION, table(CATALOGUE))


def test_without_a_protection_its_tests_fail(tree: Tree) -> None:
    spent_s = 0.0
    for protection in random.sample(CATALOGUE, len(CATALOGUE) // SHARE):
        result = tree.trial(protection)
        assert result.complaints == (), protection.name
        spent_s += result.cpu_s
        if spent_s > MOST_CPU_S:
            break


def test_only_a_failure_of_the_behaviour_is_accepted_as_one(tree: Tree) -> None:
    assert tree.trial(A_PROTECTION).complaints == ()
    harmless = replace(A_PROTECTION, removed="import hmac\n", replacement="import hmac\n\n")
    assert tree.trial(harmless).complaints == (f"{TEST} does not fail",)
    for removed, replacement in (
        ("import hashlib\n", "import hashlib_that_is_not_there\n"),
        ("    elif confidence < threshold", "    elif if confidence < threshold"),
        ('    reason = ""\n', ""),  # a name that is read before it is set
    ):
        broken = replace(A_PROTECTION, removed=removed, replacement=replacement)
        assert f"{TEST} does not fail" in tree.trial(broken).complaints
    assert tree.failing(A_PROTECTION.tests) == []  # the changes are gone


def test_a_result_of_another_entry_is_stale(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    result = TrialResult(errors={TEST: "Failed"}, complaints=(), cpu_s=1.0)
    record(A_PROTECTION, result, path)
    assert is_current(A_PROTECTION, read_results(path))
    assert not is_current(replace(A_PROTECTION, loses="Something else."), read_results(path))
    assert not is_current(replace(A_PROTECTION, tests=("another",)), read_results(path))
    forget({A_PROTECTION.name}, path)
    assert read_results(path) == {}
