"""`scones report`: the report of the deployed function, made on this machine."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from typer.testing import CliRunner, Result

from infra.cli import app, report
from infra.operations.target import Target
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
def test_the_command_makes_the_functions_report_to_the_byte(stage: Stage, tmp_path: Path) -> None:
    for number in range(3):
        stage.capture(stage.photo(number))
    stage.call(EVENT)
    published = stage.files()
    result = call("--from", "2026-11-21", "--as-of", AS_OF, "--out", str(tmp_path))
    assert result.exit_code == 0
    assert result.stdout.startswith("WATCH: Models without a baseline")
    folder = "reports/test/2026-11-21/day/"
    for name in FILES:
        assert (tmp_path / folder / name).read_bytes() == published[f"{folder}{name}"], name
    assert stage.files() == published  # the command published nothing


@pytest.mark.usefixtures("_running")
def test_the_json_document_names_verdict_and_files(tmp_path: Path) -> None:
    result = call("--from", "today", "--json", "--out", str(tmp_path))
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert document["verdict"] == "NOT ENOUGH DATA"
    assert {Path(file).name for file in document["files"]} >= FILES
    assert all(Path(file).is_file() for file in document["files"])


@pytest.mark.usefixtures("_running")
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--from", "soon"), "2026-11-21T00:00:00Z"),
        (("--to", "2026-11-21"), "needs a `from`"),
        (("--from", "2026-11-21", "--to", "2026-11-20"), "1 second to 31 days"),
        (("--from", "2026-01-01", "--to", "2026-11-20"), "1 second to 31 days"),
        (("--as-of", "yesterday"), "2026-11-21T00:00:00Z"),
        (("--demo-day", "--from", "2026-11-21"), "neither a time nor a stack"),
    ],
)
def test_a_window_that_cannot_be_reported_is_refused_with_a_sentence(
    arguments: tuple[str, ...], sentence: str, tmp_path: Path
) -> None:
    refused = call(*arguments, "--out", str(tmp_path))
    assert refused.exit_code == 2
    assert sentence in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_stage_from_before_the_report_must_be_deployed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = cast("boto3.Session", Session({}))
    old = Target(session=session, outputs={"PhotosTable": "photos"}, stage="test")
    monkeypatch.setattr(report, "target", lambda _stack: old)
    refused = call("--from", "2026-11-21", "--out", str(tmp_path))
    assert refused.exit_code == 2
    assert "ReportFunction: deploy it again" in refused.stderr


@pytest.mark.usefixtures("_running")
def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    file = tmp_path / "a-file"
    file.write_text("x", encoding="utf-8")
    refused = call("--from", "2026-11-21", "--out", str(file))
    assert refused.exit_code == 2
    assert "a-file" in refused.stderr


def test_the_demo_day_needs_no_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCONES_UP_DIR", str(tmp_path / "nothing"))
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    result = call("--demo-day", "--open", "--out", str(tmp_path))
    assert result.exit_code == 0
    assert result.stdout.startswith("ACT: ")
    page = tmp_path / "demo-day" / "report.html"
    assert opened == [page.resolve().as_uri()]
    assert "Sharpness" in page.read_text(encoding="utf-8")
