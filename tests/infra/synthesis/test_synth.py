"""Synthesis reuses an assembly whose inputs have not changed, and reports errors clearly."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from infra.config import stage_config
from infra.synthesis import synth
from tests.infra.conftest import ROOT


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The stages of all runs of a fake app, which writes only a manifest."""
    stages: list[str] = []

    def run(_app: str, context: Mapping[str, str], out: Path) -> None:
        stages.append(context["stage"])
        out.mkdir(exist_ok=True)
        (out / "manifest.json").write_text("{}", encoding="utf-8")

    monkeypatch.setattr(synth, "_run_app", run)
    return stages


def test_a_second_synth_reuses_the_assembly(tmp_path: Path, runs: list[str]) -> None:
    for _ in range(2):
        assert synth.synthesize("local", tmp_path / "out") == tmp_path / "out"
    assert runs == ["local"]


def test_changed_settings_are_synthesized_again(tmp_path: Path, runs: list[str]) -> None:
    synth.synthesize("local", tmp_path / "out")
    synth.synthesize("local", tmp_path / "out", overrides={"alarm_email": "ops@example.com"})
    assert len(runs) == 2


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the files on which an assembly depends, without any others."""
    root = tmp_path / "project"
    for name in synth.input_files(stage_config("local", {})):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, root / name)
    monkeypatch.setattr(synth, "ROOT", root)
    return root


@pytest.mark.parametrize(
    "name",
    [
        "cdk.json",
        "handlers/review_page/static/main.js",
        "handlers/workflow/serialize.py",
        "infra/constructs/buckets.py",
        "monitoring/report/checks/drift.py",
        "requirements/local.lock",
        "training/shipped/baseline.json",
        "training/shipped/manifest.json",
    ],
)
def test_a_changed_input_is_synthesized_again(
    tmp_path: Path, runs: list[str], project: Path, name: str
) -> None:
    synth.synthesize("local", tmp_path / "out")
    assert (project / name).is_file()
    with (project / name).open("a", encoding="utf-8") as file:
        file.write(" ")
    synth.synthesize("local", tmp_path / "out")
    assert len(runs) == 2


@pytest.mark.parametrize(
    "importer", ["infra/app.py", "infra/config.py", "handlers/workflow/filter.py"]
)
def test_a_new_module_is_an_input_once_it_is_imported(
    tmp_path: Path, runs: list[str], project: Path, importer: str
) -> None:
    added = project / "infra" / "constants.py"
    added.write_text("ANSWER = 42\n", encoding="utf-8")
    with (project / importer).open("a", encoding="utf-8") as file:
        file.write("from infra import constants\n")
    synth.synthesize("local", tmp_path / "out")
    added.write_text("ANSWER = 43\n", encoding="utf-8")
    synth.synthesize("local", tmp_path / "out")
    assert len(runs) == 2


def test_a_file_that_is_not_an_input_changes_nothing(
    tmp_path: Path, runs: list[str], project: Path
) -> None:
    synth.synthesize("local", tmp_path / "out")
    (project / "infra" / "people.py").write_text("# not imported by the app", encoding="utf-8")
    synth.synthesize("local", tmp_path / "out")
    assert len(runs) == 1


def test_an_import_that_cannot_be_resolved_is_reported(
    tmp_path: Path, runs: list[str], project: Path
) -> None:
    (project / "infra" / "config.py").unlink()
    with pytest.raises(synth.SynthFailed, match=r"infra/\S+:\d+: no module infra\.config"):
        synth.synthesize("local", tmp_path / "out")
    assert runs == []


def test_a_deleted_assembly_is_synthesized_again(tmp_path: Path, runs: list[str]) -> None:
    synth.synthesize("local", tmp_path / "out")
    (tmp_path / "out" / "manifest.json").unlink()
    synth.synthesize("local", tmp_path / "out")
    assert len(runs) == 2


def test_the_error_quotes_the_output_of_a_failed_app(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(synth, "APP", "tests.infra.no_such_app")
    monkeypatch.setattr(synth, "node_environment", dict)
    with pytest.raises(synth.SynthFailed, match=r"No module named tests\.infra\.no_such_app"):
        synth.synthesize("local", tmp_path / "out")
    assert {path.name for path in tmp_path.iterdir()} == {"out.lock"}
