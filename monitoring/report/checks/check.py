"""One line of the verdict: what was compared, the result, and what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from monitoring.report.checks.catalogue import ADVICE, TITLES, effect_unit
from monitoring.report.records.figures import rounded
from monitoring.report.records.photo import PhotoFacts
from monitoring.statistics.severity import Severity, TestResult

EXAMPLES = 20
"""Photos that a check keeps as its examples."""

_FIGURES = ("statistic", "critical_watch", "critical_act", "p", "effect", "floor")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check; its statistics have the value None where it counts instead of testing."""

    name: str  # stable; history and metrics use it as a key
    title: str
    severity: Severity
    rule: str
    sentence: str
    advice: str
    n: int
    model_version: str = ""
    window: str = "day"  # day | week | audit | life
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
    since: str = ""  # ISO 8601, UTC: start of the uninterrupted run of WATCH or ACT
    days: int = 0  # … and its length in windows, this one included
    photos: tuple[str, ...] = ()  # ids of the clearest examples

    @property
    def verdict(self) -> str:
        """The severity as the report shows it."""
        return self.severity.label

    @property
    def key(self) -> str:
        """The key of persistence: a new model version starts a new count."""
        return f"{self.name}@{self.model_version}" if self.model_version else self.name

    @property
    def signed_effect(self) -> float:
        """The effect with its direction as the sign."""
        return (rounded(self.effect) or 0.0) * (self.direction or 1)

    @property
    def is_loud(self) -> bool:
        """Whether the check is WATCH or ACT."""
        return self.severity >= Severity.WATCH

    def to_wire(self) -> dict[str, Any]:
        """Return JSON values."""
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


def severity_key(check: Check) -> tuple[Severity, float]:
    """Order by severity, then by how improbable the result is; counted checks precede tests."""
    return check.severity, -(check.p or 0.0)


def counted_check(
    name: str,
    severity: Severity,
    *,
    rule: str,
    sentence: str,
    n: int,
    photos: Sequence[PhotoFacts] = (),
    ids: Sequence[str] = (),
    model_version: str = "",
    window: str = "day",
) -> Check:
    """Make a check without a test; the first of `photos`, or else of `ids`, are its examples."""
    examples = [photo.photo_id for photo in photos] or ids
    return Check(
        name=name,
        title=TITLES[name],
        severity=severity,
        rule=rule,
        sentence=sentence,
        advice=ADVICE[name],
        n=n,
        model_version=model_version,
        window=window,
        photos=tuple(examples[:EXAMPLES]),
    )


def statistical_check(
    name: str,
    severity: Severity,
    result: TestResult,
    *,
    floor: float,
    rule: str,
    sentence: str,
    photos: Sequence[PhotoFacts],
    model_version: str,
    window: str,
    source: str = "ledger",
    more_advice: str = "",
    has_baseline: bool = True,
) -> Check:
    """Make a check of a test's result; the first of `photos` are its examples."""
    return Check(
        name=name,
        title=TITLES[name],
        severity=severity,
        rule=rule,
        sentence=sentence,
        advice=ADVICE[name] + more_advice,
        n=result.n,
        model_version=model_version,
        window=window,
        source=source,
        test=result.test,
        baseline_n=result.baseline_n if has_baseline else None,
        statistic=result.statistic,
        critical_watch=result.critical_watch,
        critical_act=result.critical_act,
        p=result.p,
        effect=result.effect,
        floor=floor,
        direction=result.direction,
        photos=tuple(photo.photo_id for photo in photos[:EXAMPLES]),
    )
