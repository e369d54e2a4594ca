"""report.json: every figure of the report, under stable names."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from monitoring.capture.summary import CaptureSummary
from monitoring.report.baseline import Baseline
from monitoring.report.checks.assess import ReportVerdict
from monitoring.report.checks.budget import BROKEN, KEPT, NOT_KNOWN
from monitoring.report.document.accuracy import accuracy_chapter, interval_wire, other_thresholds
from monitoring.report.document.headline import (
    answer_of,
    examples,
    headline_of,
    worst_with_photos,
)
from monitoring.report.document.models import model_chapter, thresholds_in_force
from monitoring.report.document.times import iso, label_of, latency, local
from monitoring.report.document.traffic import conservation, hourly, photo_groups
from monitoring.report.records.figures import rounded
from monitoring.report.records.inputs import HistoryRow, QueueFigures, ReportInputs, Window
from monitoring.report.records.tables import PhotoSets
from monitoring.statistics.error_budget import BudgetRule
from monitoring.statistics.severity import Severity

SCHEMA = 2
# NOT ENOUGH DATA has no metric: an empty Sunday must not end Saturday's alarm.
_METRIC = {Severity.OK: 0.0, Severity.WATCH: 1.0, Severity.ACT: 2.0}
_BUDGET_METRIC = {KEPT: 0.0, NOT_KNOWN: 1.0, BROKEN: 2.0}
Json = dict[str, Any]


def describe(inputs: ReportInputs, photos: PhotoSets, verdict: ReportVerdict) -> Json:
    """Return the document; names and meanings change only with `schema`."""
    received, labelled, settings = photos.received, photos.labelled, inputs.settings
    document = {
        "schema": SCHEMA,
        "title": settings.title,
        "stage": settings.stage,
        "as_of": iso(inputs.as_of),
        "code_version": inputs.code_version,
        "window": _window(inputs.window, inputs.as_of),
        "conservation": conservation(received, inputs),
        "hours": hourly(received, inputs.window),
        "capture": _capture(inputs.capture, inputs.baselines),
        "capture_expired": inputs.capture_expired,
        "models": [
            model_chapter(group, inputs.baselines.get(group.version), inputs.capture)
            for group in photos.day.values()
        ],
        "thresholds": {
            "in_force": thresholds_in_force(received),
            "others": other_thresholds(labelled, received) if labelled else [],
        },
        "budget": _budgets(verdict, inputs.settings.budget),
        "accuracy": accuracy_chapter(labelled, received) | {"days": settings.audit_days}
        if labelled
        else None,
        "latency": latency(received),
        "queues": _queues(inputs.queues),
        "history": [_history_row(row, inputs.window) for row in inputs.history],
        "photos": photo_groups(photos, inputs),
    }
    return document | _conclusions(document, inputs, photos, verdict)


def _conclusions(
    document: Json, inputs: ReportInputs, photos: PhotoSets, verdict: ReportVerdict
) -> Json:
    by_id = {photo.photo_id: photo for photo in (*inputs.audited, *inputs.week, *photos.received)}
    worst = worst_with_photos(verdict.checks)
    return {
        "verdict": verdict.severity.label,
        "answer": answer_of(document["accuracy"], models=len(document["models"])),
        "headline": headline_of(verdict.severity, verdict.checks, document["conservation"]),
        "checks": [check.to_wire() for check in verdict.checks],
        "examples": examples(worst, by_id, inputs.window),
        "metrics": _metrics(verdict.severity, document, inputs),
    }


def _metrics(severity: Severity, document: Json, inputs: ReportInputs) -> dict[str, float]:
    counts, accuracy = document["conservation"], document["accuracy"] or {}
    combined, estimated = accuracy.get("combined") or {}, accuracy.get("estimated") or {}
    model = document["models"][0] if document["models"] else {}
    values = {
        "ReportVerdict": _METRIC.get(severity),
        "ErrorBudget": max(
            (_BUDGET_METRIC[entry["state"]] for entry in document["budget"]), default=None
        ),
        "PhotosReceived": float(counts["received"]),
        "PhotosFailed": float(counts["failed"]),
        "PhotosInFlight": float(counts["in_flight"]),
        "CaptureCompleteness": _completeness(inputs),
        "ReviewRate": model["review"]["value"] if model else None,
        "MeanConfidence": model["confidence"]["mean"] if model else None,
        "EstimatedAccuracy": estimated.get("value"),
        "AuditedAccuracy": combined.get("value"),
        "OutcomeSecondsP95": document["latency"]["machine"]["p95"],
        "ReportAgeSeconds": (inputs.as_of - inputs.window.end).total_seconds(),
    }
    known = {name: rounded(value) for name, value in sorted(values.items())}
    return {name: value for name, value in known.items() if value is not None}


def _budgets(verdict: ReportVerdict, budget: BudgetRule) -> list[Json]:
    return [
        {
            "model_version": entry.rule.model_version,
            "threshold": rounded(entry.rule.threshold),
            "budget": budget.budget,
            "state": entry.state,
            "sentence": entry.sentence(budget),
            "kept_since": entry.status.kept_since,
            "broken_since": entry.status.broken_since,
            "broken_on": entry.status.broken_on,
            "audited": entry.status.audited,
            "wrong": entry.status.wrong,
            "risk": interval_wire(entry.status.risk, entry.status.audited),
            "audits_a_day": rounded(entry.audits_a_day),
            "more_audits": entry.status.more_audits,
            "more_days": rounded(entry.more_days),
            "keeping_threshold": rounded(entry.keeping_threshold),
        }
        for entry in verdict.budgets
    ]


def _completeness(inputs: ReportInputs) -> float | None:
    """None where only a sample is captured: an alarm at 99 % must not read that share."""
    is_sampled = inputs.settings.capture_sampling_share < 1
    return None if inputs.capture is None or is_sampled else inputs.capture.completeness


def _window(window: Window, as_of: datetime) -> Json:
    return {
        "start": iso(window.start),
        "end": iso(window.end),
        "time_zone": window.time_zone,
        "label": label_of(window),
        "short_label": local(window.start, window, "%d %b"),
        "as_of_label": local(as_of, window, "%d %B %Y %H:%M %Z"),
    }


def _queues(queues: QueueFigures) -> Json:
    return {
        "reviews_open": queues.reviews_open,
        "oldest_review_s": rounded(queues.oldest_review_s),
        "failures_waiting": queues.failures_waiting,
        "dead_letters": queues.dead_letters,
        "walk_ended_at": queues.walk_ended_at,
        "walked_objects": queues.walked_objects,
        "lost_objects": queues.lost_objects,
    }


def _history_row(row: HistoryRow, window: Window) -> Json:
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


def _capture(capture: CaptureSummary | None, baselines: Mapping[str, Baseline]) -> Json | None:
    if capture is None:
        return None
    known = {name for baseline in baselines.values() for name in baseline.predicted}
    return {
        "objects": capture.objects,
        "late_objects": capture.late_objects,
        "unreadable_objects": capture.unreadable_objects,
        "lines": capture.lines,
        "records": capture.records,
        "duplicates": capture.duplicates,
        "outside": capture.outside,
        "late_records": capture.late_records,
        "variants": dict(capture.variants),
        "anomalies": dict(capture.anomalies),
        "quoted": [
            {"kind": line.kind, "object_key": line.object_key, "quoted": line.quoted}
            for line in capture.quoted
        ],
        "classified": capture.classified,
        "captured": capture.captured,
        "completeness": rounded(capture.completeness),
        "models": {
            version: {
                "n": scores.n,
                "predicted": dict(scores.predicted),
                "unknown_classes": sorted({*scores.classes} - known) if known else [],
            }
            for version, scores in capture.scores.items()
        },
    }
