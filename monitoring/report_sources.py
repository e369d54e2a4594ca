"""Where a report reads everything: made of the function's settings, on Lambda and on a laptop."""

from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from handlers.aws.known_items import KnownItems
from handlers.aws.ledger import PhotosTable
from handlers.aws.objects import Objects
from handlers.aws.queues import Queue
from handlers.import_closure import ROOT, import_closure
from monitoring.gather import Sources
from monitoring.notebook import StoredNotes
from monitoring.queue_figures import Queues
from monitoring.report import ReportSettings
from monitoring.shelf import Shelf

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

    from monitoring.settings import ReporterSettings

_REPORT_MODULES = ("monitoring.report_run", "monitoring.report_sources")


def report_sources(
    settings: "ReporterSettings", *, s3: "S3Client", dynamodb: "DynamoDBClient", sqs: "SQSClient"
) -> Sources:
    """Baselines lie beside the models' manifests, in the function's package as in the project."""
    ledger = PhotosTable(dynamodb, table=settings.photos_table)
    reports = Objects(s3, bucket=settings.reports_bucket)
    return Sources(
        ledger=ledger,
        captures=Objects(s3, bucket=settings.capture_bucket),
        capture_prefix=settings.capture_prefix,
        class_names=tuple(filter(None, settings.model_classes.split(","))),
        capture_retention=timedelta(days=settings.capture_retention_days),
        labels=Objects(s3, bucket=settings.labels_bucket) if settings.labels_bucket else None,
        known_items=KnownItems(dynamodb, table=settings.reviewers_table)
        if settings.reviewers_table
        else None,
        queues=Queues(
            ledger=ledger,
            reviews=Queue(sqs, url=settings.review_queue_url),
            failures=Queue(sqs, url=settings.failures_queue_url),
            dead_letters=[Queue(sqs, url=url) for url in settings.dead_letters_urls.split(",")],
            notes=StoredNotes(reports),
        ),
        shelf=Shelf(reports, stage=settings.stage),
        packaged_baselines=tuple(sorted(ROOT.glob("training/**/baseline.json"))),
        settings=ReportSettings(
            vehicles=tuple(settings.vehicles.split(",")),
            audit_days=int(settings.audit_days),
            capture_sampling_share=settings.capture_sampling_percentage / 100,
            stage=settings.stage,
        ),
        code_version=code_version(),
    )


@cache
def code_version(root: Path = ROOT) -> str:
    """Return a digest of the modules that make a report, wherever they lie.

    The function's package holds fewer modules than the project, so the imports are followed.
    """
    return import_closure(*_REPORT_MODULES, root=root).digest()[:12]
