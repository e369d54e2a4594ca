"""When the endpoint counts as down, judged by the failures that one container of Classify sees."""

from dataclasses import dataclass, field

PHOTOS = 3  # one photo alone may be what the endpoint fails at
LASTS_S = 5.0  # a shorter failure is over before photos would be parked


@dataclass(slots=True, kw_only=True)
class FailureStreak:
    """Failures of the endpoint since its last answer."""

    photo_ids: set[str] = field(default_factory=set)
    began_at_s: float = 0.0

    def fail(self, photo_id: str, *, at_s: float) -> bool:
        """Count a failure at a monotonic time; return whether the endpoint now counts as down."""
        if not self.photo_ids:
            self.began_at_s = at_s
        self.photo_ids.add(photo_id)
        return len(self.photo_ids) >= PHOTOS and at_s - self.began_at_s >= LASTS_S

    def end(self) -> None:
        """Forget the failures: the endpoint has answered."""
        self.photo_ids.clear()
