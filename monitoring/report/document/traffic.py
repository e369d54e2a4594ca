"""What was received: counts, hours, and the photos behind each count. JSON values throughout."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC
from typing import Any

from monitoring.report.document.times import hours_of, iso, local
from monitoring.report.records.inputs import ReportInputs, Window
from monitoring.report.records.photo import (
    STATUSES,
    PhotoFacts,
    is_classified,
    predicted,
    status_of,
    without_outcome,
)
from monitoring.report.records.tables import PhotoSets

LISTED = 200
Json = dict[str, Any]

_TITLES = {
    "assigned": "Assigned",
    "in_review": "In review",
    "rejected": "Rejected",
    "failed": "Failed",
    "in_flight": "In flight",
}


def conservation(photos: Sequence[PhotoFacts], inputs: ReportInputs) -> Json:
    """Count by status; the statuses sum up to `received`, and the rest cannot be in that sum."""
    counts = Counter(map(status_of, photos))
    return {
        "objects": inputs.objects_received,
        "unreadable_rows": len(inputs.unreadable_rows),
        "unreadable_labels": inputs.unreadable_labels,
        "received": len(photos),
        "classified": sum(map(is_classified, photos)),
        **{status: counts[status] for status in STATUSES},
    }


def hourly(photos: Sequence[PhotoFacts], window: Window) -> list[Json]:
    """Count by the hour of receipt; local hours that occur twice are labelled with their zone."""
    hours = hours_of(window)
    counts = Counter(
        (
            photo.received_at.astimezone(UTC).replace(minute=0, second=0, microsecond=0),
            status_of(photo),
        )
        for photo in photos
    )
    labels = [local(hour, window, "%H:%M") for hour in hours]
    twice = {label for label, count in Counter(labels).items() if count > 1}
    many = len(hours) > 25
    return [
        {
            "start": iso(hour),
            "label": local(hour, window, _form(label in twice, many)),
            **{status: counts[hour, status] for status in STATUSES},
        }
        for hour, label in zip(hours, labels, strict=True)
    ]


def _form(occurs_twice: bool, many: bool) -> str:
    if many:
        return "%d %b %H:%M"
    return "%H:%M %Z" if occurs_twice else "%H:%M"


def photo_groups(photos: PhotoSets, inputs: ReportInputs) -> list[Json]:
    """List the photos behind each count, at most LISTED a group; photos.csv has all of them.

    The groups follow the chapters' order; empty ones are left out.
    """
    received, labelled = photos.received, photos.labelled
    groups = [
        _group(status, _TITLES[status], [p for p in received if status_of(p) == status])
        for status in STATUSES
    ]
    groups += _by(received, "review", "Review: ", lambda photo: photo.review_reason)
    groups += _by(received, "reason", "Reason: ", lambda photo: photo.reason)
    classified = [photo for photo in received if photo.probabilities]
    groups += _by(classified, "class", "Most probable: ", predicted)
    groups += _by(received, "format", "Format: ", lambda photo: photo.image_format.lower())
    waiting = without_outcome(
        received, as_of=inputs.as_of, longer_than_s=inputs.settings.stuck_after_s
    )
    groups.append(_group("stuck", "Without an outcome for too long", waiting))
    if labelled is not None:
        days = f"{inputs.settings.audit_days} days"
        groups.append(_group("audited", f"Audited, {days}", labelled.audits))
        groups.append(_group("audited_errors", f"Audited and wrong, {days}", labelled.errors))
    if inputs.capture is not None and inputs.capture.missing:
        by_id = {photo.photo_id: photo for photo in received}
        missing = [by_id[photo_id] for photo_id in inputs.capture.missing if photo_id in by_id]
        groups.append(_group("not_captured", "Classified and not captured", missing))
    return [group for group in groups if group["n"]]


def _by(
    photos: Sequence[PhotoFacts], name: str, title: str, kind_of: Callable[[PhotoFacts], str]
) -> list[Json]:
    kinds: dict[str, list[PhotoFacts]] = {}
    for photo in photos:
        if kind := kind_of(photo):
            kinds.setdefault(kind, []).append(photo)
    return [_group(f"{name}:{kind}", title + kind, kinds[kind]) for kind in sorted(kinds)]


def _group(name: str, title: str, photos: Sequence[PhotoFacts]) -> Json:
    listed = [{"photo_id": photo.photo_id, "key": photo.key} for photo in photos[:LISTED]]
    return {"name": name, "title": title, "n": len(photos), "listed": listed}
