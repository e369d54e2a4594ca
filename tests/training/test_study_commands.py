"""The studies' command lines, where torch is not needed."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from training.__main__ import app
from training.serving.predictor import Predictor
from training.settings import TrainConfig
from training.speed import measure
from training.spread import Spread
from training.study_commands import _print


def test_speed_of_the_served_file_is_measured(shipped: Path) -> None:
    assert measure(Predictor.load(shipped), TrainConfig(), rounds=3).served > 0


def test_speed_as_json_holds_both_and_their_ratio() -> None:
    done = CliRunner().invoke(app, ["speed", "--rounds", "1", "--json"])
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    torch_ms = result["torch_ms"]
    assert result["ratio"] == (None if torch_ms is None else result["served_ms"] / torch_ms)


def test_spreads_as_json_have_no_deviation_of_one_seed(capsys: pytest.CaptureFixture[str]) -> None:
    spreads = {"three": Spread(values=(0.94, 0.95, 0.96)), "one": Spread(values=(0.9,))}
    _print(spreads, "forced choice", as_document=True)
    wire = json.loads(capsys.readouterr().out)
    assert wire["three"] == {"mean": pytest.approx(0.95), "deviation": pytest.approx(0.01)}
    assert wire["one"] == {"mean": 0.9, "deviation": None}
