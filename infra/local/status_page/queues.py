"""Counts the messages in the queues and dates the oldest, without receiving any.

SQS reports the age of the oldest message to CloudWatch only, and receiving a message would hide it
from its reader. So the age comes from the ledger: with n messages in a queue, it is that of the
n-th newest open review or failed photo.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from handlers.aws.queue import Queue
from infra.local.status_page.cards import IN_FLIGHT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mypy_boto3_sqs import SQSClient

    from infra.local.status_page.cards import Card
    from infra.local.status_page.stack_names import StackNames


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueDepth:
    """Messages of one queue, and the time of the oldest (ISO 8601, empty if not known)."""

    name: str
    waiting: int
    being_read: int  # received, not yet deleted
    since: str = ""


def queue_depths(
    sqs: SQSClient, names: StackNames, cards: Iterable[Card]
) -> tuple[QueueDepth, ...]:
    """Return the depths of the review and failures queues and of both dead-letter queues."""
    rows = tuple(cards)
    reviews = [card.updated_at for card in rows if card.review == "open"]
    failures = [card.updated_at for card in rows if card.status == "failed"]
    return (
        _depth(sqs, "review", names.review_queue_url, reviews),
        _depth(sqs, "failures", names.failures_queue_url, failures),
        _depth(sqs, "undelivered events", names.intake_dead_letters_url, []),
        _depth(sqs, "unreadable reviews", names.review_dead_letters_url, []),
    )


def oldest_in_flight(cards: Iterable[Card]) -> str:
    """Return the arrival time of the oldest photo in flight; empty without such a photo."""
    return min((card.received_at for card in cards if card.state == IN_FLIGHT), default="")


def _depth(sqs: SQSClient, name: str, url: str, times: list[str]) -> QueueDepth:
    size = Queue(sqs, url=url).size()
    waiting, being_read = size.visible + size.delayed, size.in_flight
    newest = sorted(times, reverse=True)[: waiting + being_read]
    return QueueDepth(
        name=name, waiting=waiting, being_read=being_read, since=newest[-1] if newest else ""
    )
