"""Reports made on this machine, by the code of the deployed function and with its settings."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from handlers.aws.photo_store import PhotoStore
from handlers.settings import ReporterSettings
from infra.config import STAGES
from infra.demo.demo_day import demo_day
from infra.demo.drawings import drawings
from infra.synthesis.synth import ROOT
from monitoring.report.run import MadeReport, make_report, run_report
from monitoring.report.sources import report_sources
from monitoring.report.thumbnails import thumbnails
from monitoring.report.windows import moment, requested, zone

if TYPE_CHECKING:
    from datetime import date

    import boto3

    from monitoring.report import Window
    from monitoring.report.inputs import Sources

_DAYS = {"today": 0, "yesterday": -1}


def made_up() -> MadeReport:
    """A day that never was, with a drift in it."""
    config = STAGES["local"]
    manifest = json.loads((ROOT / config.model_manifests[0]).read_text(encoding="utf-8"))
    day = demo_day(manifest["classes"], sorted(config.order_ranges))
    return make_report(day.inputs, pictures=partial(drawings, day.truths))


def of_system(
    session: boto3.Session,
    function: str,
    *,
    start: str | None,
    end: str | None,
    as_of: str | None,
) -> tuple[MadeReport, str]:
    """A report of what runs there, and the folder in which it would stand there.

    Raises: InvalidWindow, ClientError.
    """
    settings, sources = sources_of(session, function)
    now = datetime.now(UTC).replace(microsecond=0)
    known_at = moment(as_of) if as_of else now
    window = window_of(settings, start, end, now=now, known_at=known_at)
    made = run_report(
        sources,
        window,
        as_of=known_at,
        now=now,
        pictures=partial(thumbnails, PhotoStore(session.client("s3"))),
        publish=False,
    )
    return made, sources.store.folder(window)


def sources_of(session: boto3.Session, function: str) -> tuple[ReporterSettings, Sources]:
    """What the deployed function reads, by its own settings, so that both say the same."""
    found = session.client("lambda").get_function_configuration(FunctionName=function)
    settings = ReporterSettings.from_env(found["Environment"]["Variables"])
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
    """As people ask for it: `today` is the day where the readers live. Raises: InvalidWindow."""
    today = now.astimezone(zone(settings.time_zone)).date()
    return requested(
        {"from": _day(start, today), "to": _day(end, today)},
        time_zone=settings.time_zone,
        as_of=known_at,
    )


def _day(text: str | None, today: date) -> str | None:
    if text not in _DAYS:
        return text
    return (today + timedelta(days=_DAYS[text])).isoformat()
