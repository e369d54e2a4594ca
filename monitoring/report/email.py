"""The mail about a report: the verdict, why, and links that live for some hours."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from monitoring.rendering.format import printable
from monitoring.report import Report, Window

LINKED = {  # files of the report that the mail leads to, in this order
    "report.html": "The report:",
    "photos.csv": "Every photo of the window, with its figures (photos.csv):",
    "labelled.csv": "Every photo with a human label, for the accuracy (labelled.csv):",
}
_NAMED = 5  # checks that the mail mentions, the loudest; the page has all of them


def compose_email(
    report: Report, window: Window, *, links: Mapping[str, str], folder: str
) -> tuple[str, str]:
    """Subject and text; `links`: one for each of LINKED."""
    subject = f"Scones {report.verdict}: {_day(window.start, window)}"
    found = [check for check in report.checks if check.verdict in {"WATCH", "ACT"}]
    loudest = sorted(found, key=lambda check: -check.severity)[:_NAMED]
    lines = [
        report.answer,
        report.headline,
        "",
        f"From {_time(window.start, window)} to {_time(window.end, window)}.",
        *(f"- {check.verdict} {check.name}: {check.sentence}" for check in loudest),
        "",
        (
            "These links need no account. They end with the session of the function that signed"
            " them, at the latest after 12 hours."
        ),
        *(line for name, said in LINKED.items() for line in (said, links[name])),
        "",
        "Later, with an account:",
        folder,
    ]
    return subject, "\n".join(map(printable, lines))


def _day(moment: datetime, window: Window) -> str:
    return moment.astimezone(ZoneInfo(window.time_zone)).date().isoformat()


def _time(moment: datetime, window: Window) -> str:
    return moment.astimezone(ZoneInfo(window.time_zone)).strftime("%Y-%m-%d %H:%M %Z")
