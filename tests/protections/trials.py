"""One trial: a protection is removed in a copy of the tree, and its tests have to fail."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Self

from tests.conftest import ROOT
from tests.protections.catalogue import Protection

_FOLDERS = (
    "docs",
    "handlers",
    "infra",
    "monitoring",
    "requirements",
    "stages",
    "tests",
    "training",
)
_FILES = (
    "Makefile",
    "README.md",
    "cdk.json",
    "package.json",
    "package-lock.json",
    "pyproject.toml",
)

# Tests that compare with a stored text fail at any change: they say nothing about what is lost.
TESTS_OF_TEXTS = (
    "tests/benchmarks/test_claims.py",
    "tests/infra/stacks/test_snapshots.py",
    "tests/infra/test_documents.py",
    "tests/infra/state_machine/test_definition.py::test_the_definition_is_the_one_in_the_snapshot",
    "tests/test_architecture.py",
    "tests/test_docs.py",
    "tests/test_docs_paths.py",
    "tests/test_vocabulary.py",
    "tests/workflow/test_documented_execution.py",
    "tests/protections/",
)
_BATCH = 25  # tests of one run, which has a time limit
_ASSERTIONS = frozenset({"AssertionError", "Failed"})  # Failed: an expected error was not raised

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialResult:
    """What the tests of a protection did without it."""

    errors: dict[str, str]  # test → name of the error that it failed with
    complaints: tuple[str, ...]  # why this proves nothing; empty if every test failed as it should
    cpu_s: float  # of the run, in seconds


class Tree:
    """A copy of the tree, in which one file at a time is changed, and pytest beside it."""

    def __init__(self, folder: Path) -> None:
        self._root = folder
        for name in _FOLDERS:
            shutil.copytree(ROOT / name, folder / name)
        for name in _FILES:
            shutil.copy2(ROOT / name, folder / name)
        self._changes = 0
        environment = {name: text for name, text in os.environ.items() if "PYTEST" not in name}
        environment["SCONES_SHARED"] = str(ROOT.parent / "shared")
        environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # their imports take seconds
        self._server = subprocess.Popen(
            # Warnings are for the tests' own run: a trial asks only whether they fail.
            [sys.executable, "-W", "ignore", "-m", "tests.protections.fork_server"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for stream in (self._server.stdin, self._server.stdout):
            _open(stream).close()
        self._server.wait()

    def run(self, arguments: Sequence[str]) -> Json:
        """Run pytest; return one record for each test (None if it was killed), and the CPU time."""
        requests = _open(self._server.stdin)
        requests.write(json.dumps(list(arguments)) + "\n")
        requests.flush()
        answer: Json = json.loads(_open(self._server.stdout).readline())
        return answer

    @contextmanager
    def without(self, protection: Protection) -> Iterator[None]:
        """Remove the protection for a while.

        Each content of the file has a modification time of its own: Python tells by it whether a
        compiled module is of this content.
        """
        original, changed = ROOT / protection.file, self._root / protection.file
        self._changes += 1
        text = protection.without(original.read_text(encoding="utf-8"))
        changed.write_text(text, encoding="utf-8")
        modified_at = original.stat().st_mtime + self._changes
        os.utime(changed, (modified_at, modified_at))
        try:
            yield
        finally:
            shutil.copy2(original, changed)

    def trial(self, protection: Protection) -> TrialResult:
        """Remove the protection and run its tests."""
        with self.without(protection):
            answer = self.run(protection.tests)
        if answer["records"] is None:
            return TrialResult(errors={}, complaints=("killed",), cpu_s=answer["cpu_s"])
        errors: dict[str, str] = {}
        complaints: list[str] = []
        for record in answer["records"]:
            if record["outcome"] != "failed":
                continue
            if _is_right(record, protection):
                errors.setdefault(_named_by(record["test"], protection), record["error"])
            else:
                facts = ("test", "phase", "error", "message")
                complaints.append(", ".join(record[fact] for fact in facts))
        complaints += [f"{test} does not fail" for test in protection.tests if test not in errors]
        return TrialResult(errors=errors, complaints=tuple(complaints), cpu_s=answer["cpu_s"])

    def failing(self, tests: Collection[str]) -> list[str]:
        """Return those of the tests that do not pass in the unchanged tree."""
        named = sorted(tests)
        batches = [named[start : start + _BATCH] for start in range(0, len(named), _BATCH)]
        records = [record for batch in batches for record in self.run(batch)["records"] or ()]
        passed = {record["test"] for record in records if record["outcome"] == "passed"}
        failed = {record["test"] for record in records if record["outcome"] != "passed"}
        return [
            test
            for test in tests
            if not any(_is_of(name, test) for name in passed)
            or any(_is_of(name, test) for name in failed)
        ]


def is_of_texts(test: str) -> bool:
    """Whether a test compares with a stored text."""
    return test.startswith(TESTS_OF_TEXTS)


def _is_right(record: Json, protection: Protection) -> bool:
    error = record["error"]
    return record["phase"] == "call" and (
        error in _ASSERTIONS or record["is_ours"] or error in protection.errors
    )


def _named_by(test: str, protection: Protection) -> str:
    return next((name for name in protection.tests if _is_of(test, name)), test)


def _is_of(test: str, name: str) -> bool:
    """Whether a test is the named one, or one of its parametrizations."""
    return test == name or test.startswith((f"{name}[", f"{name}::"))


def _open(stream: IO[str] | None) -> IO[str]:
    if stream is None:
        raise ValueError("the stream is not a pipe")
    return stream
