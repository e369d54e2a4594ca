"""When a load test uploads its photos, and what its report shows."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from infra import cli
from infra.cli import demo
from infra.cli.errors import CANNOT_RUN, NOT_CONSERVED
from infra.demo.load_test_report import LoadSample, LoadTestReport, Plan, percentile
from infra.demo.rendering import load_test_document, show_load_test
from infra.local.errors import ProcessFailed
from infra.operations.outcomes import Outcome
from infra.operations.upload import SubmittedUpload
from monitoring.reconciliation.checker import ConservationResult, Violation

LOST = Violation(rule="lost", photo_id="b" * 64, detail="'intake/d/x' is in the bucket")


def a_report(*seconds: float, violations: tuple[Violation, ...] = ()) -> LoadTestReport:
    ends = dict.fromkeys(("in_review", "rejected", "failed", "in_flight", "lost"), 0)
    return LoadTestReport(
        plan=Plan(per_second=10, minutes=1),
        outcomes=tuple(an_outcome(duration) for duration in seconds),
        samples=(LoadSample(seconds=2.0, uploaded=20, in_flight=3, queues={"Review": 7}),),
        conservation=ConservationResult(
            totals={"received": len(seconds), "assigned": len(seconds), **ends},
            violations=violations,
        ),
        behind_s=0.0,
        seconds=60.0,
        peak_memory_mb=500.0,
    )


def an_outcome(seconds: float) -> Outcome:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    upload = SubmittedUpload(
        path=Path("a.jpg"), photo_id="a" * 64, key="intake/d/u", uploaded_at=moment
    )
    return Outcome(
        upload=upload,
        outcome="assigned",
        vehicle="bicycle",
        confidence=0.99,
        reason=None,
        seconds=seconds,
    )


def test_a_steady_plan_is_even() -> None:
    plan = Plan(per_second=2, minutes=0.05)
    assert plan.photos == 6
    assert list(plan.due()) == [0, 0.5, 1, 1.5, 2, 2.5]


def test_a_burst_is_due_at_once_and_keeps_the_rate() -> None:
    plan = Plan(per_second=2, minutes=0.05, burst=4)
    assert list(plan.due()) == [0, 0, 0, 0, 2, 2]


def test_a_plan_has_at_least_one_photo() -> None:
    assert list(Plan(per_second=0.01, minutes=0.01).due()) == [0]


@pytest.mark.parametrize(
    ("rank", "expected"), [(0, 1), (1, 1), (50, 50), (95, 95), (99, 99), (100, 100)]
)
def test_percentiles_are_values_that_occurred(rank: float, expected: float) -> None:
    assert percentile([float(value) for value in range(1, 101)], rank) == expected
    assert percentile([7.0], rank) == 7.0


def test_the_document_has_latencies_and_the_timeline() -> None:
    document = json.loads(json.dumps(load_test_document(a_report(0.3, 0.1, 0.2))))
    assert document["latency_seconds"] == {"p50": 0.2, "p95": 0.3, "p99": 0.3, "max": 0.3}
    assert document["timeline"] == [
        {"seconds": 2.0, "uploaded": 20, "in_flight": 3, "queues": {"Review": 7}}
    ]
    assert document["plan"]["photos"] == 600
    assert document["conserved"] is True


def test_a_person_sees_load_latency_and_conservation() -> None:
    console = Console(file=io.StringIO(), width=120)
    show_load_test(a_report(0.25, violations=(LOST,)), console)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert "p50 0.25 s" in text
    assert "Review" in text
    assert "NOT conserved: 1 violation(s)" in text
    assert "'intake/d/x' is in the bucket" in text


@pytest.mark.parametrize(
    ("run_result", "code"),
    [
        (a_report(0.1), 0),
        (a_report(0.1, violations=(LOST,)), NOT_CONSERVED),
        (ProcessFailed("emulator", "died", ""), CANNOT_RUN),
    ],
)
def test_a_rate_turns_the_demo_into_a_load_test(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    run_result: LoadTestReport | ProcessFailed,
    code: int,
) -> None:
    plans: list[Plan] = []

    def run(_files: object, plan: Plan, **_: object) -> LoadTestReport:
        plans.append(plan)
        if isinstance(run_result, ProcessFailed):
            raise run_result
        return run_result

    (tmp_path / "a.jpg").write_bytes(b"x")
    monkeypatch.setattr(demo, "run_load_test", run)
    words = ["demo", "--json", "--photos-per-second", "3", "--minutes", "2", "--burst", "5"]
    result = CliRunner().invoke(cli.app, [*words, str(tmp_path)])
    assert result.exit_code == code, result.output
    assert plans == [Plan(per_second=3, minutes=2, burst=5)]


@pytest.mark.parametrize("rate", ["0", "-1", "nan", "fast"])
def test_impossible_rates_are_refused(rate: str) -> None:
    result = CliRunner().invoke(cli.app, ["demo", "--photos-per-second", rate])
    assert result.exit_code == CANNOT_RUN
