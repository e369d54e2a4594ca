"""How much waits in the queues and for how long, without taking a message out of a reader's hands.

SQS tells the age of the oldest message to CloudWatch only, and reading a message would hide it. So
the age is the ledger's: of the open review enqueued first, of the failure that the queue's length
leads back to.
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
    from infra.local.status_page.stack_names import PagePlaces


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """One queue; `since` is empty where nothing waits or nobody knows."""

    name: str
    waiting: int
    being_read: int
    since: str = ""


def depths(sqs: SQSClient, places: PagePlaces, cards: Iterable[Card]) -> tuple[Depth, ...]:
    """The review and failures queues and both dead letter queues."""
    rows = tuple(cards)
    reviews = [card.updated_at for card in rows if card.review == "open"]
    failures = [card.updated_at for card in rows if card.status == "failed"]
    return (
        _depth(sqs, "review", places.review_queue_url, reviews),
        _depth(sqs, "failures", places.failures_queue_url, failures),
        _depth(sqs, "undelivered events", places.intake_dead_letters_url, []),
        _depth(sqs, "unreadable reviews", places.review_dead_letters_url, []),
    )


def oldest_in_flight(cards: Iterable[Card]) -> str:
    """When the photo arrived that is under way for the longest time."""
    return min((card.received_at for card in cards if card.state == IN_FLIGHT), default="")


def _depth(sqs: SQSClient, name: str, url: str, times: list[str]) -> Depth:
    size = Queue(sqs, url=url).size()
    waiting, being_read = size.visible + size.delayed, size.in_flight
    newest = sorted(times, reverse=True)[: waiting + being_read]
    return Depth(
        name=name, waiting=waiting, being_read=being_read, since=newest[-1] if newest else ""
    )
