"""The three files that SageMaker's Model Monitor would have written, for tools that read them.

Shapes after the documentation of its statistics, constraints and violations files.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from monitoring.baseline import Baseline
from monitoring.report.build import Report
from monitoring.report.check import Check, rounded
from monitoring.report.drift import KS_FLOOR, SHARE_FLOOR
from monitoring.report.facts import PhotoFacts
from monitoring.report.quality import QUALITY
from monitoring.report.table import LOGARITHMIC, Table, by_model, in_order
from monitoring.statistics.severity import Severity
from monitoring.statistics.two_samples import Floats

BUCKETS = 10  # as many as Model Monitor draws
SKETCH_K, SKETCH_C = 2_048, 0.64  # the parameters of its sketches

_KINDS = {
    "conservation": "completeness_check",
    "capture_completeness": "completeness_check",
    "unreadable_captures": "data_type_check",
    "unknown_class": "categorical_values_check",
}
"""Of checks that count. Those about queues, failures or overrides are no constraint of the data."""


def statistics_json(report: Report, photos: Iterable[PhotoFacts]) -> bytes:
    """One feature a figure of the day's first model: confidence, class and quality figures."""
    tables = list(by_model(in_order(photos)).values())
    features = _features(tables[0]) if tables else []
    counted = report.document["conservation"]["received"]
    return _file({"version": 0.0, "dataset": {"item_count": counted}, "features": features})


def constraints_json(baseline: Baseline | None) -> bytes:
    """What the baseline promises of every figure; nothing where there is none."""
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
    features = _promised(baseline) if baseline else []
    return _file({"version": 0.0, "features": features, "monitoring_config": config})


def violations_json(report: Report) -> bytes:
    """One violation a check that is WATCH or ACT and is about the data."""
    loud = [check for check in report.checks if check.level >= Severity.WATCH]
    about_data = [check for check in loud if check.test or check.name in _KINDS]
    return _file({"violations": [_violation(check) for check in about_data]})


def _promised(baseline: Baseline) -> list[dict[str, Any]]:
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
    said = f"{check.verdict}: {check.title}. {check.sentence} Rule: {check.rule}."
    return {
        "feature_name": check.name,
        "constraint_check_type": kind,
        "description": said,
    }


def _features(table: Table) -> list[dict[str, Any]]:
    n = len(table.photos)
    found = [_numerical("confidence", table.confidences, n)]
    for name in QUALITY:
        values, _ = table.figures(name)
        if len(values):
            own = 2**values if name in LOGARITHMIC else values
            found.append(_numerical(name, own, n))
    counts = Counter(table.predictions)
    categorical = {
        "common": {"num_present": n, "num_missing": 0},
        "distinct_count": len(counts),
        "distribution": {
            "categorical": {
                "buckets": [{"value": name, "count": counts[name]} for name in sorted(counts)]
            }
        },
    }
    found.append({"name": "predicted", "inferred_type": "String", "string_statistics": categorical})
    return found


def _numerical(name: str, values: Floats, n: int) -> dict[str, Any]:
    """A feature of numbers, of which `n` photos could have one."""
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
    sketch = {"parameters": {"c": SKETCH_C, "k": SKETCH_K}, "data": _sketched(np.sort(values))}
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


def _sketched(ordered: Floats) -> list[list[float | None]]:
    """Levels of a KLL sketch: a value of level i stands for 2^i. All values where they are few."""
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
