"""Counts of audits by decision rule and day: what the budget's status is computed from.

A report reads the photos of its audit days again, so that a late verdict, an undone one or an
erased photo corrects those days. Older days come from the record that an earlier report stored; it
holds counts only, and neither photos nor drivers.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Self

from handlers.domain.errors import InvalidRecord
from handlers.domain.json_text import parse_json
from monitoring.report.records.photo import PhotoFacts, is_labelled, is_right, was_automatic
from monitoring.statistics.error_budget import AuditDay

_FORGOTTEN_AFTER = timedelta(days=180)
"""A decision rule without an audit for so long is no longer kept in the record."""
_MALFORMED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


@dataclass(frozen=True, slots=True, order=True)
class DecisionRule:
    """What decides alone: a model version at a threshold. A change of either is a new rule."""

    model_version: str
    threshold: float


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """The audits of all decision rules by day of receipt, in UTC; days without any are absent."""

    days: Mapping[DecisionRule, Mapping[str, AuditDay]] = field(default_factory=dict)

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Raises: InvalidRecord."""
        try:
            days: dict[DecisionRule, dict[str, AuditDay]] = {}
            for entry in parse_json(text)["rules"]:
                rule = DecisionRule(str(entry["model_version"]), float(entry["threshold"]))
                days[rule] = {
                    day: _audit_day(day, *counts) for day, counts in entry["days"].items()
                }
        except _MALFORMED as error:
            raise InvalidRecord(f"a record of audits is malformed: {error!r}") from error
        return cls(days)

    def to_json(self) -> str:
        """Return one line; equal records give equal texts."""
        rules = [
            {
                "model_version": rule.model_version,
                "threshold": rule.threshold,
                "days": {day.day: [day.audited, day.wrong] for day in self.of(rule)},
            }
            for rule in sorted(self.days)
        ]
        return json.dumps({"rules": rules}, sort_keys=True, separators=(",", ":"))

    def of(self, rule: DecisionRule) -> list[AuditDay]:
        """Return the days of a rule, in order."""
        return sorted(self.days.get(rule, {}).values(), key=lambda day: day.day)

    def read_again(
        self, photos: Iterable[PhotoFacts], *, start: datetime, vehicles: Sequence[str]
    ) -> "AuditRecord":
        """Return the record with the days of `photos` in place of its own.

        `photos` are all those received from `start` on; the day of `start` itself is counted again
        only if it is a whole one.
        """
        first = (start - timedelta.resolution).astimezone(UTC).date() + timedelta(days=1)
        days = {
            rule: {day: audits for day, audits in by_day.items() if day < first.isoformat()}
            for rule, by_day in self.days.items()
        }
        for photo in photos:
            day, rule = photo.received_at.astimezone(UTC).date(), rule_of(photo)
            if rule is None or day < first or not is_audit(photo):
                continue
            by_day = days.setdefault(rule, {})
            counted = by_day.get(day.isoformat(), AuditDay(day=day.isoformat(), audited=0, wrong=0))
            by_day[day.isoformat()] = AuditDay(
                day=counted.day,
                audited=counted.audited + 1,
                wrong=counted.wrong + (not is_right(photo, vehicles)),
            )
        forgotten = (first - _FORGOTTEN_AFTER).isoformat()
        return AuditRecord(
            {rule: days[rule] for rule in sorted(days) if max(days[rule], default="") >= forgotten}
        )


def rule_of(photo: PhotoFacts) -> DecisionRule | None:
    """Return the rule that decided a photo; None where a person did."""
    if not was_automatic(photo) or photo.threshold is None:
        return None
    return DecisionRule(photo.model_version, photo.threshold)


def is_audit(photo: PhotoFacts) -> bool:
    """Return whether a photo belongs to the random audit and its content has a label."""
    return was_automatic(photo) and photo.review_reason == "audit" and is_labelled(photo)


def _audit_day(day: str, audited: object, wrong: object) -> AuditDay:
    if not isinstance(audited, int) or not isinstance(wrong, int) or not 0 <= wrong <= audited:
        raise ValueError(f"{audited!r} audits of which {wrong!r} are wrong")
    return AuditDay(day=date.fromisoformat(day).isoformat(), audited=audited, wrong=wrong)
