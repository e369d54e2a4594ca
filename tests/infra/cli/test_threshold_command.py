"""`scones threshold`: what is stored is what Filter applies, and every change is recorded."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient
from typer.testing import CliRunner, Result

from handlers.aws.controls_table import ControlsTable
from handlers.aws.override_source import OverrideSource
from handlers.domain.decision.threshold import Threshold
from infra.cli import app
from tests.infra.cli.deployed_stage import STACK, DeployedStage, deployed_stage

MODEL, CALIBRATED = "m1", 0.9
POLICY = {
    "models": {MODEL: {"classes": ["car", "van"], "threshold": CALIBRATED}},
    "order_ranges": {"car": "nearby", "van": "distant"},
}
CALLER = "arn:aws:sts::123456789012:user/moto"


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[DeployedStage]:
    monkeypatch.setenv("SCONES_UP_DIR", str(tmp_path / "up"))
    with deployed_stage(monkeypatch) as deployed:
        deployed.client("ssm").put_parameter(
            Name="policy", Value=json.dumps(POLICY), Type="String", Overwrite=True
        )
        yield deployed


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["threshold", *map(str, arguments), "--stack", STACK])


def document(*arguments: object) -> Any:
    return json.loads(call(*arguments, "--json").stdout)


def in_force(stage: DeployedStage) -> tuple[float, str]:
    """The threshold and its source as Filter has them."""
    source = OverrideSource(
        stage.client("ssm"),
        parameter="policy-override",
        controls=ControlsTable(stage.client("dynamodb"), table="controls"),
    )
    threshold = Threshold.in_force(CALIBRATED, source.read())
    return threshold.value, threshold.source


@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        (("set", "0.97"), 0.97),
        (("set", "0.5", "--below-calibrated"), 0.5),
        (("set", "1"), 1.0),
        (("stop",), 1.0),
    ],
)
def test_what_is_set_is_in_force_until_normal(
    stage: DeployedStage, arguments: tuple[str, ...], value: float
) -> None:
    assert in_force(stage) == (CALIBRATED, "calibrated")
    assert call(*arguments, "--reason", "drill").exit_code == 0
    assert in_force(stage) == (value, "override")
    shown = document("show")
    assert shown["models"] == {
        MODEL: {"calibrated": CALIBRATED, "threshold": value, "threshold_source": "override"}
    }
    assert (shown["recorded"]["by"], shown["recorded"]["reason"]) == (CALLER, "drill")
    assert f"by {CALLER}: drill" in call("show").stdout
    assert call("normal").exit_code == 0
    assert in_force(stage) == (CALIBRATED, "calibrated")
    assert document("show")["parameter"] is None


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("set", "0.5"), "model m1 is calibrated to 0.9"),
        (("set", "nan"), "less than or equal to 1"),
        (("set", "1.5"), "less than or equal to 1"),
        (("set",), "a value goes with set"),
        (("stop", "0.97"), "a value goes with set"),
        (("stop", "--below-calibrated"), "goes with set"),
        (("pause",), "is not one of"),
    ],
)
def test_what_filter_would_not_apply_is_refused_and_changes_nothing(
    stage: DeployedStage, arguments: tuple[str, ...], sentence: str
) -> None:
    call("set", "0.97")
    refused = call(*arguments)
    assert refused.exit_code == 2
    assert sentence in " ".join(refused.stderr.replace("│", " ").split())
    assert in_force(stage) == (0.97, "override")


def test_an_override_that_was_deleted_by_hand_is_shown_with_its_author(
    stage: DeployedStage,
) -> None:
    call("stop", "--reason", "wrong bicycles")
    stage.client("ssm").delete_parameter(Name="policy-override")
    shown = call("show")
    assert shown.exit_code == 1
    assert "STOPPED: an override was set, and its parameter is gone" in shown.stdout
    assert f"by {CALLER}: wrong bicycles" in shown.stdout
    assert call("normal").exit_code == 0


def test_a_stop_needs_no_readable_policy(stage: DeployedStage) -> None:
    stage.client("ssm").put_parameter(Name="policy", Value="{", Type="String", Overwrite=True)
    assert "changed" in call("stop").stderr
    assert in_force(stage) == (1.0, "override")


@pytest.mark.parametrize("before", [(), ("set", "0.97"), ("set", "0.5", "--below-calibrated")])
@pytest.mark.parametrize(
    ("change", "least"), [(("stop",), 1.0), (("set", "0.99"), 0.99), (("normal",), CALIBRATED)]
)
def test_an_interruption_between_the_two_writes_leaves_no_lower_threshold(
    stage: DeployedStage,
    monkeypatch: pytest.MonkeyPatch,
    before: tuple[str, ...],
    change: tuple[str, ...],
    least: float,
) -> None:
    if before:
        call(*before)
    make_call = BaseClient._make_api_call  # type: ignore[attr-defined] # botocore's own
    writes: list[str] = []

    def interrupted(client: Any, operation: str, arguments: Any) -> Any:
        if operation in {"PutItem", "PutParameter", "DeleteParameter"}:
            writes.append(operation)
            if len(writes) == 2:
                raise KeyboardInterrupt
        return make_call(client, operation, arguments)

    with monkeypatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", interrupted)
        assert call(*change).exit_code == 130
    assert len(writes) == 2
    value, _ = in_force(stage)
    assert value >= least
    assert call(*change).exit_code == 0
    assert in_force(stage)[0] == least
