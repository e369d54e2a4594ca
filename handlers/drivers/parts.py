"""What the drivers' operations work with; made at the first call, from the environment."""

import os
from dataclasses import dataclass
from functools import cache

from handlers.api.door import Door
from handlers.aws.clients import client
from handlers.aws.driver_photos import DriverPhotos
from handlers.aws.ledger import PhotosTable
from handlers.aws.review_leases import ReviewLeases
from handlers.aws.review_ledger import ReviewLedger
from handlers.aws.review_queue import ReviewQueue
from handlers.aws.review_transaction import Tables
from handlers.aws.uploads import UploadForms, Uploads
from handlers.drivers.operations import OPERATIONS
from handlers.drivers.settings import DriversSettings

door = Door(service="drivers", operations=OPERATIONS)

_READ_TIMEOUT_S = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """One adapter for each resource."""

    forms: UploadForms
    uploads: Uploads
    photos: DriverPhotos
    ledger: ReviewLedger
    leases: ReviewLeases
    review_queue: ReviewQueue


@cache
def settings() -> DriversSettings:
    """Raises: MissingSetting."""
    return DriversSettings.from_env(os.environ)


@cache
def parts() -> Parts:
    """Raises: MissingSetting."""
    named = settings()
    dynamodb = client("dynamodb", read_timeout_s=_READ_TIMEOUT_S)
    return Parts(
        forms=UploadForms(client("s3", read_timeout_s=_READ_TIMEOUT_S), bucket=named.intake_bucket),
        uploads=Uploads(
            dynamodb, table=named.uploads_table, kept_days=int(named.upload_retention_days)
        ),
        photos=DriverPhotos(PhotosTable(dynamodb, table=named.photos_table)),
        ledger=ReviewLedger(
            dynamodb,
            tables=Tables(
                photos=named.photos_table,
                assignments=named.assignments_table,
                reviewers="",  # a contest counts nobody
            ),
        ),
        leases=ReviewLeases(dynamodb, photos_table=named.photos_table),
        review_queue=ReviewQueue(
            client("sqs", read_timeout_s=_READ_TIMEOUT_S), url=named.review_queue_url
        ),
    )
