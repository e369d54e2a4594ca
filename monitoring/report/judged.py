"""The verdict alone: every check, and the loudest. `build.py` makes the report around it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from monitoring.report.accuracy import Judgements
from monitoring.report.check import Check, rounded
from monitoring.report.comparisons import statistical_checks
from monitoring.report.contradiction import contradiction
from monitoring.report.facts import HistoryRow, PhotoFacts, ReportInputs
from monitoring.report.moments import iso
from monitoring.report.operations import operational_checks
from monitoring.report.past import with_since
from monitoring.report.table import Table, by_model, in_order
from monitoring.statistics.severity import Severity


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A verdict and what it rests on."""

    level: Severity
    checks: tuple[Check, ...]
    photos: Sequence[PhotoFacts]  # in order
    day: Mapping[str, Table]  # by model version
    judgements: Judgements | None

    def history_row(self, inputs: ReportInputs, figures: Mapping[str, float]) -> HistoryRow:
        """What later verdicts need of this one."""
        compared = [check for check in self.checks if check.test]
        loud = {each.key: each.direction for each in compared if each.level >= Severity.WATCH}
        return HistoryRow(
            start=iso(inputs.window.start),
            end=iso(inputs.window.end),
            verdict=self.level.label,
            n=len(self.photos),
            watched=dict(sorted(loud.items())),
            effects={check.key: _signed(check) for check in sorted(compared, key=_key)},
            figures=dict(sorted(figures.items())),
            rolled=any(check.window == "week" for check in compared),
        )


def _key(check: Check) -> str:
    return check.key


def _signed(check: Check) -> float:
    return (rounded(check.effect) or 0.0) * (check.direction or 1)


def verdict_of(inputs: ReportInputs) -> Judged:
    """Pure."""
    photos = in_order(inputs.photos)
    # A window may be longer than a week.
    longer = inputs.week if len(inputs.week) > len(inputs.photos) else inputs.photos
    day, week = by_model(photos), by_model(in_order(longer))
    judgements = _judgements(inputs, day)
    contradicted = contradiction(judgements) if judgements else None
    checks = (
        *operational_checks(inputs, photos),
        *([contradicted] if contradicted else []),
        *statistical_checks(inputs, day, week),
    )
    return Judged(
        level=_verdict(checks),
        checks=tuple(with_since(checks, inputs.history, inputs.window)),
        photos=photos,
        day=day,
        judgements=judgements,
    )


def _judgements(inputs: ReportInputs, day: Mapping[str, Table]) -> Judgements | None:
    """Of the model that answered most; without any photo today, of the last one that did."""
    audited = by_model(in_order(inputs.audited))
    version = next(iter(day), None) or next(iter(audited), None)
    if version is None:
        return None
    found = audited.get(version) or day.get(version)
    return Judgements(
        version,
        found.photos if found else (),
        inputs.settings.vehicles,
        inputs.baselines.get(version),
    )


def _verdict(checks: Sequence[Check]) -> Severity:
    """The worst; a report that could compare nothing says so unless something is wrong."""
    loudest = max((check.level for check in checks), default=Severity.NOT_ENOUGH_DATA)
    compared = any(check.test for check in checks if check.name != "audited_errors")
    if loudest < Severity.WATCH and not compared:
        return Severity.NOT_ENOUGH_DATA
    return Severity.OK if loudest is Severity.NOT_ENOUGH_DATA and compared else loudest
