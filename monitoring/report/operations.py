"""Checks that count instead of testing: is everything there, and does it move?"""

from collections import Counter
from collections.abc import Iterator, Sequence

from monitoring.report.capture_checks import capture_checks
from monitoring.report.check import Check, counted
from monitoring.report.facts import PhotoFacts, ReportInputs
from monitoring.report.model_checks import model_checks
from monitoring.report.table import is_classified
from monitoring.report.units import percent
from monitoring.statistics.severity import Severity

FAILED_SHARE, FAILED_COUNT = 0.01, 5
REFUSED_COUNT, REFUSED_WATCH, REFUSED_ACT = 5, 0.05, 0.2
OVERDUE_ACT = 3  # times the time after which a review is overdue


def operational_checks(inputs: ReportInputs, photos: Sequence[PhotoFacts]) -> Iterator[Check]:
    """In the order in which somebody on call would ask."""
    yield _conservation(inputs, photos)
    yield _failures(photos)
    yield _refused(photos)
    if inputs.capture is not None:
        yield from capture_checks(inputs.capture, inputs.settings)
    if inputs.queues.oldest_review_s is not None:
        yield _review_age(inputs, inputs.queues.oldest_review_s)
    yield _override(photos)
    yield from model_checks(inputs, photos)


def stuck(inputs: ReportInputs, photos: Sequence[PhotoFacts]) -> list[PhotoFacts]:
    """Photos without an outcome for longer than any execution runs."""
    limit = inputs.settings.stuck_after_s
    return [
        photo
        for photo in photos
        if photo.status in {"received", "requeued"}
        and (inputs.as_of - photo.received_at).total_seconds() > limit
    ]


def _conservation(inputs: ReportInputs, photos: Sequence[PhotoFacts]) -> Check:
    waiting, minutes = stuck(inputs, photos), inputs.settings.stuck_after_s / 60
    lost = max(0, (inputs.objects_received or 0) - len(photos))
    odd = len(inputs.unreadable_rows) + inputs.unreadable_labels + (inputs.queues.lost_objects or 0)
    level = Severity.WATCH if odd else Severity.OK
    found = [f"{len(photos)} photos have a row, {len(waiting)} of them without an outcome"]
    if inputs.unreadable_rows:
        first = ", ".join(each[:16] for each in inputs.unreadable_rows[:3])
        found.append(f"{_count(len(inputs.unreadable_rows), 'row')} cannot be read ({first} …)")
    if inputs.unreadable_labels:
        found.append(f"{_count(inputs.unreadable_labels, 'label')} cannot be read")
    return counted(
        "conservation",
        Severity.ACT if lost or waiting else level,
        rule=f"ACT if a photo has no outcome after {minutes:.0f} minutes, or an object no row; "
        "WATCH if a row or label cannot be read, or the sweeper found an object without a row",
        sentence=f"{'; '.join(found)}. {_objects(inputs, lost)}",
        n=len(photos),
        photos=waiting,
        ids=inputs.unreadable_rows,
    )


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def _objects(inputs: ReportInputs, lost: int) -> str:
    """Whether somebody has looked into the bucket, too: the ledger cannot know what it lacks."""
    if inputs.objects_received is not None:
        return f"{lost} of {inputs.objects_received} objects are without a row."
    walk = inputs.queues
    if walk.walk_ended_at is None:
        return "Nobody has counted the bucket's objects yet: `scones reconcile` does."
    return (
        f"The sweeper's last walk through the bucket ended {walk.walk_ended_at}: "
        f"{walk.walked_objects or 0:,} objects, {walk.lost_objects or 0} without a row."
    )


def _failures(photos: Sequence[PhotoFacts]) -> Check:
    failed = [photo for photo in photos if photo.status == "failed"]
    reasons = Counter(photo.reason for photo in failed).most_common(3)
    named = "; ".join(f"{reason or 'no reason'} ({count})" for reason, count in reasons)
    many = len(failed) >= max(FAILED_COUNT, FAILED_SHARE * len(photos))
    level = (Severity.ACT if many else Severity.WATCH) if failed else Severity.OK
    return counted(
        "failures",
        level,
        rule=f"WATCH if any photo failed; ACT from {FAILED_COUNT} and "
        f"{percent(FAILED_SHARE, 0)} on",
        sentence=f"{len(failed)} of {len(photos)} failed{': ' + named if named else ''}.",
        n=len(photos),
        photos=failed,
    )


def _refused(photos: Sequence[PhotoFacts]) -> Check:
    """What was turned away unseen: too large, corrupt, no photo at all."""
    refused = [photo for photo in photos if photo.status == "rejected" and not photo.model_version]
    reasons = Counter(photo.reason for photo in refused).most_common(3)
    named = "; ".join(f"{reason or 'no reason'} ({count})" for reason, count in reasons)
    share = len(refused) / len(photos) if photos else 0.0
    level = Severity.OK
    if len(refused) >= REFUSED_COUNT and share >= REFUSED_WATCH:
        level = Severity.ACT if share >= REFUSED_ACT else Severity.WATCH
    return counted(
        "refused",
        level,
        rule=f"WATCH from {REFUSED_COUNT} photos and {percent(REFUSED_WATCH, 0)} on, ACT from "
        f"{percent(REFUSED_ACT, 0)} on",
        sentence=f"{len(refused)} of {len(photos)} were refused{': ' + named if named else ''}.",
        n=len(photos),
        photos=refused,
    )


def _review_age(inputs: ReportInputs, age_s: float) -> Check:
    overdue = inputs.settings.review_overdue_s
    level = Severity.WATCH if age_s > overdue else Severity.OK
    return counted(
        "review_age",
        Severity.ACT if age_s > OVERDUE_ACT * overdue else level,
        rule=f"WATCH after {overdue / 3600:g} hours, ACT after {OVERDUE_ACT * overdue / 3600:g}",
        sentence=f"{inputs.queues.reviews_open or 0} reviews are open; the oldest has waited "
        f"{age_s / 3600:.1f} hours.",
        n=inputs.queues.reviews_open or 0,
    )


def _override(photos: Sequence[PhotoFacts]) -> Check:
    sources = Counter(photo.threshold_source for photo in photos if is_classified(photo))
    invalid, override = sources["invalid_override"], sources["override"]
    return counted(
        "override",
        Severity.WATCH if invalid else Severity.OK,
        rule="WATCH if an override cannot be read: it stops automatic assignment",
        sentence=f"{override} photos met an override, {invalid} one that cannot be read.",
        n=sources.total(),
        photos=[photo for photo in photos if photo.threshold_source == "invalid_override"],
    )
