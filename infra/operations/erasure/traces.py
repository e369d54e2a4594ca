"""By what the stores' records of one driver are recognized."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from handlers.domain.json_text import parse_json
from handlers.domain.ledger.identity import INTAKE_PREFIX
from handlers.domain.ledger.messages import photo_named_in
from handlers.domain.ledger.schema import PhotoAttribute, UploadAttribute

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(slots=True, kw_only=True)
class Traces:
    """The driver's id, and the ids of the photos and uploads that are known so far.

    Photos are those of the driver, and those that earlier runs have left as tombstones: what came
    back of them is erased as well.
    """

    driver_id: str
    photo_ids: set[str] = field(default_factory=set)
    # Of upload permissions: random. Those of other keys are file names, which drivers share.
    upload_ids: set[str] = field(default_factory=set)

    @property
    def prefix(self) -> str:
        """Prefix of the keys of the driver's photos."""
        return f"{INTAKE_PREFIX}{self.driver_id}/"

    def has_photo(self, item: Mapping[str, Any]) -> bool:  # Any: a DynamoDB item
        """Whether an item of the photos table is a row of the driver."""
        key = item.get(PhotoAttribute.KEY)
        is_below = isinstance(key, str) and key.startswith(self.prefix)
        return is_below or item.get(PhotoAttribute.DRIVER_ID) == self.driver_id

    def has_upload(self, item: Mapping[str, Any]) -> bool:  # Any: a DynamoDB item
        """Whether an item of the uploads table is a permission, or a count, of the driver."""
        count, _, driver = str(item.get(UploadAttribute.UPLOAD_ID)).rpartition("#")
        is_count = bool(count) and driver == self.driver_id
        return is_count or item.get(UploadAttribute.DRIVER_ID) == self.driver_id

    def are_in(self, text: str) -> bool:
        """Whether a text names a key, photo or upload of the driver."""
        return self.prefix in text or any(
            identifier in text for identifier in (*self.photo_ids, *self.upload_ids)
        )

    def are_in_message(self, body: str) -> bool:
        """Whether a message of a queue is about a photo of the driver, by its id or its key."""
        if photo_named_in(body) in self.photo_ids or self.are_in(body):
            return True
        try:  # JSON may write the key with escapes
            return self.are_in(str(parse_json(body)))
        except ValueError:
            return False
