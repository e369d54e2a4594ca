"""`scones demo`: its files, its output and its exit codes, around a run that is stubbed."""

import io
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest
from moto import mock_aws
from rich.console import Console
from typer.testing import CliRunner

from handlers.domain.photo.wire_image import Prepared, Refusal, prepare
from infra import cli
from infra.cli import demo
from infra.cli.errors import CANNOT_RUN, INTERRUPTED, NOT_CONSERVED
from infra.demo.download_captures import Captures
from infra.demo.rendering import demo_document, show_demo
from infra.demo.runner import DemoReport
from infra.demo.samples import draw_samples
from infra.local.errors import ProcessFailed
from infra.operations.errors import NoPhotos
from infra.operations.outcomes import Outcome
from infra.operations.target import Target
from infra.operations.upload import SubmittedUpload, files_in, upload_all
from infra.synthesis.node import NodeMissing
from monitoring.reconciliation.checker import ConservationResult, Violation


def an_outcome(path: Path, outcome: str = "assigned", reason: str | None = None) -> Outcome:
    upload = SubmittedUpload(
        path=path, photo_id="a" * 64, key="intake/d/u", uploaded_at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    assigned = outcome == "assigned"
    return Outcome(
        upload=upload,
        outcome=outcome,
        vehicle="bicycle" if assigned else None,
        confidence=0.9912 if assigned else None,
        reason=reason,
        seconds=0.52,
    )


def a_report(root: Path, *outcomes: Outcome, violations: tuple[Violation, ...] = ()) -> DemoReport:
    ends = dict.fromkeys(("assigned", "in_review", "rejected", "failed"), 0)
    for outcome in outcomes:
        ends[outcome.outcome] += 1
    return DemoReport(
        root=root,
        outcomes=outcomes,
        conservation=ConservationResult(
            totals={"received": len(outcomes), **ends, "in_flight": 0, "lost": 0},
            violations=violations,
        ),
        captures=Captures(location="s3://captures/", folder=root / "copies", files=1, records=1),
        seconds=2.0,
        peak_memory_mb=500.0,
    )


def shown(report: DemoReport) -> str:
    console = Console(file=io.StringIO(), width=120)
    show_demo(report, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


LOST = Violation(rule="lost", photo_id="b" * 64, detail="'intake/d/x' is in the bucket")


def test_the_document_has_what_scripts_read(tmp_path: Path) -> None:
    report = a_report(
        tmp_path,
        an_outcome(tmp_path / "deep" / "a.jpg"),
        an_outcome(tmp_path / "b.txt", "rejected", "not_a_photo"),
    )
    document = demo_document(report)
    assert document["photos"] == [
        {
            "path": "deep/a.jpg",
            "photo_id": "a" * 64,
            "outcome": "assigned",
            "vehicle": "bicycle",
            "confidence": 0.9912,
            "reason": None,
            "seconds": 0.52,
        },
        {
            "path": "b.txt",
            "photo_id": "a" * 64,
            "outcome": "rejected",
            "vehicle": None,
            "confidence": None,
            "reason": "not_a_photo",
            "seconds": 0.52,
        },
    ]
    assert document["totals"] == {"photos": 2, "assigned": 1, "rejected": 1}
    assert document["conserved"] is True


def test_a_person_sees_a_row_a_photo_and_the_totals(tmp_path: Path) -> None:
    text = shown(a_report(tmp_path, an_outcome(tmp_path / "a.jpg")))
    assert "a.jpg" in text
    assert "0.991" in text
    assert "1 assigned" in text
    assert "Conserved: every photo" in text
    assert "s3://captures/" in text


def test_a_violation_is_shown_in_full(tmp_path: Path) -> None:
    text = shown(a_report(tmp_path, an_outcome(tmp_path / "a.jpg"), violations=(LOST,)))
    assert "NOT conserved: 1 violation(s)" in text
    assert "lost: 'intake/d/x' is in the bucket" in text


def test_a_hostile_file_name_is_shown_as_text(tmp_path: Path) -> None:
    text = shown(a_report(tmp_path, an_outcome(tmp_path / "[red]x\x1b[31m\n\udcff.jpg")))
    assert r"[red]x\x1b[31m\n\udcff.jpg" in text
    assert "\x1b" not in text


def returning(result: DemoReport | BaseException) -> Callable[..., DemoReport]:
    def run(*_: object, **__: object) -> DemoReport:
        if isinstance(result, BaseException):
            raise result
        return result

    return run


@pytest.mark.parametrize(
    ("run_result", "code"),
    [
        (None, 0),
        (LOST, NOT_CONSERVED),
        (ProcessFailed("emulator", "died", "tail of its log"), CANNOT_RUN),
        (NodeMissing("no Node"), CANNOT_RUN),
        (KeyboardInterrupt(), INTERRUPTED),
    ],
)
def test_the_exit_code_shows_the_result(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, run_result: object, code: int
) -> None:
    (tmp_path / "a.jpg").write_bytes(b"x")
    if not isinstance(run_result, BaseException):
        violations = (run_result,) if isinstance(run_result, Violation) else ()
        run_result = a_report(tmp_path, an_outcome(tmp_path / "a.jpg"), violations=violations)
    monkeypatch.setattr(demo, "run_demo", returning(run_result))
    result = CliRunner().invoke(cli.app, ["demo", "--json", str(tmp_path)])
    assert result.exit_code == code, result.output
    if isinstance(run_result, DemoReport):
        assert json.loads(result.stdout)["conserved"] is (code == 0)
    else:
        assert result.stderr.startswith("scones: ") or "\nscones: " in result.stderr


def test_no_photos_is_one_clear_line(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "nowhere"):
        result = CliRunner().invoke(cli.app, ["demo", str(place)])
        assert result.exit_code == CANNOT_RUN
        assert str(place) in result.stderr


def test_every_file_below_a_folder_is_uploaded_once(tmp_path: Path) -> None:
    for name in ("b.jpg", "deep/er/a.JPG", ".hidden", "no extension"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "round").symlink_to(tmp_path)
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    assert {path.name for path in files_in(tmp_path)} == {
        "b.jpg",
        "a.JPG",
        ".hidden",
        "no extension",
    }
    assert files_in(tmp_path / "b.jpg") == (tmp_path / "b.jpg",)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable for root")
def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(b"x")
    secret.chmod(0)
    with pytest.raises(NoPhotos, match=r"secret\.jpg"):
        files_in(tmp_path)


@mock_aws
def test_each_file_becomes_a_photo_of_a_separate_driver(tmp_path: Path) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="intake")
    s3.put_bucket_versioning(Bucket="intake", VersioningConfiguration={"Status": "Enabled"})
    files = [tmp_path / name for name in ("one.JPG", "two", "three.not an extension")]
    for file in files:
        file.write_bytes(b"x")
    target = Target(session=boto3.Session(), outputs={"IntakeBucket": "intake"}, stage="test")
    uploads = list(upload_all(target, files))
    assert [upload.key for upload in uploads] == [
        "intake/demo-00001/00001.jpg",
        "intake/demo-00002/00002",
        "intake/demo-00003/00003",
    ]
    assert len({upload.photo_id for upload in uploads}) == 3


def test_the_drawn_samples_have_every_kind_of_result(tmp_path: Path) -> None:
    draw_samples(tmp_path)
    files = files_in(tmp_path)
    assert len(files) == 40
    results = [prepare(file.read_bytes()) for file in files]
    readable = [result for result in results if isinstance(result, Prepared)]
    refusals = {result.reason for result in results if isinstance(result, Refusal)}
    poor = [prepared for prepared in readable if prepared.quality.defects()]
    assert refusals == {"corrupt", "empty", "not_a_photo", "too_large"}
    assert 0 < len(poor) < len(readable)
