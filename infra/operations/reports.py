"""Make a report on this machine, with the code of the deployed function and its settings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from handlers.aws.photo_store import PhotoStore
from handlers.settings import ReporterSettings
from monitoring.report.run import MadeReport, run_report
from monitoring.report.sources import report_sources
from monitoring.report.thumbnails import thumbnails
from monitoring.report.windows import moment, requested, zone

if TYPE_CHECKING:
    from datetime import date

    from infra.operations.target import Target
    from monitoring.report import Window
    from monitoring.report.inputs import Sources

_DAYS_FROM_TODAY = {"today": 0, "yesterday": -1}


def report_of(
    target: Target, *, start: str | None, end: str | None, as_of: str | None
) -> tuple[MadeReport, str]:
    """Return a report of the target, and the folder where its own function would store it.

    Nothing is published. The texts are those of `--from`, `--to` and `--as-of`.

    Raises: InvalidWindow, OutdatedStack, ClientError.
    """
    settings, sources = sources_of(target)
    now = datetime.now(UTC).replace(microsecond=0)
    known_at = moment(as_of) if as_of else now
    window = window_of(settings, start, end, now=now, known_at=known_at)
    report = run_report(
        sources,
        window,
        as_of=known_at,
        now=now,
        pictures=partial(thumbnails, PhotoStore(target.session.client("s3"))),
        publish=False,
    )
    return report, sources.store.folder(window)


def sources_of(target: Target) -> tuple[ReporterSettings, Sources]:
    """Return what the target's report function reads, by the settings of that function.

    Raises: OutdatedStack, ClientError.
    """
    session = target.session
    function = session.client("lambda").get_function_configuration(
        FunctionName=target.output("ReportFunction")
    )
    settings = ReporterSettings.from_env(function["Environment"]["Variables"])
    sources = report_sources(
        settings,
        s3=session.client("s3"),
        dynamodb=session.client("dynamodb"),
        sqs=session.client("sqs"),
    )
    return settings, sources


def window_of(
    settings: ReporterSettings,
    start: str | None,
    end: str | None,
    *,
    now: datetime,
    known_at: datetime,
) -> Window:
    """Return the window; `today` and `yesterday` are days of the stage's time zone.

    Raises: InvalidWindow.
    """
    today = now.astimezone(zone(settings.time_zone)).date()
    return requested(
        {"from": _day(start, today), "to": _day(end, today)},
        time_zone=settings.time_zone,
        as_of=known_at,
    )


def _day(text: str | None, today: date) -> str | None:
    if text not in _DAYS_FROM_TODAY:
        return text
    return (today + timedelta(days=_DAYS_FROM_TODAY[text])).isoformat()
