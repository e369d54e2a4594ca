"""The mail about a report: the verdict, why, and a link that lives for some hours."""

from datetime import datetime
from zoneinfo import ZoneInfo

from monitoring.report import Report, Window

_NAMED = 5  # checks that the mail mentions; the page has all of them


def letter(report: Report, window: Window, *, link: str, folder: str) -> tuple[str, str]:
    """Subject and text."""
    subject = f"Scones {report.verdict}: {_day(window.start, window)}"
    found = [check for check in report.checks if check.verdict in {"WATCH", "ACT"}]
    lines = [
        report.headline,
        "",
        f"From {_time(window.start, window)} to {_time(window.end, window)}.",
        *(f"- {check.verdict} {check.name}: {check.sentence}" for check in found[:_NAMED]),
        "",
        (
            "The report, for some hours (the link ends with the session of the function that signed"
            " it, at the latest after 12 hours):"
        ),
        link,
        "",
        "Later, with an account:",
        folder,
    ]
    return subject, "\n".join(lines)


def _day(moment: datetime, window: Window) -> str:
    return moment.astimezone(ZoneInfo(window.time_zone)).date().isoformat()


def _time(moment: datetime, window: Window) -> str:
    return moment.astimezone(ZoneInfo(window.time_zone)).strftime("%Y-%m-%d %H:%M %Z")
