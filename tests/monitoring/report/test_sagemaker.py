"""The files that Model Monitor would have written."""

import json

from monitoring.report import build_report
from monitoring.report.sagemaker import constraints_json, statistics_json, violations_json
from tests.monitoring.report.a_day import QUIET, baseline, inputs, photos


def test_statistics_have_a_feature_a_figure() -> None:
    found = json.loads(statistics_json(build_report(inputs(photos(200)))))
    assert found["dataset"]["item_count"] == 200
    features = {each["name"]: each for each in found["features"]}
    buckets = features["confidence"]["numerical_statistics"]["distribution"]["kll"]["buckets"]
    assert len(buckets) == 10
    assert sum(each["count"] for each in buckets) == 200
    assert features["predicted"]["string_statistics"]["distinct_count"] == 3
    assert {"brightness", "sharpness", "size_bytes"} <= features.keys()
    assert json.loads(statistics_json(build_report(inputs([]))))["features"] == []


def test_constraints_are_the_baselines() -> None:
    found = json.loads(constraints_json(baseline()))
    features = {each["name"]: each for each in found["features"]}
    assert features["predicted"]["string_constraints"]["domains"] == sorted(
        ["bicycle", "motorcycle", "other"]
    )
    assert found["monitoring_config"]["distribution_constraints"]["perform_comparison"] == "Enabled"


def test_a_violation_a_loud_check() -> None:
    assert json.loads(violations_json(build_report(inputs(photos(200))))) == {"violations": []}
    dark = photos(200, QUIET.shifted(quality_shift={"brightness": -1.0}))
    (found,) = json.loads(violations_json(build_report(inputs(dark))))["violations"]
    assert found["feature_name"] == "brightness"
    assert found["constraint_check_type"] == "baseline_drift_check"
    assert found["description"].startswith("ACT")
