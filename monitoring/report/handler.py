"""Report: shows once a day whether the classifier is still right; any past window on request.

EventBridge Scheduler calls it after midnight in the readers' time zone. It can be called by hand:
`{"from": "2026-11-01", "to": "2026-11-07", "as_of": "2026-11-08T06:00:00Z"}`.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit

from handlers.aws.clients import client
from handlers.aws.photo_store import PhotoStore
from handlers.aws.topic import Topic
from handlers.settings import ReporterSettings
from monitoring import metric_names as names
from monitoring.report import Report, Window
from monitoring.report.email import LINKED, compose_email
from monitoring.report.inputs import Sources
from monitoring.report.run import Pictures, is_final, run_report
from monitoring.report.sources import report_sources
from monitoring.report.thumbnails import thumbnails
from monitoring.report.windows import InvalidWindow, moment, requested

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger(service=names.REPORT)
metrics = Metrics(service=names.REPORT)
tracer = Tracer(service=names.REPORT)

READ_TIMEOUT_S = 30
LINK_EXPIRES_S = 12 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dependencies:
    """What every run needs; cached between calls."""

    settings: ReporterSettings
    sources: Sources
    pictures: Pictures
    topic: Topic


@cache
def _dependencies() -> _Dependencies:
    settings = ReporterSettings.from_env(os.environ)
    s3 = client("s3", read_timeout_s=READ_TIMEOUT_S)
    return _Dependencies(
        settings=settings,
        sources=report_sources(
            settings,
            s3=s3,
            dynamodb=client("dynamodb", read_timeout_s=READ_TIMEOUT_S),
            sqs=client("sqs", read_timeout_s=READ_TIMEOUT_S),
        ),
        pictures=partial(thumbnails, PhotoStore(s3)),
        topic=Topic(client("sns", read_timeout_s=5), arn=settings.report_topic_arn),
    )


@tracer.capture_lambda_handler
@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], _context: "LambdaContext") -> dict[str, Any]:
    """Make the report of the last days for `{}`, or of the window that the event names.

    Raises: InvalidWindow.
    """
    dependencies, now = _dependencies(), datetime.now(UTC).replace(microsecond=0)
    as_of = _as_of(event, now)
    window = requested(
        event,
        time_zone=dependencies.settings.time_zone,
        as_of=as_of,
        days=int(dependencies.settings.report_days),
    )
    store = dependencies.sources.store
    # Any: JSON
    answer: dict[str, Any] = {
        "folder": f"s3://{dependencies.settings.reports_bucket}/{store.folder(window)}"
    }
    if is_final(dependencies.sources, window, now=now):
        answer["kept"] = "the captures of this window are deleted: the existing report is kept"
        logger.info("report_kept", **answer)
        return answer
    report = run_report(
        dependencies.sources, window, as_of=as_of, now=now, pictures=dependencies.pictures
    ).report
    answer |= {"verdict": report.verdict, "headline": report.headline}
    logger.info("report_published", **answer)
    # A requested report about the past must neither raise nor end an alarm of today.
    if _is_scheduled(event) and not store.was_notified(window, as_of):
        _send_email(dependencies, report, window, folder=answer["folder"])
        _publish_metrics(report)
        # Marked last: after a crash before it the email is sent twice rather than never.
        store.mark_notified(window, as_of)
    return answer


def _as_of(event: Mapping[str, Any], now: datetime) -> datetime:
    """Return the schedule's own time, so that its second delivery makes the same report."""
    requested_time = event.get("as_of")
    if requested_time:
        return moment(requested_time)
    try:
        return moment(event.get("scheduled_at"))
    except InvalidWindow:  # the schedule's time is not filled in
        return now


def _is_scheduled(event: Mapping[str, Any]) -> bool:
    return not {"from", "to", "as_of"} & event.keys()


def _send_email(
    dependencies: _Dependencies, report: Report, window: Window, *, folder: str
) -> None:
    store = dependencies.sources.store
    links = {name: store.link(window, name, expires_s=LINK_EXPIRES_S) for name in LINKED}
    dependencies.topic.publish(*compose_email(report, window, links=links, folder=folder))


def _publish_metrics(report: Report) -> None:
    metrics.add_metric(names.REPORT_PUBLISHED, MetricUnit.Count, 1)
    for name, value in report.metrics.items():
        metrics.add_metric(name, MetricUnit.NoUnit, value)
