"""The three files that SageMaker's Model Monitor would have written, for tools that read them.

Shapes after the documentation of its statistics, constraints and violations files.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from monitoring.baseline import Baseline
from monitoring.report.build import Report
from monitoring.report.check import Check
from monitoring.report.drift import KS_FLOOR
from monitoring.statistics.verdicts import Verdict

BUCKETS = 10  # as many as Model Monitor draws


def statistics_json(report: Report) -> bytes:
    """One feature a figure of the day's first model: confidence, class and quality figures."""
    models = report.document["models"]
    features = _features(models[0]) if models else []
    counted = report.document["conservation"]["received"]
    return _file({"version": 0.0, "dataset": {"item_count": counted}, "features": features})


def constraints_json(baseline: Baseline) -> bytes:
    """What the baseline promises of every figure."""
    features = [
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
    config = {
        "evaluate_constraints": "Enabled",
        "emit_metrics": "Enabled",
        "datatype_check_threshold": 1.0,
        "domain_content_threshold": 1.0,
        "distribution_constraints": {
            "perform_comparison": "Enabled",
            "comparison_threshold": KS_FLOOR,
            "comparison_method": "Simple",
        },
    }
    return _file({"version": 0.0, "features": features, "monitoring_config": config})


def violations_json(report: Report) -> bytes:
    """One violation a check that is WATCH or ACT."""
    loud = [check for check in report.checks if check.level >= Verdict.WATCH]
    return _file({"violations": [_violation(check) for check in loud]})


def _violation(check: Check) -> dict[str, str]:
    kind = "baseline_drift_check" if check.test else "completeness_check"
    said = f"{check.verdict}: {check.title}. {check.sentence} Rule: {check.rule}."
    return {
        "feature_name": check.name,
        "constraint_check_type": kind,
        "description": said,
    }


def _features(model: Mapping[str, Any]) -> list[dict[str, Any]]:
    confidence = model["confidence"]
    found = [
        {
            "name": "confidence",
            "inferred_type": "Fractional",
            "numerical_statistics": {
                "common": {"num_present": confidence["n"], "num_missing": 0},
                "mean": confidence["mean"],
                "distribution": {"kll": {"buckets": _merged(confidence["bins"])}},
            },
        }
    ]
    found += [
        {
            "name": row["name"],
            "inferred_type": "Fractional",
            "numerical_statistics": {
                "common": {"num_present": row["n"], "num_missing": model["n"] - row["n"]},
                **{f"quantile_{level}": row[level] for level in ("p5", "p50", "p95")},
            },
        }
        for row in model["quality"]
    ]
    classes = [
        {"value": row["name"], "count": row["count"]} for row in model["classes"] if row["count"]
    ]
    found.append(
        {
            "name": "predicted",
            "inferred_type": "String",
            "string_statistics": {
                "common": {"num_present": model["n"], "num_missing": 0},
                "distinct_count": len(classes),
                "distribution": {"categorical": {"buckets": classes}},
            },
        }
    )
    return found


def _merged(bins: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Ten buckets of our twenty bins."""
    step = len(bins) // BUCKETS
    return [
        {
            "lower_bound": bins[start]["from"],
            "upper_bound": bins[start + step - 1]["to"],
            "count": sum(each["count"] for each in bins[start : start + step]),
        }
        for start in range(0, len(bins), step)
    ]


def _file(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, sort_keys=True, indent=1) + "\n").encode()
