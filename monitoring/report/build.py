"""Everything that a report says, from its inputs alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from monitoring.report.check import Check, rounded
from monitoring.report.document import document_of
from monitoring.report.facts import HistoryRow, PhotoFacts, ReportInputs, Thumbnail
from monitoring.report.headline import answer_of, headline_of, worst_shown
from monitoring.report.judged import verdict_of
from monitoring.report.moments import iso, local
from monitoring.report.quality import said_of
from monitoring.statistics.severity import Severity

THUMBNAILS = 12
# Without enough data there is no verdict: an empty Sunday must not end Saturday's alarm.
_METRIC = {Severity.OK: 0.0, Severity.WATCH: 1.0, Severity.ACT: 2.0}


@dataclass(frozen=True, kw_only=True)
class Report:
    """A verdict and all that it rests on; `document` is report.json."""

    level: Severity
    headline: str
    checks: tuple[Check, ...]
    document: Mapping[str, Any]
    metrics: Mapping[str, float]
    remembered: HistoryRow
    wanted_thumbnails: tuple[str, ...]
    thumbnails: tuple[Thumbnail, ...] = ()

    @property
    def verdict(self) -> str:
        """OK, WATCH, ACT or NOT ENOUGH DATA."""
        return self.level.label

    @property
    def answer(self) -> str:
        """Is the classifier still right? One sentence."""
        return str(self.document["answer"])

    def with_thumbnails(self, thumbnails: Sequence[Thumbnail]) -> "Report":
        """The same report with pictures; those that it did not ask for are left out."""
        given = {each.photo_id: each for each in thumbnails}
        chosen = tuple(given[each] for each in self.wanted_thumbnails if each in given)
        return replace(self, thumbnails=chosen)

    def history_row(self) -> HistoryRow:
        """What later reports need of this one."""
        return self.remembered


def build_report(inputs: ReportInputs) -> Report:
    """Pure: equal inputs give equal reports, whatever order the photos come in."""
    judged = verdict_of(inputs)
    document = document_of(inputs, judged.photos, day=judged.day, judgements=judged.judgements)
    headline = headline_of(judged.level, judged.checks, document["conservation"])
    worst = worst_shown(judged.checks)
    document |= {
        "verdict": judged.level.label,
        "answer": answer_of(document["accuracy"], models=len(document["models"])),
        "headline": headline,
        "checks": [check.to_wire() for check in judged.checks],
        "examples": _examples(worst, judged.photos, inputs),
    }
    metrics = _metrics(judged.level, document, inputs)
    document["metrics"] = metrics
    return Report(
        level=judged.level,
        headline=headline,
        checks=judged.checks,
        document=document,
        metrics=metrics,
        remembered=judged.history_row(inputs, metrics),
        wanted_thumbnails=worst.photos[:THUMBNAILS] if worst else (),
    ).with_thumbnails(inputs.thumbnails)


def _examples(
    check: Check | None, photos: Sequence[PhotoFacts], inputs: ReportInputs
) -> dict[str, Any] | None:
    if check is None:
        return None
    known = {photo.photo_id: photo for photo in (*inputs.audited, *inputs.week, *photos)}
    return {
        "check": check.name,
        "title": check.title,
        "photos": [
            {
                "photo_id": each,
                "key": known[each].key,
                "received_at": iso(known[each].received_at),
                "received_label": local(known[each].received_at, inputs.window, "%d %b %H:%M"),
                "figure": _figure(check, known[each]),
                "vehicle": known[each].vehicle,
                "confidence": rounded(known[each].confidence),
                "verdict": known[each].verdict,
            }
            for each in check.photos[:THUMBNAILS]
            if each in known
        ],
    }


def _completeness(inputs: ReportInputs) -> float | None:
    """Nothing where only a sample is to be captured: then it is no figure for an alarm."""
    sampled = inputs.settings.capture_sampling_share < 1
    return None if inputs.capture is None or sampled else inputs.capture.completeness


def _figure(check: Check, photo: PhotoFacts) -> str:
    """What the check is about, of this photo: `sharpness 1.58`."""
    said = said_of(photo, check.name)
    return f"{check.title.lower()} {said}" if said else ""


def _metrics(
    level: Severity, document: Mapping[str, Any], inputs: ReportInputs
) -> dict[str, float]:
    counts, accuracy = document["conservation"], document["accuracy"] or {}
    combined, estimated = accuracy.get("combined") or {}, accuracy.get("estimated") or {}
    model = document["models"][0] if document["models"] else {}
    machine = document["latency"]["machine"]
    found = {
        "ReportVerdict": _METRIC.get(level),
        "PhotosReceived": float(counts["received"]),
        "PhotosFailed": float(counts["failed"]),
        "PhotosInFlight": float(counts["in_flight"]),
        "CaptureCompleteness": _completeness(inputs),
        "ReviewRate": model["review"]["value"] if model else None,
        "MeanConfidence": model["confidence"]["mean"] if model else None,
        "EstimatedAccuracy": estimated.get("value"),
        "AuditedAccuracy": combined.get("value"),
        "OutcomeSecondsP95": machine["p95"],
        "ReportAgeSeconds": (inputs.as_of - inputs.window.end).total_seconds(),
    }
    kept = {name: rounded(value) for name, value in found.items() if value is not None}
    return {name: value for name, value in sorted(kept.items()) if value is not None}
