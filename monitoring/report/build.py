"""The report's stages put together: assess, then describe; `files` renders and writes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from monitoring.report.checks.assess import ReportVerdict, assess
from monitoring.report.checks.check import Check
from monitoring.report.document.describe import describe
from monitoring.report.document.headline import THUMBNAILS, worst_with_photos
from monitoring.report.document.times import iso
from monitoring.report.records.inputs import HistoryRow, ReportInputs, Thumbnail
from monitoring.report.records.tables import PhotoSets, group_photos
from monitoring.statistics.severity import Severity


@dataclass(frozen=True, kw_only=True)
class Report:
    """A verdict and all that it rests on; `document` is report.json."""

    severity: Severity
    checks: tuple[Check, ...]
    document: Mapping[str, Any]
    history_row: HistoryRow  # what later reports need of this one
    wanted_thumbnails: tuple[str, ...]  # photo ids
    thumbnails: tuple[Thumbnail, ...] = ()

    @property
    def verdict(self) -> str:
        """OK, WATCH, ACT or NOT ENOUGH DATA."""
        return self.severity.label

    @property
    def answer(self) -> str:
        """How often the classifier is right, in one sentence."""
        return str(self.document["answer"])

    @property
    def headline(self) -> str:
        """What is different, in one or two sentences."""
        return str(self.document["headline"])

    @property
    def budgets(self) -> tuple[str, ...]:
        """Whether the budget of wrong assignments is kept: one sentence a decision rule."""
        return tuple(entry["sentence"] for entry in self.document["budget"])

    @property
    def metrics(self) -> Mapping[str, float]:
        """CloudWatch metrics by name."""
        return dict(self.document["metrics"])

    def with_thumbnails(self, thumbnails: Sequence[Thumbnail]) -> "Report":
        """Return the report with pictures; those that it does not want are left out."""
        by_id = {thumbnail.photo_id: thumbnail for thumbnail in thumbnails}
        chosen = (by_id[photo_id] for photo_id in self.wanted_thumbnails if photo_id in by_id)
        return replace(self, thumbnails=tuple(chosen))


def build_report(inputs: ReportInputs) -> Report:
    """Pure: equal inputs give equal reports, in whichever order the photos come."""
    photos, verdict = assess_inputs(inputs)
    document = describe(inputs, photos, verdict)
    worst = worst_with_photos(verdict.checks)
    return Report(
        severity=verdict.severity,
        checks=verdict.checks,
        document=document,
        history_row=history_row_of(inputs, verdict, document["metrics"]),
        wanted_thumbnails=worst.photos[:THUMBNAILS] if worst else (),
    ).with_thumbnails(inputs.thumbnails)


def assess_inputs(inputs: ReportInputs) -> tuple[PhotoSets, ReportVerdict]:
    """Run the first stage alone: simulations need no document."""
    photos = group_photos(
        inputs.photos,
        week=inputs.week,
        audited=inputs.audited,
        baselines=inputs.baselines,
        vehicles=inputs.settings.vehicles,
    )
    verdict = assess(
        photos,
        inputs.baselines,
        inputs.history,
        audit_record=inputs.audit_record,
        operations=inputs.operations,
        window=inputs.window,
        settings=inputs.settings,
    )
    return photos, verdict


def history_row_of(
    inputs: ReportInputs, verdict: ReportVerdict, figures: Mapping[str, float]
) -> HistoryRow:
    """Return what later reports need of this one; `figures`: metrics by name."""
    compared = sorted((check for check in verdict.checks if check.test), key=lambda c: c.key)
    return HistoryRow(
        start=iso(inputs.window.start),
        end=iso(inputs.window.end),
        verdict=verdict.severity.label,
        n=len(inputs.photos),
        watched={check.key: check.direction for check in compared if check.is_loud},
        effects={check.key: check.signed_effect for check in compared},
        figures=dict(sorted(figures.items())),
        rolled=any(check.window == "week" for check in compared),
    )
