"""The email about a report: the verdict, its reasons, and links that expire after some hours."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from monitoring.rendering.format import printable
from monitoring.report import Report, Window

LINKED = {  # files of the report that the email links to, in this order
    "report.html": "The report:",
    "photos.csv": "Every photo of the window, with its figures (photos.csv):",
    "labelled.csv": "Every photo with a human label, for the accuracy (labelled.csv):",
}
_MOST_CHECKS = 5  # checks in the email, the most severe ones; the page has all of them


def compose_email(
    report: Report, window: Window, *, links: Mapping[str, str], folder: str
) -> tuple[str, str]:
    """Return subject and text.

    Args:
        report: the report.
        window: its window, whose time zone is used.
        links: signed links by file name, for each name in LINKED.
        folder: the S3 URI of the report.
    """
    subject = f"Scones {report.verdict}: {_day(window.start, window)}"
    loud = [check for check in report.checks if check.is_loud]
    listed = sorted(loud, key=lambda check: -check.severity)[:_MOST_CHECKS]
    lines = [
        report.answer,
        *report.budgets,
        report.headline,
        "",
        f"From {_time(window.start, window)} to {_time(window.end, window)}.",
        *(f"- {check.verdict} {check.name}: {check.sentence}" for check in listed),
        "",
        (
            "These links work without an AWS account. They expire with the session of the function"
            " that signed them, after 12 hours at the latest."
        ),
        *(line for name, title in LINKED.items() for line in (title, links[name])),
        "",
        "Afterwards, with an AWS account:",
        folder,
    ]
    return subject, "\n".join(map(printable, lines))


def _day(moment: datetime, window: Window) -> str:
    return moment.astimezone(ZoneInfo(window.time_zone)).date().isoformat()


def _time(moment: datetime, window: Window) -> str:
    return moment.astimezone(ZoneInfo(window.time_zone)).strftime("%Y-%m-%d %H:%M %Z")
