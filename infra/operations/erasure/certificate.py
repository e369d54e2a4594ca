"""The certificate of an erasure: counts by store, and what is left until when.

It names no person: the driver is a keyed hash, whose key is the stage's secret salt, so that the
stage's operators can tell whether a certificate is about a given driver, and no reader else.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from handlers.domain.timestamps import stamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.operations.erasure.stores import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What one run has erased."""

    stage: str
    driver_hash: str
    began_at: datetime
    ended_at: datetime
    dry_run: bool
    is_complete: bool  # the last pass has met nothing any more
    passes: int
    erased: Mapping[str, int]  # records by store
    training_refused: int  # contents that training refuses from now on
    stores: tuple[Store, ...]

    def to_wire(self) -> dict[str, object]:
        """Return the JSON document."""
        return {
            "schema": 1,
            "stage": self.stage,
            "driver_hash": self.driver_hash,
            "began_at": stamp(self.began_at),
            "ended_at": stamp(self.ended_at),
            "dry_run": self.dry_run,
            "complete": self.is_complete,
            "passes": self.passes,
            "erased": dict(self.erased),
            "training_refused": self.training_refused,
            "left": self.left(),
        }

    def left(self) -> list[dict[str, object]]:
        """Return the stores in which no single record can be deleted, and when they are empty."""
        return [
            {
                "store": store.name or store.kind,
                "content": store.left,
                "retention_days": store.retention_days,
                "empty_on": f"{self._empty_on(store.retention_days):%Y-%m-%d}",
            }
            for store in self.stores
            if store.retention_days is not None
        ]

    def _empty_on(self, days: int) -> datetime:
        # Retention ends some time within the following day.
        return self.ended_at + timedelta(days=days + 1)


def driver_hash(driver_id: str, *, salt: str) -> str:
    """Return the keyed hash by which a certificate names a driver: HMAC with SHA-256."""
    return hmac.new(salt.encode(), driver_id.encode(), hashlib.sha256).hexdigest()
