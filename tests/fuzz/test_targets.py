"""A short form of `make fuzz` without coverage guidance, in every run of the tests."""

import random
import re

import pytest

from tests.conftest import ROOT
from tests.fuzz.__main__ import _TARGETS
from tests.fuzz.targets import TARGETS

_MUTANTS = 40  # of a target
_JUNK = (b"", b"\0", b"\xff" * 8, b"[" * 3_000, b'"', b"-1", b"1e999", b"null", b"\xed\xa0\x80")


def mutant(seed: bytes, chance: random.Random) -> bytes:
    """Return the input with a few places replaced, repeated or cut out."""
    for _ in range(chance.choice((1, 1, 2, 5))):
        start = chance.randrange(len(seed) + 1)
        end = min(len(seed), start + chance.choice((0, 1, 4, 30)))
        junk = chance.choice((*_JUNK, chance.randbytes(4), seed[start:end] * 2))
        seed = seed[:start] + junk + seed[end:]
    return seed


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_and_mutants_are_read_or_refused(name: str) -> None:
    target, chance = TARGETS[name], random.Random(7)  # noqa: S311 - a choice of inputs
    seeds = list(target.seeds())
    for seed in seeds:
        target.run(seed)
    for _ in range(_MUTANTS):
        target.run(mutant(chance.choice(seeds), chance))


def test_a_fault_of_a_reader_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_data: bytes) -> None:
        raise IndexError

    monkeypatch.setattr("tests.fuzz.targets.LabelRecord.from_line", broken)
    with pytest.raises(IndexError):
        TARGETS["label"].run(b"{}")


def test_the_command_runs_every_target() -> None:
    assert set(_TARGETS) == set(TARGETS)


def test_findings_are_not_in_the_repository() -> None:
    names = re.compile(r"(crash|timeout|oom|leak|slow-unit)-[0-9a-f]{40}")
    folders = ("handlers", "infra", "monitoring", "training", "tests", "docs")
    files = [file for folder in folders for file in (ROOT / folder).rglob("*")]
    assert [file for file in files if names.fullmatch(file.name)] == []
