"""Every benchmark and simulation runs in its short mode and prints what the claims read."""

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
ALONE = ("tests.benchmarks.counts", "tests.bursts", "tests.hostile", "monitoring.simulation")
ON_A_STAGE = ("tests.benchmarks.stage", "tests.benchmarks.review_page", "tests.e2e.reviews")
ELSEWHERE = ("training",)
# Options of a claim's command that decide which figures are printed.
OPTIONS = {"monitoring.simulation": " --a-day 100 60"}
CLAIMS = load_claims().values()


def module_of(claim: Claim) -> str:
    """Return the module that a claim runs; empty for `make` and `scones`, which CI runs anyway."""
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


def check(module: str, output: Any) -> None:
    measured = list(numbers(output))
    assert measured
    assert all(math.isfinite(number) for number in measured)
    for claim in CLAIMS:
        if module_of(claim) == module:
            resolve(output, claim.read)


def test_make_bench_prints_the_claimed_figures() -> None:
    outputs = printed(f"python -m {BENCH} --short --json")
    assert [f"{BENCH}.{name}" for name in outputs] == list(TOGETHER)
    for name, output in outputs.items():
        check(f"{BENCH}.{name}", output)


@pytest.mark.parametrize("module", ALONE)
def test_a_benchmark_prints_the_claimed_figures(module: str) -> None:
    check(module, printed(f"python -m {module}{OPTIONS.get(module, '')} --short --json"))


@pytest.mark.e2e
@pytest.mark.parametrize("module", ON_A_STAGE)
def test_a_benchmark_on_a_stage_prints_the_claimed_figures(module: str) -> None:
    if module == "tests.benchmarks.review_page" and browser_path() is None:
        pytest.skip(NO_BROWSER)
    check(module, printed(f"python -m {module} --short --json"))


def test_every_claimed_benchmark_has_a_short_run() -> None:
    run_here = {*TOGETHER, *ALONE, *ON_A_STAGE, *ELSEWHERE}
    assert {module_of(claim) for claim in CLAIMS} - {""} == run_here
