"""Adapters and rules of the reviewers' function, created at the first call from the environment."""

import os
import uuid
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.parameters import SecretsProvider, SSMProvider

from handlers.aws.clients import client, config
from handlers.aws.known_items import KnownItems
from handlers.aws.parameters import PolicySource
from handlers.aws.photo_store import PhotoStore
from handlers.aws.review_decisions import ReviewLedger
from handlers.aws.review_leases import ReviewLeases
from handlers.aws.review_queue import ReviewQueue
from handlers.aws.review_transactions import Tables
from handlers.aws.reviewers_table import ReviewersTable
from handlers.domain.decision.policy import Policy
from handlers.domain.review.rules import ReviewRules
from handlers.reviews_api.service import ReviewService
from handlers.settings import ReviewSettings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

logger = Logger(service="reviews")
metrics = Metrics(service="reviews")

READ_TIMEOUT_S = 3
PHOTO_TIMEOUT_S = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewsDependencies:
    """The service, and one adapter for each further resource."""

    service: ReviewService
    reviewers: ReviewersTable
    known_items: KnownItems
    photos: PhotoStore


def count(name: str) -> None:
    """Add one to a metric."""
    metrics.add_metric(name, MetricUnit.Count, 1)


def report_unreadable(photo_id: str) -> None:
    """Count a row of the ledger that cannot be read, and log its photo id."""
    count("LedgerRowsUnreadable")
    logger.error("ledger_row_malformed", photo_id=photo_id)


def dependencies() -> ReviewsDependencies:
    """Return the adapters, created once, with rules whose parameters are cached for a minute.

    Raises: MissingSetting, PolicyUnavailable, InvalidPolicy.
    """
    settings = _settings()
    dynamodb = _dynamodb()
    service = ReviewService(
        ledger=_ledger(),
        leases=ReviewLeases(dynamodb, photos_table=settings.photos_table),
        queue=_queue(),
        rules=rules(),
        new_id=lambda: str(uuid.uuid4()),
        count=count,
        unreadable=report_unreadable,
    )
    return ReviewsDependencies(
        service=service,
        reviewers=ReviewersTable(dynamodb, table=settings.reviewers_table),
        known_items=KnownItems(dynamodb, table=settings.reviewers_table),
        photos=_photos(),
    )


def rules() -> ReviewRules:
    """Return the rules by the settings and the policy in force.

    Raises: PolicyUnavailable, InvalidPolicy.
    """
    settings, parameters = _settings(), _parameters()
    policy = Policy.from_json(parameters.parameter(settings.policy_parameter))
    return ReviewRules(
        order_ranges=policy.order_ranges,
        valid_hours=settings.assignment_valid_hours,
        lease_s=settings.review_lease_s,
        undo_window_s=settings.undo_window_s,
        blind_share=settings.blind_share,
        second_share=settings.second_share,
        salt=parameters.secret(settings.audit_salt_secret),
    )


@cache
def _settings() -> ReviewSettings:
    return ReviewSettings.from_env(os.environ)


@cache
def _dynamodb() -> "DynamoDBClient":
    return client("dynamodb", read_timeout_s=READ_TIMEOUT_S)


@cache
def _ledger() -> ReviewLedger:
    settings = _settings()
    tables = Tables(
        photos=settings.photos_table,
        assignments=settings.assignments_table,
        reviewers=settings.reviewers_table,
    )
    return ReviewLedger(_dynamodb(), tables=tables)


@cache
def _queue() -> ReviewQueue:
    return ReviewQueue(
        client("sqs", read_timeout_s=READ_TIMEOUT_S), url=_settings().review_queue_url
    )


@cache
def _photos() -> PhotoStore:
    return PhotoStore(client("s3", read_timeout_s=PHOTO_TIMEOUT_S))


@cache
def _parameters() -> PolicySource:
    limits = config(read_timeout_s=READ_TIMEOUT_S)
    return PolicySource(
        ssm=SSMProvider(boto_config=limits), secrets=SecretsProvider(boto_config=limits)
    )
