"""Synthesis does nothing where nothing has changed, and says plainly what went wrong."""

from pathlib import Path

import pytest

from infra import synth
from infra.function_specs import FUNCTIONS
from tests.infra.conftest import ROOT


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Stands for the app: notes each run, and leaves what a run leaves."""
    noted: list[str] = []

    def run(stage: str, _overrides: object, out: Path) -> None:
        noted.append(stage)
        out.mkdir(exist_ok=True)
        (out / "manifest.json").write_text("{}", encoding="utf-8")

    monkeypatch.setattr(synth, "_run_app", run)
    return noted


def test_the_second_synth_does_nothing(tmp_path: Path, runs: list[str]) -> None:
    for _ in range(2):
        assert synth.synthesize("local", tmp_path / "out") == tmp_path / "out"
    assert runs == ["local"]


def test_other_settings_are_synthesized_anew(tmp_path: Path, runs: list[str]) -> None:
    synth.synthesize("local", tmp_path / "out")
    synth.synthesize("local", tmp_path / "out", overrides={"alarm_email": "ops@example.com"})
    assert len(runs) == 2


def test_a_changed_source_is_synthesized_anew(
    tmp_path: Path, runs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "handlers" / "entry.py"
    source.parent.mkdir()
    source.write_text("ANSWER = 42\n", encoding="utf-8")
    monkeypatch.setattr(synth, "ROOT", tmp_path)
    synth.synthesize("local", tmp_path / "out")
    source.write_text("ANSWER = 43\n", encoding="utf-8")
    synth.synthesize("local", tmp_path / "out")
    assert len(runs) == 2


def test_an_assembly_that_somebody_deleted_is_made_again(tmp_path: Path, runs: list[str]) -> None:
    synth.synthesize("local", tmp_path / "out")
    (tmp_path / "out" / "manifest.json").unlink()
    synth.synthesize("local", tmp_path / "out")
    assert len(runs) == 2


def test_the_assemblys_inputs_are_where_the_sources_are() -> None:
    """A pattern that finds nothing would let a stale assembly stand."""
    for pattern in synth.SOURCES:
        assert list(ROOT.glob(pattern)), pattern


def test_whatever_is_packed_is_an_input() -> None:
    """Otherwise a changed page, say, would not be deployed."""
    inputs = {path for pattern in synth.SOURCES for path in ROOT.glob(pattern)}
    packed = {ROOT / name for function in FUNCTIONS for name in function.sources}
    assert packed <= inputs


def test_an_app_that_fails_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synth, "APP", "tests.infra.no_such_app")
    monkeypatch.setattr(synth, "node_environment", dict)
    with pytest.raises(synth.SynthFailed, match=r"No module named tests\.infra\.no_such_app"):
        synth.synthesize("local", tmp_path / "out")
    assert {path.name for path in tmp_path.iterdir()} == {"out.lock"}
