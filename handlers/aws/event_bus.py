"""The event bus that tells other systems what became of photos."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from handlers.domain.errors import PublishFailed
from handlers.domain.ledger.events import SOURCE, PhotoEvent
from handlers.domain.timestamps import parse

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient


class EventBus:
    """Publishes; an event that goes out twice carries the same `event_id`."""

    def __init__(self, events: "EventBridgeClient", *, name: str) -> None:
        self._events = events
        self._name = name

    def publish(self, found: Sequence[PhotoEvent]) -> None:
        """Raises: PublishFailed."""
        if not found:
            return
        try:
            answer = self._events.put_events(
                Entries=[
                    {
                        "EventBusName": self._name,
                        "Source": SOURCE,
                        "DetailType": event.name,
                        "Time": parse(event.occurred_at),
                        "Resources": [],
                        "Detail": json.dumps(event.detail, ensure_ascii=False),
                    }
                    for event in found
                ]
            )
        except (BotoCoreError, ClientError) as error:
            raise PublishFailed(f"the event bus does not answer: {error}") from error
        if answer["FailedEntryCount"]:
            codes = {entry.get("ErrorCode", "") for entry in answer["Entries"]} - {""}
            raise PublishFailed(f"the event bus refused events: {', '.join(sorted(codes))}")
