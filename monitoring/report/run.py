"""Makes one report, from the requested window to its files; on Lambda and on a laptop."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from monitoring.report import PhotoFacts, Report, ReportInputs, Thumbnail, Window, build_report
from monitoring.report.baseline import Baseline
from monitoring.report.files.documents import history_line, report_html, report_json
from monitoring.report.files.lists import labelled_csv, photos_csv
from monitoring.report.files.sagemaker import constraints_json, statistics_json, violations_json
from monitoring.report.inputs import Sources, gather, queue_figures
from monitoring.report.windows import is_whole_day

PAGE = "report.html"

Pictures = Callable[[Iterable[PhotoFacts], Iterable[str]], Iterable[Thumbnail]]


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeReport:
    """A report and its files; the same inputs give the same bytes."""

    report: Report
    files: dict[str, bytes]  # by name


def make_report(inputs: ReportInputs, *, pictures: Pictures) -> MadeReport:
    """Build the report, fetch the thumbnails that it wants, and render its files.

    `pictures` gets the photos, and the ids of those that the checks have selected as examples.
    """
    report = build_report(inputs)
    photos = {photo.photo_id: photo for photo in (*inputs.audited, *inputs.week, *inputs.photos)}
    report = report.with_thumbnails(tuple(pictures(photos.values(), report.wanted_thumbnails)))
    files = {
        PAGE: report_html(report),
        "report.json": report_json(report),
        "photos.csv": b"".join(photos_csv(inputs.photos)),
        "labelled.csv": b"".join(labelled_csv(inputs.audited, inputs.settings.vehicles)),
        "statistics.json": statistics_json(report, inputs.photos),
        "constraint_violations.json": violations_json(report),
        "constraints.json": constraints_json(_first_baseline(report, inputs)),
    }
    return MadeReport(report=report, files=files)


def run_report(
    sources: Sources,
    window: Window,
    *,
    as_of: datetime,
    now: datetime,
    pictures: Pictures,
    publish: bool = True,
) -> MadeReport:
    """Gather the inputs, make the report and, if `publish`, store it.

    Two runs at once write the same bytes to the same keys.
    """
    queues = queue_figures(sources, as_of=as_of, now=now, keep=publish)
    is_over = as_of >= window.end
    if publish and is_over:
        sources.store.keep_first_as_of(window, as_of)
    inputs = gather(
        sources,
        window,
        as_of=as_of,
        queues=queues,
        captures_expired=_captures_expired(sources, window, now=now),
    )
    made = make_report(inputs, pictures=pictures)
    if publish:
        for version, baseline in sources.own_baselines().items():
            sources.store.keep_baseline(version, baseline.to_json())
        sources.store.put(window, made.files)
        if is_over:
            sources.store.keep_audits(window, inputs.audit_record.to_json())
        # Other windows overlap with days, which would count twice; an unfinished day is incomplete.
        if is_over and is_whole_day(window):
            sources.store.add_history(window, history_line(made.report.history_row))
    return made


def is_final(sources: Sources, window: Window, *, now: datetime) -> bool:
    """Return whether a report exists that a new one would not improve: its captures are deleted."""
    return _captures_expired(sources, window, now=now) and sources.store.has_report(window)


def _captures_expired(sources: Sources, window: Window, *, now: datetime) -> bool:
    """Compare with the clock, not with `as_of`: the captures are read now."""
    return window.start < now - sources.capture_retention


def _first_baseline(report: Report, inputs: ReportInputs) -> Baseline | None:
    """Return the baseline of the most frequent model: SageMaker's constraints are of one model."""
    models = report.document["models"]
    return inputs.baselines.get(models[0]["version"]) if models else None
