"""Report: once a day it says whether the classifier is still right; any past window on request.

EventBridge Scheduler calls it after midnight of the readers' time zone. It can be called by hand:
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
from monitoring import metric_names as names
from monitoring.report import Report, Window
from monitoring.report.email import LINKED, compose_email
from monitoring.report.inputs import Sources
from monitoring.report.run import Pictures, run_report, stands_for_good
from monitoring.report.sources import report_sources
from monitoring.report.thumbnails import thumbnails
from monitoring.report.windows import InvalidWindow, moment, requested
from monitoring.settings import ReporterSettings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger(service=names.REPORT)
metrics = Metrics(service=names.REPORT)
tracer = Tracer(service=names.REPORT)

READ_TIMEOUT_S = 30
LINK_EXPIRES_S = 12 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class _Means:
    """What every run needs."""

    settings: ReporterSettings
    sources: Sources
    pictures: Pictures
    topic: Topic


@cache
def _means() -> _Means:
    settings = ReporterSettings.from_env(os.environ)
    s3 = client("s3", read_timeout_s=READ_TIMEOUT_S)
    return _Means(
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
    """`{}` is the day that has just ended; see above for any other window."""
    means, now = _means(), datetime.now(UTC).replace(microsecond=0)
    as_of = _as_of(event, now)
    window = requested(
        event,
        time_zone=means.settings.time_zone,
        as_of=as_of,
        days=int(means.settings.report_days),
    )
    store = means.sources.store
    # Any: JSON
    answer: dict[str, Any] = {
        "folder": f"s3://{means.settings.reports_bucket}/{store.folder(window)}"
    }
    if stands_for_good(means.sources, window, now=now):
        answer["kept"] = "captures of that time are deleted by now: the report that stands stays"
        logger.info("report_kept", **answer)
        return answer
    made = run_report(means.sources, window, as_of=as_of, now=now, pictures=means.pictures)
    report = made.report
    answer |= {"verdict": report.verdict, "headline": report.headline}
    logger.info("report_published", **answer)
    # What is asked for about the past must neither set off nor end an alarm of today.
    if _is_scheduled(event) and not store.was_notified(window, as_of):
        _tell(means, report, window, folder=answer["folder"])
        _count(report)
        # Noted last: after a crash before it people are told twice, and never not at all.
        store.mark_notified(window, as_of)
    return answer


def _as_of(event: Mapping[str, Any], now: datetime) -> datetime:
    """The schedule's own time, so that a second delivery of it makes the same report."""
    given = event.get("as_of")
    if given:
        return moment(given)
    try:
        return moment(event.get("scheduled_at"))
    except InvalidWindow:  # nobody filled in the schedule's time
        return now


def _is_scheduled(event: Mapping[str, Any]) -> bool:
    return not {"from", "to", "as_of"} & event.keys()


def _tell(means: _Means, report: Report, window: Window, *, folder: str) -> None:
    store = means.sources.store
    links = {name: store.link(window, name, expires_s=LINK_EXPIRES_S) for name in LINKED}
    means.topic.tell(*compose_email(report, window, links=links, folder=folder))


def _count(report: Report) -> None:
    metrics.add_metric(names.REPORT_PUBLISHED, MetricUnit.Count, 1)
    for name, value in report.metrics.items():
        metrics.add_metric(name, MetricUnit.NoUnit, value)
