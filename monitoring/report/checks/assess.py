"""All checks of a report, and the verdict that follows from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from monitoring.report.baseline import Baseline
from monitoring.report.checks.audit import audit_check
from monitoring.report.checks.budget import RuleBudget, budget_checks, rule_budgets
from monitoring.report.checks.check import Check
from monitoring.report.checks.drift import drift_checks
from monitoring.report.checks.operational import operational_checks
from monitoring.report.checks.persistence import recently_watched, with_since
from monitoring.report.records.audits import AuditRecord
from monitoring.report.records.inputs import HistoryRow, OperationalFacts, ReportSettings, Window
from monitoring.report.records.tables import PhotoSets
from monitoring.statistics.severity import Severity


@dataclass(frozen=True, kw_only=True)
class ReportVerdict:
    """The checks, and the highest of their severities."""

    severity: Severity
    checks: tuple[Check, ...]
    budgets: tuple[RuleBudget, ...]  # of the decision rules in service


def assess(
    photos: PhotoSets,
    baselines: Mapping[str, Baseline],
    history: Sequence[HistoryRow],
    *,
    audit_record: AuditRecord,
    operations: OperationalFacts,
    window: Window,
    settings: ReportSettings,
) -> ReportVerdict:
    """Return all checks in the order in which the report lists them."""
    budgets = tuple(rule_budgets(photos.received, photos.labelled, audit_record, settings.budget))
    audited = audit_check(photos.labelled) if photos.labelled else None
    checks = (
        *budget_checks(budgets, settings.budget),
        *operational_checks(photos.received, operations, baselines, settings),
        *([audited] if audited else []),
        *drift_checks(
            photos,
            baselines,
            capture=operations.capture,
            watched=recently_watched(history, window),
            settings=settings,
        ),
    )
    return ReportVerdict(
        severity=_overall(checks),
        checks=tuple(with_since(checks, history, window)),
        budgets=budgets,
    )


def _overall(checks: Sequence[Check]) -> Severity:
    """Return the highest severity; NOT ENOUGH DATA if nothing was compared and nothing is wrong."""
    highest = max((check.severity for check in checks), default=Severity.NOT_ENOUGH_DATA)
    compared = any(check.test for check in checks if check.name != "audited_errors")
    if highest < Severity.WATCH and not compared:
        return Severity.NOT_ENOUGH_DATA
    return Severity.OK if highest is Severity.NOT_ENOUGH_DATA and compared else highest
