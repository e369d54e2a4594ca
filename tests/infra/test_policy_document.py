"""The policy parameter is rendered from the manifests; an invalid manifest stops the synth."""

import json
from pathlib import Path
from typing import Any

import pytest

from handlers.domain.decision.policy import Policy
from infra.config import InvalidConfig
from infra.policy_document import class_order, render_policy
from tests.infra.conftest import ROOT

ORDER_RANGES = {"bicycle": "nearby", "motorcycle": "distant"}


def a_manifest(folder: Path, version: str, **changes: Any) -> Path:  # any JSON value
    """Write the shipped model's manifest with a threshold of 0.97 and these changes."""
    shipped = json.loads((ROOT / "training/shipped/manifest.json").read_text(encoding="utf-8"))
    policy = shipped["policy"] | {"threshold": 0.97}
    manifest = shipped | {"model_version": version, "policy": policy} | changes
    path = folder / f"{version}.json"
    path.write_text(json.dumps(manifest), encoding="utf-8")
    return path


def test_during_a_rollout_the_policy_has_both_models(tmp_path: Path) -> None:
    manifests = [a_manifest(tmp_path, "old"), a_manifest(tmp_path, "new")]
    policy = Policy.from_json(render_policy(manifests, ORDER_RANGES))
    assert {name: model.threshold for name, model in policy.models.items()} == {
        "old": 0.97,
        "new": 0.97,
    }
    assert policy.order_ranges == ORDER_RANGES


def test_a_missing_manifest_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match=r"missing or invalid: .*nowhere\.json"):
        render_policy([tmp_path / "nowhere.json"], ORDER_RANGES)


def test_a_manifest_without_a_threshold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match="threshold"):
        render_policy([a_manifest(tmp_path, "new", policy={})], ORDER_RANGES)


@pytest.mark.parametrize("name", ["unicycle", "other"])
def test_a_vehicle_for_which_the_threshold_was_not_chosen_is_refused(
    tmp_path: Path, name: str
) -> None:
    order_ranges = {**ORDER_RANGES, name: "nearby"}
    with pytest.raises(InvalidConfig, match=f"may not assign {name!r}"):
        render_policy([a_manifest(tmp_path, "new")], order_ranges)


def test_more_models_than_a_parameter_holds_are_refused(tmp_path: Path) -> None:
    paths = [a_manifest(tmp_path, f"{number:040}") for number in range(40)]
    with pytest.raises(InvalidConfig, match="40 models does not fit"):
        render_policy(paths, ORDER_RANGES)


def test_responses_without_names_have_an_order_only_if_all_models_agree(tmp_path: Path) -> None:
    classes = ["motorcycle", "bicycle", "other"]
    one, same = (a_manifest(tmp_path, name, classes=classes) for name in ("one", "same"))
    assert class_order([one, same]) == tuple(classes)
    assert class_order([one, a_manifest(tmp_path, "other", classes=sorted(classes))]) == ()
