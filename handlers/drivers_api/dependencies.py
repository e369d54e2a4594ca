"""Adapters of the drivers' function, created at the first call from the environment."""

import os
from dataclasses import dataclass
from functools import cache

from aws_lambda_powertools import Logger

from handlers.aws.assignments_table import AssignmentsTable
from handlers.aws.clients import client
from handlers.aws.driver_assignments import DriverAssignments
from handlers.aws.driver_photos import DriverPhotos
from handlers.aws.photos_table import PhotosTable
from handlers.aws.review_decisions import ReviewLedger
from handlers.aws.review_leases import ReviewLeases
from handlers.aws.review_queue import ReviewQueue
from handlers.aws.review_transactions import Tables
from handlers.aws.uploads_table import UploadForms, UploadsTable
from handlers.settings import DriversSettings

logger = Logger(service="drivers")

_READ_TIMEOUT_S = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class DriversDependencies:
    """One adapter for each resource."""

    forms: UploadForms
    uploads: UploadsTable
    photos: DriverPhotos
    assignments: DriverAssignments
    ledger: ReviewLedger
    leases: ReviewLeases
    review_queue: ReviewQueue
    uploads_per_hour: int  # permissions of one driver


def _report_unreadable(photo_id: str) -> None:
    logger.error("ledger_row_malformed", photo_id=photo_id)


def _report_unreadable_assignment() -> None:
    logger.error("assignment_row_malformed")  # the account in every line says whose


@cache
def settings() -> DriversSettings:
    """Return the settings, read once.

    Raises: MissingSetting.
    """
    return DriversSettings.from_env(os.environ)


@cache
def dependencies() -> DriversDependencies:
    """Return the adapters, created once.

    Raises: MissingSetting.
    """
    environment = settings()
    dynamodb = client("dynamodb", read_timeout_s=_READ_TIMEOUT_S)
    return DriversDependencies(
        forms=UploadForms(
            client("s3", read_timeout_s=_READ_TIMEOUT_S), bucket=environment.intake_bucket
        ),
        uploads=UploadsTable(
            dynamodb,
            table=environment.uploads_table,
            kept_days=int(environment.upload_retention_days),
        ),
        photos=DriverPhotos(
            PhotosTable(dynamodb, table=environment.photos_table), unreadable=_report_unreadable
        ),
        assignments=DriverAssignments(
            AssignmentsTable(dynamodb, table=environment.assignments_table),
            unreadable=_report_unreadable_assignment,
        ),
        ledger=ReviewLedger(
            dynamodb,
            tables=Tables(
                photos=environment.photos_table,
                assignments=environment.assignments_table,
                reviewers="",  # a contest changes no counters
            ),
        ),
        leases=ReviewLeases(dynamodb, photos_table=environment.photos_table),
        review_queue=ReviewQueue(
            client("sqs", read_timeout_s=_READ_TIMEOUT_S), url=environment.review_queue_url
        ),
        uploads_per_hour=int(environment.uploads_per_hour),
    )
