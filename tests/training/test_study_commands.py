"""The command lines of the studies, as far as they work without torch."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from training.__main__ import app
from training.cli.studies import _print
from training.config import TrainConfig
from training.serving.predictor import Predictor
from training.studies.speed import measure
from training.studies.spread import SeedSpread


def test_speed_of_the_served_file_is_measured(shipped: Path) -> None:
    assert measure(Predictor.load(shipped), TrainConfig(), rounds=3).served > 0


def test_speed_as_json_holds_both_and_their_ratio() -> None:
    result = CliRunner().invoke(app, ["speed", "--rounds", "1", "--json"])
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    torch_ms = document["torch_ms"]
    assert document["ratio"] == (None if torch_ms is None else document["served_ms"] / torch_ms)


def test_spreads_as_json_have_no_deviation_of_one_seed(capsys: pytest.CaptureFixture[str]) -> None:
    spreads = {"three": SeedSpread(values=(0.94, 0.95, 0.96)), "one": SeedSpread(values=(0.9,))}
    _print(spreads, "forced choice", as_json=True)
    wire = json.loads(capsys.readouterr().out)
    assert wire["three"] == {"mean": pytest.approx(0.95), "deviation": pytest.approx(0.01)}
    assert wire["one"] == {"mean": 0.9, "deviation": None}
