"""The event bus, which publishes the outcomes of photos to other systems."""

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
    """Publishes events on one bus; an event that is published again has the same `event_id`."""

    def __init__(self, events: "EventBridgeClient", *, name: str) -> None:
        self._events = events
        self._name = name

    def publish(self, photo_events: Sequence[PhotoEvent]) -> None:
        """Publish the events of one change: at most ten, in one call.

        Raises: PublishFailed, also if the bus refused some of them.
        """
        if not photo_events:
            return
        try:
            response = self._events.put_events(
                Entries=[
                    {
                        "EventBusName": self._name,
                        "Source": SOURCE,
                        "DetailType": event.name,
                        "Time": parse(event.occurred_at),
                        "Resources": [],
                        "Detail": json.dumps(event.detail, ensure_ascii=False),
                    }
                    for event in photo_events
                ]
            )
        except (BotoCoreError, ClientError) as error:
            raise PublishFailed(f"the event bus cannot be reached: {error}") from error
        if response["FailedEntryCount"]:
            codes = {entry.get("ErrorCode", "") for entry in response["Entries"]} - {""}
            raise PublishFailed(f"the event bus refused events: {', '.join(sorted(codes))}")
