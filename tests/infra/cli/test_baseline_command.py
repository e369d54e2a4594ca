"""`scones baseline`: make, list and remove the baseline of a quiet window."""

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest
from typer.testing import CliRunner, Result

from infra.cli import app
from infra.cli import baseline as command
from infra.operations.target import Target
from monitoring.report import HistoryRow
from monitoring.report.baseline import Baseline
from tests.monitoring.conftest import DAY, EVENT, Stage
from tests.monitoring.session import Session

if TYPE_CHECKING:
    import boto3

KEPT = "baselines/observed/m1.json"
ENOUGH = 60  # of test photos; 500 would take seconds to write
OF_THE_DAY = ("--from", "2026-11-21", "--to", "2026-11-21")


@pytest.fixture
def running(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    system = Target(
        session=cast("boto3.Session", Session(stage.environment)),
        outputs={"ReportFunction": "report"},
        stage="test",
    )
    monkeypatch.setattr(command, "target", lambda _stack: system)
    return stage


@pytest.fixture
def busy(running: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A day with as many photos as a baseline needs."""
    monkeypatch.setattr("monitoring.report.observed_baseline.LEAST", ENOUGH)
    for number in range(ENOUGH):
        running.photo(number)
    return running


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["baseline", *arguments])


def document(result: Result) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(result.stdout)
    return parsed


def test_a_quiet_day_becomes_what_reports_compare_with(busy: Stage) -> None:
    result = call(*OF_THE_DAY)
    assert result.exit_code == 0
    assert f"m1: 2026-11-21 to 2026-11-21, {ENOUGH} photos" in result.stdout
    assert "5,000 make them tight" in result.stdout
    assert KEPT in result.stdout
    stored = Baseline.from_json(busy.files()[KEPT])
    assert (stored.n, stored.predicted, stored.threshold) == (
        ENOUGH,
        {"car": ENOUGH, "van": 0},
        0.9,
    )
    busy.call(EVENT)
    (model,) = busy.document()["models"]
    assert (model["baseline"]["n"], model["baseline"]["mix"]) == (ENOUGH, ["window"])


def test_a_dry_run_shows_the_baseline_and_keeps_nothing(busy: Stage) -> None:
    result = call(*OF_THE_DAY, "--dry-run", "--json")
    assert result.exit_code == 0
    proposed = document(result)
    assert (proposed["n"], proposed["kept"], proposed["observed"]) == (ENOUGH, False, True)
    assert proposed["medians"] == {"brightness": 0.5, "confidence": 0.97}
    assert (proposed["review_rate"], proposed["instead_of"]) == (0.0, None)
    assert busy.files() == {}


def test_days_with_the_report_verdict_act_are_a_warning(busy: Stage) -> None:
    row = HistoryRow(
        start=DAY.isoformat(),
        end=(DAY + timedelta(days=1)).isoformat(),
        verdict="ACT",
        n=ENOUGH,
        watched={"brightness@m1": -1},
        figures={},
    )
    key = "history/test/20261122T000000Z-20261121T000000Z.json"
    busy.s3.put_object(Bucket="reports", Key=key, Body=row.to_json().encode())
    result = call(*OF_THE_DAY)
    assert result.exit_code == 0
    assert "warning: 1 of 1 reported window(s) in it had the verdict ACT" in result.stdout
    assert "(brightness)" in result.stdout


def test_a_baseline_is_listed_and_forgotten(running: Stage) -> None:
    assert "scones baseline --from DAY" in call().stdout
    baseline = Baseline(
        model_version="m1",
        n=700,
        threshold=0.9,
        predicted={},
        assigned=1,
        review=1,
        values={},
        mix=("window",),
        observed_from="2026-11-01",
        observed_to="2026-11-07",
    )
    running.s3.put_object(Bucket="reports", Key=KEPT, Body=baseline.to_json().encode())
    assert call().stdout == "m1: 2026-11-01 to 2026-11-07, 700 photos\n"
    assert call("--forget", "--model", "m2").exit_code == 2
    assert KEPT in running.files()
    assert document(call("--forget", "--json")) == {"forgotten": "m1"}
    assert running.files() == {}
    assert "Observed: none" in call("--forget").stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (OF_THE_DAY, "3 photos of the window were classified by model m1"),
        ((*OF_THE_DAY, "--model", "m0"), "0 photos of the window were classified by model m0"),
        (("--from", "2150-01-01"), "a baseline needs days that are over"),
        (("--from", "soon"), "2026-11-21T00:00:00Z"),
    ],
)
def test_a_window_that_cannot_be_a_baseline_is_refused_with_a_sentence(
    running: Stage, arguments: tuple[str, ...], sentence: str
) -> None:
    for number in range(3):
        running.photo(number)
    refused = call(*arguments)
    assert refused.exit_code == 2
    assert sentence in refused.stderr
    assert running.files() == {}


@pytest.mark.usefixtures("running")
def test_options_that_contradict_each_other_are_wrong_input() -> None:
    assert call("--forget", *OF_THE_DAY).exit_code == 2
    assert call("--forget", "--dry-run").exit_code == 2
    assert call("--to", "2026-11-21").exit_code == 2
    assert call("--dry-run").exit_code == 2
