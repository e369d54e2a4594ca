"""What is read first: is the classifier right, what is different, and photos that show it."""

from collections.abc import Mapping, Sequence
from typing import Any

from monitoring.rendering.format import percent
from monitoring.report.checks.check import Check, severity_key
from monitoring.report.document.times import iso, local
from monitoring.report.records.figures import QUALITY, format_scaled, rounded, scaled_figure
from monitoring.report.records.inputs import Window
from monitoring.report.records.photo import PhotoFacts
from monitoring.statistics.severity import Severity

THUMBNAILS = 12
Json = Mapping[str, Any]


def answer_of(accuracy: Json | None, *, models: int) -> str:
    """State how often the classifier is right, as far as labels show; of one of the day's models.

    `accuracy`: the document's chapter; `models`: how many model versions answered.
    """
    if accuracy is None:
        return "No photo was classified, so there is no accuracy to estimate."
    combined, audits, days = accuracy["combined"], accuracy["automatic"], accuracy["days"]
    if combined is not None:
        labelled = audits["labelled"] + accuracy["reviewed"]["labelled"]
        who = "The classifier" if models <= 1 else f"Model {accuracy['model_version']}"
        value, low, high = (percent(combined[name]) for name in ("value", "low", "high"))
        return (
            f"{who} is right on {value} of photos (between {low} and {high}, by human "
            f"labels of {labelled:,} photos in {days} days)."
        )
    estimate = accuracy["estimated_audit_days"]["value"]
    own = "" if estimate is None else f"; its own estimate is {percent(estimate)}"
    unseen = (
        "no photo that it decided was audited"
        if audits["photos"] and not audits["labelled"]
        else "no reviewed photo was labelled"
    )
    return f"Whether the classifier is right is not known: {unseen} in {days} days{own}."


def headline_of(severity: Severity, checks: Sequence[Check], counts: Json) -> str:
    """State the most severe check, or what a quiet verdict rests on.

    `counts`: the document's conservation.
    """
    received, classified = counts["received"], counts["classified"]
    came = f"{received:,} photo{'' if received == 1 else 's'} came" if received else "No photo came"
    if classified != received:
        came += f", {classified:,} of them were classified"
    if severity is Severity.NOT_ENOUGH_DATA:
        return f"{came}: too few to tell a change from chance."
    if severity is Severity.OK:
        week = [check.n for check in checks if check.test and check.window == "week"]
        over = f" ({max(week):,} photos of seven days were compared)" if week else ""
        return f"{came}, and nothing differs from the baseline or needs action{over}."
    loud = [check for check in checks if check.is_loud]
    worst = max(loud, key=severity_key)
    others = len(loud) - 1
    more = f" {others} more check{'s' if others > 1 else ''} below." if others else ""
    return f"{worst.title}: {worst.sentence}{more}"


def worst_with_photos(checks: Sequence[Check]) -> Check | None:
    """Return the most severe check that has example photos."""
    candidates = [check for check in checks if check.photos and check.is_loud]
    return max(candidates, key=severity_key, default=None)


def examples(
    check: Check | None, photos: Mapping[str, PhotoFacts], window: Window
) -> dict[str, Any] | None:
    """Describe the first photos of a check; `photos`: by id, all that a check may name."""
    if check is None:
        return None
    return {
        "check": check.name,
        "title": check.title,
        "photos": [
            _example(photos[photo_id], check, window)
            for photo_id in check.photos[:THUMBNAILS]
            if photo_id in photos
        ],
    }


def _example(photo: PhotoFacts, check: Check, window: Window) -> dict[str, Any]:
    return {
        "photo_id": photo.photo_id,
        "key": photo.key,
        "received_at": iso(photo.received_at),
        "received_label": local(photo.received_at, window, "%d %b %H:%M"),
        "figure": _figure(photo, check),
        "vehicle": photo.vehicle,
        "confidence": rounded(photo.confidence),
        "verdict": photo.verdict,
    }


def _figure(photo: PhotoFacts, check: Check) -> str:
    """Return the photo's figure that the check is about, e.g. `sharpness 1.58`; may be empty."""
    value = scaled_figure(photo, check.name) if check.name in QUALITY else None
    if value is None:
        return ""
    return f"{check.title.lower()} {format_scaled(check.name, value)}"
