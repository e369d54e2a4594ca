"""The files in the form of SageMaker Model Monitor."""

import itertools
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from monitoring.capture import CaptureSummary
from monitoring.report import build_report
from monitoring.report.files.sagemaker import constraints_json, statistics_json, violations_json
from tests.monitoring.report.a_day import QUIET, baseline, inputs, photos


def test_statistics_have_a_feature_for_every_figure() -> None:
    statistics = _statistics(200)
    assert statistics["dataset"]["item_count"] == 200
    features = {entry["name"]: entry for entry in statistics["features"]}
    for name in ("confidence", "brightness", "size_bytes", "aspect"):
        figures = features[name]["numerical_statistics"]
        assert figures["min"] <= figures["mean"] <= figures["max"]
        assert figures["sum"] == pytest.approx(200 * figures["mean"], rel=1e-4)
        assert figures["std_dev"] > 0
        buckets = figures["distribution"]["kll"]["buckets"]
        assert len(buckets) == 10
        assert sum(entry["count"] for entry in buckets) == 200
    assert features["predicted"]["string_statistics"]["distinct_count"] == 3
    assert {"brightness", "sharpness", "size_bytes"} <= features.keys()
    assert _statistics(0)["features"] == []


@pytest.mark.parametrize("n", [200, 2_048, 5_003])
def test_a_sketch_represents_every_photo(n: int) -> None:
    figures = _statistics(n)["features"][0]["numerical_statistics"]
    sketch = figures["distribution"]["kll"]["sketch"]
    levels = sketch["data"]
    assert sum(len(values) << level for level, values in enumerate(levels)) == n
    weighted = sorted(
        (value, 1 << level) for level, values in enumerate(levels) for value in values
    )
    below = itertools.accumulate(weight for _, weight in weighted)
    median = next(value for (value, _), count in zip(weighted, below, strict=True) if count > n / 2)
    true = float(np.median([photo.confidence or 0.0 for photo in photos(n)]))
    assert median == pytest.approx(true, abs=0.005)


def _statistics(n: int) -> dict[str, Any]:
    received = photos(n)
    written: dict[str, Any] = json.loads(statistics_json(build_report(inputs(received)), received))
    return written


def test_constraints_are_the_baselines() -> None:
    constraints = json.loads(constraints_json(baseline()))
    features = {entry["name"]: entry for entry in constraints["features"]}
    assert features["predicted"]["string_constraints"]["domains"] == sorted(
        ["bicycle", "motorcycle", "other"]
    )
    assert (
        constraints["monitoring_config"]["distribution_constraints"]["perform_comparison"]
        == "Enabled"
    )
    assert json.loads(constraints_json(None))["features"] == []


def test_a_check_at_act_is_a_violation() -> None:
    assert json.loads(violations_json(build_report(inputs(photos(200))))) == {"violations": []}
    dark = photos(200, QUIET.shifted(quality_shift={"brightness": -1.0}))
    (violation,) = json.loads(violations_json(build_report(inputs(dark))))["violations"]
    assert violation["feature_name"] == "brightness"
    assert violation["constraint_check_type"] == "baseline_drift_check"
    assert violation["description"].startswith("ACT")


def test_an_operational_check_is_not_a_violation() -> None:
    received = photos(200)
    failed = [replace(received[0], status="failed"), *received[1:]]
    assert json.loads(violations_json(build_report(inputs(failed)))) == {"violations": []}
    capture = CaptureSummary(lines=200, classified=200, captured=100)
    report = build_report(inputs(received, capture=capture))
    (violation,) = json.loads(violations_json(report))["violations"]
    assert violation["constraint_check_type"] == "completeness_check"
