"""The three files that SageMaker Model Monitor would write, for tools that read them.

Their schemas are those of its documentation of statistics, constraints and violations.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from monitoring.report.baseline import Baseline
from monitoring.report.build import Report
from monitoring.report.checks.check import Check
from monitoring.report.checks.drift import KS_FLOOR, SHARE_FLOOR
from monitoring.report.records.figures import QUALITY, rounded, unscaled
from monitoring.report.records.photo import PhotoFacts, in_order
from monitoring.report.records.tables import ModelPhotos, by_model
from monitoring.statistics.two_samples import Floats

BUCKETS = 10  # as in Model Monitor
SKETCH_K, SKETCH_C = 2_048, 0.64  # the parameters of its sketches

_KINDS = {
    "conservation": "completeness_check",
    "capture_completeness": "completeness_check",
    "unreadable_captures": "data_type_check",
    "unknown_class": "categorical_values_check",
}
"""Of counting checks; queues, failures and overrides are not constraints of the data."""


def statistics_json(report: Report, photos: Iterable[PhotoFacts]) -> bytes:
    """Describe each figure of the day's first model: confidence, class and quality figures."""
    groups = list(by_model(in_order(photos)).values())
    features = _features(groups[0]) if groups else []
    received = report.document["conservation"]["received"]
    return _file({"version": 0.0, "dataset": {"item_count": received}, "features": features})


def constraints_json(baseline: Baseline | None) -> bytes:
    """State the baseline's constraints of every figure; without a baseline the list is empty."""
    config = {
        "evaluate_constraints": "Enabled",
        "emit_metrics": "Enabled",
        "datatype_check_threshold": 1.0,
        "domain_content_threshold": 1.0,
        "distribution_constraints": {
            "perform_comparison": "Enabled",
            "comparison_threshold": KS_FLOOR,
            "comparison_method": "Simple",
            "categorical_comparison_threshold": SHARE_FLOOR,
            "categorical_drift_method": "LInfinity",
        },
    }
    features = _constraints(baseline) if baseline else []
    return _file({"version": 0.0, "features": features, "monitoring_config": config})


def violations_json(report: Report) -> bytes:
    """List the checks of the data that are WATCH or ACT as violations."""
    loud = [check for check in report.checks if check.is_loud]
    about_data = [check for check in loud if check.test or check.name in _KINDS]
    return _file({"violations": [_violation(check) for check in about_data]})


def _constraints(baseline: Baseline) -> list[dict[str, Any]]:
    features: list[dict[str, Any]] = [
        {
            "name": name,
            "inferred_type": "Fractional",
            "completeness": 1.0,
            "num_constraints": {"is_non_negative": min(values, default=0.0) >= 0},
        }
        for name, values in sorted(baseline.values.items())
    ]
    features.append(
        {
            "name": "predicted",
            "inferred_type": "String",
            "completeness": 1.0,
            "string_constraints": {"domains": sorted(baseline.predicted)},
        }
    )
    return features


def _violation(check: Check) -> dict[str, str]:
    kind = _KINDS.get(check.name, "baseline_drift_check")
    return {
        "feature_name": check.name,
        "constraint_check_type": kind,
        "description": f"{check.verdict}: {check.title}. {check.sentence} Rule: {check.rule}.",
    }


def _features(group: ModelPhotos) -> list[dict[str, Any]]:
    n = len(group.photos)
    features = [_numerical("confidence", group.confidences, n)]
    for name in QUALITY:
        values, _ = group.figures(name)
        if len(values):
            features.append(_numerical(name, unscaled(name, values), n))
    counts = Counter(group.predictions)
    categorical = {
        "common": {"num_present": n, "num_missing": 0},
        "distinct_count": len(counts),
        "distribution": {
            "categorical": {
                "buckets": [{"value": name, "count": counts[name]} for name in sorted(counts)]
            }
        },
    }
    features.append(
        {"name": "predicted", "inferred_type": "String", "string_statistics": categorical}
    )
    return features


def _numerical(name: str, values: Floats, n: int) -> dict[str, Any]:
    """Describe a numerical feature that at most `n` photos have."""
    low, high = float(values.min()), float(values.max())
    counts, edges = np.histogram(values, BUCKETS, (low, high) if high > low else (low, low + 1))
    buckets = [
        {
            "lower_bound": rounded(float(edges[i])),
            "upper_bound": rounded(float(edges[i + 1])),
            "count": int(counts[i]),
        }
        for i in range(BUCKETS)
    ]
    sketch = {"parameters": {"c": SKETCH_C, "k": SKETCH_K}, "data": _sketch(np.sort(values))}
    return {
        "name": name,
        "inferred_type": "Fractional",
        "numerical_statistics": {
            "common": {"num_present": len(values), "num_missing": n - len(values)},
            "mean": rounded(float(values.mean())),
            "sum": rounded(float(values.sum())),
            "std_dev": rounded(float(values.std())),
            "min": rounded(low),
            "max": rounded(high),
            "distribution": {"kll": {"buckets": buckets, "sketch": sketch}},
        },
    }


def _sketch(ordered: Floats) -> list[list[float | None]]:
    """Return the levels of a KLL sketch: a value of level i represents 2^i values."""
    level = 0
    while len(ordered) >> level > SKETCH_K:
        level += 1
    step = 1 << level
    kept = len(ordered) // step * step
    middles = ordered[:kept].reshape(-1, step)[:, step // 2]
    levels: list[list[float | None]] = [[] for _ in range(level + 1)]
    levels[0] += [rounded(float(value)) for value in ordered[kept:]]
    levels[level] += [rounded(float(value)) for value in middles]
    return levels


def _file(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, sort_keys=True, indent=1) + "\n").encode()
