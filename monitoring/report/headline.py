"""What one reads first, in two sentences: is the classifier right, and what is different?"""

from collections.abc import Mapping, Sequence
from typing import Any

from monitoring.report.check import Check
from monitoring.report.units import percent
from monitoring.statistics.severity import Severity

Json = Mapping[str, Any]


def answer_of(accuracy: Json | None, *, models: int) -> str:
    """Is the classifier still right? As far as anybody can tell; of one of the day's models."""
    if accuracy is None:
        return "No photo was classified, so there is nothing to be right or wrong about."
    combined, audits, days = accuracy["combined"], accuracy["automatic"], accuracy["days"]
    if combined is not None:
        judged = audits["judged"] + accuracy["reviewed"]["judged"]
        who = "The classifier" if models <= 1 else f"Model {accuracy['model_version']}"
        value, low, high = (percent(combined[name]) for name in ("value", "low", "high"))
        return (
            f"{who} is right on {value} of photos (between {low} and {high}, by what "
            f"people saw on {judged:,} photos of {days} days)."
        )
    estimate = accuracy["estimated_audit_days"]["value"]
    own = "" if estimate is None else f"; its own estimate is {percent(estimate)}"
    unseen = (
        "of the photos that it decided, nobody has audited one"
        if audits["photos"] and not audits["judged"]
        else "nobody has judged a photo that was reviewed"
    )
    return f"Whether the classifier is right is not known: {unseen} in {days} days{own}."


def headline_of(level: Severity, checks: Sequence[Check], counts: Json) -> str:
    """The loudest check, or what quiet rests on."""
    received, classified = counts["received"], counts["classified"]
    came = f"{received:,} photo{'' if received == 1 else 's'} came" if received else "No photo came"
    if classified != received:
        came += f", {classified:,} of them were classified"
    if level is Severity.NOT_ENOUGH_DATA:
        return f"{came}: too few to tell a change from chance."
    if level is Severity.OK:
        week = [check.n for check in checks if check.test and check.window == "week"]
        over = f" ({max(week):,} photos of seven days were compared)" if week else ""
        return f"{came}, and nothing differs from the baseline or needs a hand{over}."
    loud = [check for check in checks if check.level >= Severity.WATCH]
    worst = max(loud, key=loudness)
    others = len(loud) - 1
    more = f" {others} more check{'s' if others > 1 else ''} below." if others else ""
    return f"{worst.title}: {worst.sentence}{more}"


def worst_shown(checks: Sequence[Check]) -> Check | None:
    """The loudest check that has photos to show."""
    shown = [check for check in checks if check.photos and check.level >= Severity.WATCH]
    return max(shown, key=loudness, default=None)


def loudness(check: Check) -> tuple[Severity, float]:
    """The least likely by chance is the loudest; what is counted comes before what is tested."""
    return check.level, -(check.p or 0.0)
