"""Runs pytest in forks of one process, which has imported what nearly all tests need.

Usage: `python -m tests.protections.fork_server`, in the root of a copy of the tree. A line of
standard input is a list of pytest's arguments, in JSON; the answer is one line with the outcomes of
the tests. Nothing of the project is imported before the fork, so a changed file counts at once.
"""

import importlib
import json
import os
import signal
import sys
from typing import Any, TextIO

import pytest

LONGEST_S = 120  # of one run; then it is killed
_IMPORTED = (
    *("boto3", "botocore.client", "botocore.signers", "moto", "moto.dynamodb.models"),
    *("moto.s3.models", "moto.sqs.models", "hypothesis", "msgspec", "PIL.Image", "jinja2"),
    *("aws_lambda_powertools", "aws_lambda_powertools.utilities.idempotency", "numpy", "typer"),
)
_OURS = ("handlers.", "infra.", "monitoring.", "training.")

Json = dict[str, Any]


class _Outcomes:
    """Collects one record for each test, and for each file that cannot be collected."""

    def __init__(self) -> None:
        self.records: list[Json] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        report = yield
        if report.failed or report.when == "call" or report.skipped:
            error = call.excinfo.value if call.excinfo is not None else None
            self.records.append(
                {
                    "test": item.nodeid,
                    "outcome": report.outcome,
                    "phase": report.when,
                    "error": type(error).__name__ if error is not None else "",
                    "is_ours": type(error).__module__.startswith(_OURS),
                    "message": str(error)[:300] if error is not None else "",
                    "seconds": call.duration,
                }
            )
        return report

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.records.append(
                {
                    "test": report.nodeid,
                    "outcome": "failed",
                    "phase": "collect",
                    "error": "CollectionError",
                    "is_ours": False,
                    "message": str(report.longrepr)[-300:],
                    "seconds": 0.0,
                }
            )


def main() -> None:
    """Answer every line of standard input."""
    for name in _IMPORTED:
        importlib.import_module(name)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_in_fork(json.loads(line))) + "\n")
        sys.stdout.flush()


def _in_fork(arguments: list[str]) -> Json:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _run(arguments, os.fdopen(writer, "w", encoding="utf-8"))
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as file:
        text = file.read()
    _, _, usage = os.wait4(child, 0)
    cpu_s = round(usage.ru_utime + usage.ru_stime, 1)
    return {"records": json.loads(text) if text else None, "cpu_s": cpu_s}


def _run(arguments: list[str], answer: TextIO) -> None:
    """Run pytest and end the process."""
    try:
        signal.alarm(LONGEST_S)
        quiet = os.open(os.devnull, os.O_RDWR)
        for descriptor in range(3):
            os.dup2(quiet, descriptor)
        outcomes = _Outcomes()
        pytest.main(
            ["-q", "-p", "pytest_socket", "-p", "no:cacheprovider", *arguments],
            plugins=[outcomes],
        )
        answer.write(json.dumps(outcomes.records))
        answer.close()
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
