"""The photos behind every count. `photos.csv` has all of them; here each list is bounded."""

from collections.abc import Callable, Sequence
from typing import Any

from monitoring.report.accuracy import Judgements
from monitoring.report.facts import PhotoFacts, ReportInputs
from monitoring.report.operations import stuck
from monitoring.report.sections import STATUSES, status_of
from monitoring.report.table import predicted

LISTED = 200
_TITLES = {
    "assigned": "Assigned",
    "in_review": "In review",
    "rejected": "Rejected",
    "failed": "Failed",
    "in_flight": "In flight",
}


def groups(
    inputs: ReportInputs, photos: Sequence[PhotoFacts], judgements: Judgements | None
) -> list[dict[str, Any]]:
    """In the order of the chapters; empty ones are left out."""
    found = [
        _group(status, _TITLES[status], [p for p in photos if status_of(p) == status])
        for status in STATUSES
    ]
    found += _by(photos, "review", "Review: ", lambda photo: photo.review_reason)
    found += _by(photos, "reason", "Reason: ", lambda photo: photo.reason)
    classified = [photo for photo in photos if photo.probabilities]
    found += _by(classified, "class", "Most probable: ", predicted)
    found += _by(photos, "format", "Format: ", lambda photo: photo.image_format.lower())
    found.append(_group("stuck", "Without an outcome for too long", stuck(inputs, photos)))
    if judgements is not None:
        days = f"{inputs.settings.audit_days} days"
        found.append(_group("audited", f"Audited, {days}", judgements.audits))
        found.append(_group("audited_errors", f"Audited and wrong, {days}", judgements.errors))
    if inputs.capture is not None and inputs.capture.missing:
        known = {photo.photo_id: photo for photo in photos}
        missing = [known[each] for each in inputs.capture.missing if each in known]
        found.append(_group("not_captured", "Classified and not captured", missing))
    return [group for group in found if group["n"]]


def _by(
    photos: Sequence[PhotoFacts], name: str, title: str, kind_of: Callable[[PhotoFacts], str]
) -> list[dict[str, Any]]:
    kinds: dict[str, list[PhotoFacts]] = {}
    for photo in photos:
        if kind := kind_of(photo):
            kinds.setdefault(kind, []).append(photo)
    return [_group(f"{name}:{kind}", title + kind, kinds[kind]) for kind in sorted(kinds)]


def _group(name: str, title: str, photos: Sequence[PhotoFacts]) -> dict[str, Any]:
    listed = [{"photo_id": photo.photo_id, "key": photo.key} for photo in photos[:LISTED]]
    return {"name": name, "title": title, "n": len(photos), "listed": listed}
