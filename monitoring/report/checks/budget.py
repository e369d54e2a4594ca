"""Whether each decision rule in service keeps the budget of wrong automatic assignments."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from monitoring.rendering.format import percent
from monitoring.report.checks.check import Check, counted_check
from monitoring.report.records.audits import AuditRecord, DecisionRule, rule_of
from monitoring.report.records.photo import PhotoFacts, is_right
from monitoring.report.records.tables import LabelledPhotos
from monitoring.statistics.error_budget import BudgetRule, BudgetStatus, budget_status
from monitoring.statistics.severity import Severity
from monitoring.statistics.thresholds import USUAL

KEPT, NOT_KNOWN, BROKEN = "kept", "not known yet", "broken"
_SEVERITY = {KEPT: Severity.OK, NOT_KNOWN: Severity.NOT_ENOUGH_DATA, BROKEN: Severity.ACT}
_LAST_DAYS = 7  # with audits, over which their number a day is averaged


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleBudget:
    """The status of one decision rule in service."""

    rule: DecisionRule
    status: BudgetStatus
    audits_a_day: float | None  # None before the first audit
    wrong: tuple[PhotoFacts, ...]  # examples, of the audit's days
    keeping_threshold: float | None  # which would keep the budget; None: none is known

    @property
    def state(self) -> str:
        """KEPT, NOT_KNOWN or BROKEN."""
        if self.status.broken_since:
            return BROKEN
        return KEPT if self.status.kept_since else NOT_KNOWN

    @property
    def more_days(self) -> float | None:
        """Days until the proof at the present number of audits a day; None: not known."""
        if self.status.more_audits is None or not self.audits_a_day:
            return None
        return self.status.more_audits / self.audits_a_day

    def sentence(self, budget: BudgetRule) -> str:
        """State the status, and what it rests on."""
        status, share = self.status, percent(budget.budget, 2)
        seen = f"{status.wrong} of {status.audited:,} audited photos were wrong"
        if status.audited:
            low, high = percent(status.risk.low, 2), percent(status.risk.high, 2)
            seen += f" (between {low} and {high} of all, at every look)"
        if self.state == BROKEN:
            return (
                f"The budget of {share} wrong assignments is broken since {status.broken_since}, "
                f"shown on {status.broken_on}: {seen}. {self._remedy()}"
            )
        if self.state == KEPT:
            return f"The budget of {share} is kept, proved on {status.kept_since}: {seen}."
        return f"Whether the budget of {share} is kept is not known yet: {seen}. {self._outlook()}"

    def _remedy(self) -> str:
        if self.keeping_threshold is None:
            return "No usual threshold would keep it: stop automatic assignment."
        return f"By the audits, a threshold of {self.keeping_threshold:g} would keep it."

    def _outlook(self) -> str:
        if self.status.more_audits is None:
            return "So many errors prove neither that it is kept nor that it is broken."
        days = self.more_days
        when = "" if days is None else f", {max(days, 1):,.0f} days at the present share"
        return f"About {self.status.more_audits:,} more audits prove it if it is kept{when}."


def rule_budgets(
    received: Sequence[PhotoFacts],
    labelled: LabelledPhotos | None,
    record: AuditRecord,
    budget: BudgetRule,
) -> Iterator[RuleBudget]:
    """Yield the status of each rule that decided a photo of the window, in order."""
    for rule in sorted({rule for photo in received if (rule := rule_of(photo)) is not None}):
        days = record.of(rule)
        audits = [photo for photo in labelled.audits if rule_of(photo) == rule] if labelled else []
        vehicles = labelled.vehicles if labelled else ()
        last = days[-_LAST_DAYS:]
        yield RuleBudget(
            rule=rule,
            status=budget_status(days, budget),
            audits_a_day=sum(day.audited for day in last) / len(last) if last else None,
            wrong=tuple(photo for photo in audits if not is_right(photo, vehicles)),
            keeping_threshold=_keeping_threshold(
                audits, vehicles, above=rule.threshold, budget=budget.budget
            ),
        )


def budget_checks(budgets: Sequence[RuleBudget], budget: BudgetRule) -> Iterator[Check]:
    """Yield one check a rule: ACT if the budget is broken; never OK before it is proved."""
    for entry in budgets:
        yield counted_check(
            "error_budget",
            _SEVERITY[entry.state],
            rule=f"ACT once a mean risk above {percent(budget.budget, 2)} is shown, with an error "
            f"rate of {percent(budget.alarm_alpha, 0)} over the rule's whole life; OK once a lower "
            f"one is proved, with {percent(budget.proof_alpha, 0)}",
            sentence=entry.sentence(budget),
            n=entry.status.audited,
            photos=entry.wrong,
            model_version=entry.rule.model_version,
            window="life",
        )


def _keeping_threshold(
    audits: Sequence[PhotoFacts], vehicles: Sequence[str], *, above: float, budget: float
) -> float | None:
    """Return the lowest usual threshold at which the audited photos would have kept the budget."""
    for threshold in USUAL:
        passed = [photo for photo in audits if (photo.confidence or 0.0) >= threshold]
        wrong = sum(not is_right(photo, vehicles) for photo in passed)
        if threshold > above and passed and wrong <= budget * len(passed):
            return threshold
    return None
