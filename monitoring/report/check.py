"""One line of the verdict: what was compared, what came out, and what to do."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from monitoring.report.advice import ADVICE, TITLES
from monitoring.report.examples import EXAMPLES
from monitoring.report.facts import PhotoFacts
from monitoring.report.units import effect_unit
from monitoring.statistics.severity import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Statistics are None where the check counts instead of testing."""

    name: str  # stable; history and metrics know it by this
    title: str
    level: Severity
    rule: str
    sentence: str
    advice: str
    n: int
    model_version: str = ""
    window: str = "day"  # day | week
    source: str = "ledger"  # ledger | capture
    test: str = ""
    baseline_n: int | None = None
    statistic: float | None = None
    critical_watch: float | None = None
    critical_act: float | None = None
    p: float | None = None
    effect: float | None = None
    floor: float | None = None
    direction: int = 0
    since: str = ""  # ISO 8601, UTC: since when it has been WATCH or ACT without a quiet day
    days: int = 0  # … and how many windows that are, this one counted
    photos: tuple[str, ...] = ()  # the ids that show it best

    @property
    def verdict(self) -> str:
        """As people read it."""
        return self.level.label

    @property
    def key(self) -> str:
        """What persistence is counted by: a new model begins anew."""
        return f"{self.name}@{self.model_version}" if self.model_version else self.name

    def to_wire(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "name": self.name,
            "title": self.title,
            "verdict": self.verdict,
            "rule": self.rule,
            "sentence": self.sentence,
            "advice": self.advice,
            "model_version": self.model_version,
            "window": self.window,
            "unit": effect_unit(self.name) if self.effect is not None else "",
            "since": self.since,
            "days": self.days,
            "source": self.source,
            "test": self.test,
            "n": self.n,
            "baseline_n": self.baseline_n,
            "direction": self.direction,
            "photos": list(self.photos),
            **{name: rounded(getattr(self, name)) for name in _FIGURES},
        }


def counted(
    name: str,
    level: Severity,
    *,
    rule: str,
    sentence: str,
    n: int,
    photos: Sequence[PhotoFacts] = (),
    ids: Sequence[str] = (),
) -> Check:
    """A check without a test; of `ids` and `photos` the first ones are shown."""
    shown = [photo.photo_id for photo in photos] or ids
    return Check(
        name=name,
        title=TITLES[name],
        level=level,
        rule=rule,
        sentence=sentence,
        advice=ADVICE[name],
        n=n,
        photos=tuple(shown[:EXAMPLES]),
    )


_FIGURES = ("statistic", "critical_watch", "critical_act", "p", "effect", "floor")


def rounded(value: float | None, digits: int = 6) -> float | None:
    """Six significant digits: the same on every processor, and enough for everybody."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.{digits}g}")
