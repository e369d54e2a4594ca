"""Every benchmark and simulation works: its short mode runs, and answers what the claims read."""

import math
import shlex
from collections.abc import Iterator
from typing import Any

import pytest

from tests.benchmarks.claims import Claim, load_claims, resolve
from tests.benchmarks.figures import printed
from tests.e2e.browsing import NO_BROWSER, browser_path

# Those of `make bench` run together; "training" is measured in tests/training.
BENCH = "tests.benchmarks"
TOGETHER = tuple(
    f"{BENCH}.{name}" for name in ("decoding", "captured_records", "report", "packages")
)
ALONE = ("tests.benchmarks.counts", "tests.hostile", "monitoring.simulate")
ON_A_STAGE = ("tests.benchmarks.stage", "tests.benchmarks.review_page", "tests.e2e.reviews")
ELSEWHERE = ("training",)
# A claim's options that decide what is answered.
OPTIONS = {"monitoring.simulate": " --a-day 100 60"}
CLAIMS = load_claims().values()


def module_of(claim: Claim) -> str:
    """The module that a claim runs; empty for `make` and `scones`, which CI runs anyway."""
    words = shlex.split(claim.command)
    return words[2] if words[1] == "-m" else ""


def numbers(value: Any) -> Iterator[float]:  # JSON values
    if isinstance(value, dict):
        value = [*value.values()]
    if isinstance(value, list):
        for element in value:
            yield from numbers(element)
    elif isinstance(value, int | float):
        yield value


def check(module: str, answer: Any) -> None:
    measured = list(numbers(answer))
    assert measured
    assert all(math.isfinite(number) for number in measured)
    for claim in CLAIMS:
        if module_of(claim) == module:
            resolve(answer, claim.read)


def test_make_bench_answers_what_is_claimed() -> None:
    answers = printed(f"python -m {BENCH} --short --json")
    assert [f"{BENCH}.{name}" for name in answers] == list(TOGETHER)
    for name, answer in answers.items():
        check(f"{BENCH}.{name}", answer)


@pytest.mark.parametrize("module", ALONE)
def test_a_benchmark_answers_what_is_claimed(module: str) -> None:
    check(module, printed(f"python -m {module}{OPTIONS.get(module, '')} --short --json"))


@pytest.mark.e2e
@pytest.mark.parametrize("module", ON_A_STAGE)
def test_a_benchmark_on_a_stage_answers_what_is_claimed(module: str) -> None:
    if module == "tests.benchmarks.review_page" and browser_path() is None:
        pytest.skip(NO_BROWSER)
    check(module, printed(f"python -m {module} --short --json"))


def test_every_claimed_benchmark_runs_here_in_short() -> None:
    run_here = {*TOGETHER, *ALONE, *ON_A_STAGE, *ELSEWHERE}
    assert {module_of(claim) for claim in CLAIMS} - {""} == run_here
