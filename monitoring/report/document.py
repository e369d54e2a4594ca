"""report.json: every figure of the report, with stable names."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from monitoring.report.accuracy import Judgements
from monitoring.report.baseline import Baseline
from monitoring.report.check import rounded
from monitoring.report.comparisons import confidences
from monitoring.report.facts import HistoryRow, PhotoFacts, QueueFigures, ReportInputs, Window
from monitoring.report.groups import groups
from monitoring.report.moments import iso, label_of, local
from monitoring.report.sections import (
    confidence,
    conservation,
    hourly,
    mix,
    quality,
    thresholds_in_force,
)
from monitoring.report.table import Table
from monitoring.report.times import latency

SCHEMA = 1
Json = dict[str, Any]


def document_of(
    inputs: ReportInputs,
    photos: Sequence[PhotoFacts],
    *,
    day: Mapping[str, Table],
    judgements: Judgements | None,
) -> Json:
    """All but the verdict and what follows from it."""
    window = inputs.window
    return {
        "schema": SCHEMA,
        "title": inputs.settings.title,
        "stage": inputs.settings.stage,
        "as_of": iso(inputs.as_of),
        "code_version": inputs.code_version,
        "window": {
            "start": iso(window.start),
            "end": iso(window.end),
            "time_zone": window.time_zone,
            "label": label_of(window),
            "short_label": local(window.start, window, "%d %b"),
            "as_of_label": local(inputs.as_of, window, "%d %B %Y %H:%M %Z"),
        },
        "conservation": conservation(photos, inputs),
        "hours": hourly(photos, window),
        "capture": _capture(inputs),
        "capture_expired": inputs.capture_expired,
        "models": [_model(inputs, table) for table in day.values()],
        "thresholds": {
            "in_force": thresholds_in_force(photos),
            "others": judgements.other_thresholds(photos) if judgements else [],
        },
        "accuracy": judgements.chapter(photos) | {"days": inputs.settings.audit_days}
        if judgements
        else None,
        "latency": latency(photos),
        "queues": _queues(inputs.queues),
        "history": [_remembered(row, window) for row in inputs.history],
        "photos": groups(inputs, photos, judgements),
    }


def _queues(found: QueueFigures) -> Json:
    return {
        "reviews_open": found.reviews_open,
        "oldest_review_s": rounded(found.oldest_review_s),
        "failures_waiting": found.failures_waiting,
        "dead_letters": found.dead_letters,
        "walk_ended_at": found.walk_ended_at,
        "walked_objects": found.walked_objects,
        "lost_objects": found.lost_objects,
    }


def _remembered(row: HistoryRow, window: Window) -> Json:
    return {
        "start": row.start,
        "end": row.end,
        "label": local(datetime.fromisoformat(row.start), window, "%d %b"),
        "verdict": row.verdict,
        "n": row.n,
        "rolled": row.rolled,
        "watched": dict(sorted(row.watched.items())),
        "effects": {name: rounded(value) for name, value in sorted(row.effects.items())},
        "figures": {name: rounded(value) for name, value in sorted(row.figures.items())},
    }


def _model(inputs: ReportInputs, table: Table) -> Json:
    baseline = inputs.baselines.get(table.version)
    values, source = confidences(inputs, table, is_week=False)
    return {
        "version": table.version,
        "n": len(table.photos),
        "baseline": _baseline(baseline),
        **mix(table, baseline),
        "confidence": confidence(values, source, baseline),
        "quality": quality(table, baseline),
    }


def _baseline(baseline: Baseline | None) -> Json | None:
    if baseline is None:
        return None
    return {
        "n": baseline.n,
        "threshold": rounded(baseline.threshold),
        "ece": rounded(baseline.ece),
        "ece_n": baseline.ece_n,
        "mix": list(baseline.mix),
        "data_digest": baseline.data_digest,
        "is_observed": baseline.is_observed,
        "observed_from": baseline.observed_from,
        "observed_to": baseline.observed_to,
    }


def _capture(inputs: ReportInputs) -> Json | None:
    found = inputs.capture
    if found is None:
        return None
    known = {name for each in inputs.baselines.values() for name in each.predicted}
    return {
        "objects": found.objects,
        "late_objects": found.late_objects,
        "unreadable_objects": found.unreadable_objects,
        "lines": found.lines,
        "records": found.records,
        "duplicates": found.duplicates,
        "outside": found.outside,
        "late_records": found.late_records,
        "variants": dict(found.variants),
        "anomalies": dict(found.anomalies),
        "quoted": [
            {"kind": odd.kind, "object_key": odd.object_key, "quoted": odd.quoted}
            for odd in found.quoted
        ],
        "classified": found.classified,
        "captured": found.captured,
        "completeness": rounded(found.completeness),
        "models": {
            version: {
                "n": scores.n,
                "predicted": dict(scores.predicted),
                "unknown_classes": sorted({*scores.classes} - known) if known else [],
            }
            for version, scores in found.scores.items()
        },
    }
