"""Connects a report to its sources by the function's settings, on Lambda and on a laptop."""

from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from handlers.aws.bucket import Bucket
from handlers.aws.known_items import KnownItems
from handlers.aws.photos_table import PhotosTable
from handlers.aws.queue import Queue
from handlers.import_closure import ROOT, import_closure
from monitoring.reconciliation.checkpoint import CheckpointStore
from monitoring.report import ReportSettings
from monitoring.report.inputs import Sources
from monitoring.report.queue_figures import QueueMonitor
from monitoring.report.store import ReportStore
from monitoring.statistics.error_budget import BudgetRule

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

    from handlers.settings import ReporterSettings

_REPORT_MODULES = ("monitoring.report.run", "monitoring.report.sources")
_REPORT_FILES = tuple(
    f"monitoring/{folder}/**/*.{kind}"
    for folder in ("rendering", "report/html")
    for kind in ("css", "html")
)


def report_sources(
    settings: "ReporterSettings", *, s3: "S3Client", dynamodb: "DynamoDBClient", sqs: "SQSClient"
) -> Sources:
    """Return the sources of a report.

    Baselines are stored beside the models' manifests, in the function's package as in the project.
    """
    ledger = PhotosTable(dynamodb, table=settings.photos_table)
    reports = Bucket(s3, bucket=settings.reports_bucket)
    return Sources(
        ledger=ledger,
        captures=Bucket(s3, bucket=settings.capture_bucket),
        capture_prefix=settings.capture_prefix,
        class_names=tuple(filter(None, settings.model_classes.split(","))),
        capture_retention=timedelta(days=settings.capture_retention_days),
        labels=Bucket(s3, bucket=settings.labels_bucket) if settings.labels_bucket else None,
        known_items=KnownItems(dynamodb, table=settings.reviewers_table)
        if settings.reviewers_table
        else None,
        queues=QueueMonitor(
            ledger=ledger,
            reviews=Queue(sqs, url=settings.review_queue_url),
            failures=Queue(sqs, url=settings.failures_queue_url),
            dead_letters=[Queue(sqs, url=url) for url in settings.dead_letters_urls.split(",")],
            checkpoints=CheckpointStore(reports),
        ),
        store=ReportStore(reports, stage=settings.stage),
        packaged_baselines=tuple(sorted(ROOT.glob("training/**/baseline.json"))),
        settings=ReportSettings(
            vehicles=tuple(settings.vehicles.split(",")),
            audit_days=int(settings.audit_days),
            budget=BudgetRule(
                budget=settings.error_budget,
                alarm_alpha=settings.budget_alarm_alpha,
                proof_alpha=settings.budget_proof_alpha,
            ),
            capture_sampling_share=settings.capture_sampling_percentage / 100,
            stage=settings.stage,
        ),
        code_version=code_version(),
    )


@cache
def code_version(root: Path = ROOT) -> str:
    """Return a digest of the modules, templates and style sheets that make a report.

    The function's package holds fewer modules than the project, so the imports are followed.
    """
    paths = {path for pattern in _REPORT_FILES for path in root.glob(pattern)}
    files = (path.relative_to(root).as_posix() for path in paths)
    return import_closure(*_REPORT_MODULES, root=root).digest(*files)[:12]
