"""`scones report`: the function's own report, made on this machine."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from typer.testing import CliRunner, Result

from infra.cli import app, report
from infra.cli.target import Target
from tests.monitoring.conftest import AS_OF, EVENT, Stage
from tests.monitoring.session import Session

if TYPE_CHECKING:
    import boto3

FILES = {"report.html", "report.json", "photos.csv", "labelled.csv", "statistics.json"}


@pytest.fixture
def _running(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    system = Target(
        session=cast("boto3.Session", Session(stage.environment)),
        outputs={"ReportFunction": "report"},
        stage="test",
    )
    monkeypatch.setattr(report, "target", lambda _stack: system)


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["report", *arguments])


@pytest.mark.usefixtures("_running")
def test_it_is_the_functions_report_to_the_byte(stage: Stage, tmp_path: Path) -> None:
    for number in range(3):
        stage.capture(stage.photo(number))
    stage.call(EVENT)
    published = stage.files()
    made = call("--from", "2026-11-21", "--as-of", AS_OF, "--out", str(tmp_path))
    assert made.exit_code == 0
    assert made.stdout.startswith("WATCH: Models without a baseline")
    folder = "reports/test/2026-11-21/day/"
    for name in FILES:
        assert (tmp_path / folder / name).read_bytes() == published[f"{folder}{name}"], name
    assert stage.files() == published  # nothing was published anew


@pytest.mark.usefixtures("_running")
def test_a_program_can_read_what_was_made(tmp_path: Path) -> None:
    made = call("--from", "today", "--json", "--out", str(tmp_path))
    assert made.exit_code == 0
    document = json.loads(made.stdout)
    assert document["verdict"] == "NOT ENOUGH DATA"
    assert {Path(file).name for file in document["files"]} >= FILES
    assert all(Path(file).is_file() for file in document["files"])


@pytest.mark.usefixtures("_running")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "soon"), "2026-11-21T00:00:00Z"),
        (("--to", "2026-11-21"), "needs a `from`"),
        (("--from", "2026-11-21", "--to", "2026-11-20"), "1 second to 31 days"),
        (("--from", "2026-01-01", "--to", "2026-11-20"), "1 second to 31 days"),
        (("--as-of", "yesterday"), "2026-11-21T00:00:00Z"),
        (("--demo-day", "--from", "2026-11-21"), "it takes no time"),
    ],
)
def test_what_cannot_be_reported_is_refused_in_words(
    arguments: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    refused = call(*arguments, "--out", str(tmp_path))
    assert refused.exit_code == 2
    assert said in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_stage_from_before_the_report_is_said_to_be_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = cast("boto3.Session", Session({}))
    old = Target(session=session, outputs={"PhotosTable": "photos"}, stage="test")
    monkeypatch.setattr(report, "target", lambda _stack: old)
    refused = call("--from", "2026-11-21", "--out", str(tmp_path))
    assert refused.exit_code == 2
    assert "deploy it anew" in refused.stderr


@pytest.mark.usefixtures("_running")
def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    file = tmp_path / "a-file"
    file.write_text("x", encoding="utf-8")
    refused = call("--from", "2026-11-21", "--out", str(file))
    assert refused.exit_code == 2
    assert "a-file" in refused.stderr


def test_a_demonstration_needs_no_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCONES_UP_DIR", str(tmp_path / "nothing"))
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    made = call("--demo-day", "--open", "--out", str(tmp_path))
    assert made.exit_code == 0
    assert made.stdout.startswith("ACT: ")
    page = tmp_path / "demo-day" / "report.html"
    assert opened == [page.resolve().as_uri()]
    assert "Sharpness" in page.read_text(encoding="utf-8")
