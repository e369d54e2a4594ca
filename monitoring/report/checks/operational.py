"""Checks that count instead of testing: conservation, failures, capture, queues, models."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from handlers.domain.decision.threshold import INVALID, LOST, SET, UNREADABLE
from monitoring.capture.summary import CaptureSummary
from monitoring.rendering.format import percent
from monitoring.report.baseline import Baseline
from monitoring.report.checks.check import Check, counted_check
from monitoring.report.records.inputs import OperationalFacts, QueueFigures, ReportSettings
from monitoring.report.records.photo import PhotoFacts, is_classified, without_outcome
from monitoring.statistics.severity import Severity

FAILED_SHARE, FAILED_COUNT = 0.01, 5
REFUSED_COUNT, REFUSED_WATCH, REFUSED_ACT = 5, 0.05, 0.2
OVERDUE_ACT = 3  # times the age at which a review is overdue
ANOMALY_WATCH, ANOMALY_ACT = 0.01, 0.05
_SAMPLED_SD = 3.3  # where only a share is captured: exceeded on one day in a thousand


def operational_checks(
    photos: Sequence[PhotoFacts],
    operations: OperationalFacts,
    baselines: Mapping[str, Baseline],
    settings: ReportSettings,
) -> Iterator[Check]:
    """Yield the checks in the order in which an engineer on call would ask."""
    yield _conservation(photos, operations, settings)
    yield _failures(photos)
    yield _refused(photos)
    capture = operations.capture
    if capture is not None:
        if capture.completeness is not None:
            yield _completeness(capture, capture.completeness, settings)
        yield _unreadable_captures(capture)
    if operations.queues.oldest_review_s is not None:
        yield _review_age(operations.queues, operations.queues.oldest_review_s, settings)
    yield _override(photos)
    yield from _models(photos, baselines, capture)


def _conservation(
    photos: Sequence[PhotoFacts], operations: OperationalFacts, settings: ReportSettings
) -> Check:
    stuck_after_s = settings.stuck_after_s
    waiting = without_outcome(photos, as_of=operations.as_of, longer_than_s=stuck_after_s)
    lost = max(0, (operations.objects_received or 0) - len(photos))
    rows, labels = operations.unreadable_rows, operations.unreadable_labels
    is_odd = bool(rows or labels or operations.queues.lost_objects)
    clauses = [f"{len(photos)} photos have a row, {len(waiting)} of them without an outcome"]
    if rows:
        first = ", ".join(row[:16] for row in rows[:3])
        clauses.append(f"{_count(len(rows), 'row')} cannot be read ({first} …)")
    if labels:
        clauses.append(f"{_count(labels, 'label')} cannot be read")
    severity = Severity.WATCH if is_odd else Severity.OK
    return counted_check(
        "conservation",
        Severity.ACT if lost or waiting else severity,
        rule=f"ACT if a photo has no outcome after {stuck_after_s / 60:.0f} minutes, or an object "
        "no row; WATCH if a row or label cannot be read, or the sweeper found an object without a "
        "row",
        sentence=f"{'; '.join(clauses)}. {_objects(operations, lost)}",
        n=len(photos),
        photos=waiting,
        ids=rows,
    )


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def _objects(operations: OperationalFacts, lost: int) -> str:
    """State whether the bucket was compared: the ledger alone cannot reveal a missing row."""
    if operations.objects_received is not None:
        return f"{lost} of {operations.objects_received} objects are without a row."
    walk = operations.queues
    if walk.walk_ended_at is None:
        return "The bucket's objects are not counted yet: `scones reconcile` counts them."
    return (
        f"The sweeper's last walk through the bucket ended {walk.walk_ended_at}: "
        f"{walk.walked_objects or 0:,} objects, {walk.lost_objects or 0} without a row."
    )


def _failures(photos: Sequence[PhotoFacts]) -> Check:
    failed = [photo for photo in photos if photo.status == "failed"]
    many = len(failed) >= max(FAILED_COUNT, FAILED_SHARE * len(photos))
    severity = (Severity.ACT if many else Severity.WATCH) if failed else Severity.OK
    return counted_check(
        "failures",
        severity,
        rule=f"WATCH if any photo failed; ACT from {FAILED_COUNT} and "
        f"{percent(FAILED_SHARE, 0)} on",
        sentence=f"{len(failed)} of {len(photos)} failed{_reasons(failed)}.",
        n=len(photos),
        photos=failed,
    )


def _refused(photos: Sequence[PhotoFacts]) -> Check:
    """Count what was rejected before classification: too large, corrupt, not an image."""
    refused = [photo for photo in photos if photo.status == "rejected" and not photo.model_version]
    share = len(refused) / len(photos) if photos else 0.0
    severity = Severity.OK
    if len(refused) >= REFUSED_COUNT and share >= REFUSED_WATCH:
        severity = Severity.ACT if share >= REFUSED_ACT else Severity.WATCH
    return counted_check(
        "refused",
        severity,
        rule=f"WATCH from {REFUSED_COUNT} photos and {percent(REFUSED_WATCH, 0)} on, ACT from "
        f"{percent(REFUSED_ACT, 0)} on",
        sentence=f"{len(refused)} of {len(photos)} were refused{_reasons(refused)}.",
        n=len(photos),
        photos=refused,
    )


def _reasons(photos: Sequence[PhotoFacts]) -> str:
    reasons = Counter(photo.reason for photo in photos).most_common(3)
    named = "; ".join(f"{reason or 'no reason'} ({count})" for reason, count in reasons)
    return f": {named}" if named else ""


def _completeness(capture: CaptureSummary, share: float, settings: ReportSettings) -> Check:
    target = settings.capture_sampling_share
    n = capture.classified or 0
    # Sampling varies by chance; that variation is not a loss.
    chance = _SAMPLED_SD * math.sqrt(target * (1 - target) / n)
    severity = Severity.OK
    if share < target * settings.completeness_act - chance:
        severity = Severity.ACT
    elif share < target * settings.completeness_watch - chance:
        severity = Severity.WATCH
    of_sample = "" if target == 1 else f" of the {percent(target, 0)} that are to be captured"
    return counted_check(
        "capture_completeness",
        severity,
        rule=f"WATCH below {percent(settings.completeness_watch, 0)}, ACT below "
        f"{percent(settings.completeness_act, 0)}{of_sample}",
        sentence=f"{capture.captured} of {n} classified photos were captured ({percent(share)}"
        f"{'' if target == 1 else f'; {percent(target, 0)} are to be'}).",
        n=n,
        ids=capture.missing,
    )


def _unreadable_captures(capture: CaptureSummary) -> Check:
    anomalies = sum(capture.anomalies.values())
    share = anomalies / capture.lines if capture.lines else 0.0
    severity = Severity.WATCH if share > ANOMALY_WATCH else Severity.OK
    kinds = "".join(f", {kind} {count}" for kind, count in capture.anomalies.items())
    return counted_check(
        "unreadable_captures",
        Severity.ACT if share > ANOMALY_ACT else severity,
        rule=f"WATCH above {percent(ANOMALY_WATCH, 0)} of the lines, ACT above "
        f"{percent(ANOMALY_ACT, 0)}",
        sentence=f"{anomalies} of {capture.lines} lines cannot be used{kinds}.",
        n=capture.lines,
    )


def _review_age(queues: QueueFigures, age_s: float, settings: ReportSettings) -> Check:
    overdue_s = settings.review_overdue_s
    severity = Severity.WATCH if age_s > overdue_s else Severity.OK
    return counted_check(
        "review_age",
        Severity.ACT if age_s > OVERDUE_ACT * overdue_s else severity,
        rule=f"WATCH after {overdue_s / 3600:g} hours, ACT after "
        f"{OVERDUE_ACT * overdue_s / 3600:g}",
        sentence=f"{queues.reviews_open or 0} reviews are open; the oldest has waited "
        f"{age_s / 3600:.1f} hours.",
        n=queues.reviews_open or 0,
    )


def _override(photos: Sequence[PhotoFacts]) -> Check:
    sources = Counter(photo.threshold_source for photo in photos if is_classified(photo))
    stopped = [photo for photo in photos if photo.threshold_source in {INVALID, LOST, UNREADABLE}]
    lost = sources[LOST]
    return counted_check(
        "override",
        Severity.WATCH if stopped else Severity.OK,
        rule="WATCH if an override cannot be read: it stops automatic assignment",
        sentence=f"{sources[SET]} photos met an override, "
        f"{sources[INVALID] + sources[UNREADABLE]} one that cannot be read"
        + (f", {lost} one whose parameter is gone." if lost else "."),
        n=sources.total(),
        photos=stopped,
    )


def _models(
    photos: Sequence[PhotoFacts],
    baselines: Mapping[str, Baseline],
    capture: CaptureSummary | None,
) -> Iterator[Check]:
    """Check which models answered, according to the ledger or Data Capture."""
    versions = Counter(photo.model_version for photo in photos if is_classified(photo))
    for version in capture.scores if capture is not None else ():
        versions[version] += 0
    if not versions:
        return
    unknown = sorted(set(versions) - set(baselines))
    yield counted_check(
        "unknown_model",
        Severity.WATCH if unknown else Severity.OK,
        rule="WATCH if a model has answered that has no baseline",
        sentence=f"{len(versions)} model version(s) answered; without a baseline: "
        f"{', '.join(name or 'unnamed' for name in unknown) or 'none'}.",
        n=versions.total(),
        photos=[photo for photo in photos if photo.model_version in unknown],
    )
    yield _classes(photos, baselines)


def _classes(photos: Sequence[PhotoFacts], baselines: Mapping[str, Baseline]) -> Check:
    """Check that each model answers with the classes of its own baseline."""
    unknown: Counter[str] = Counter()
    affected = []
    for photo in photos:
        baseline = baselines.get(photo.model_version)
        if baseline is not None and (names := photo.probabilities.keys() - baseline.predicted):
            unknown.update(names)
            affected.append(photo)
    named = ", ".join(f"{name} ({count})" for name, count in sorted(unknown.items())[:5])
    return counted_check(
        "unknown_class",
        Severity.WATCH if unknown else Severity.OK,
        rule="WATCH if an answer names a class that the model's baseline does not know",
        sentence=f"{len(affected)} answers name unknown classes{': ' + named if named else ''}.",
        n=len(photos),
        photos=affected,
    )
