"""Checks that count instead of testing: is everything there, and does it move?"""

from collections import Counter
from collections.abc import Iterator, Sequence

from monitoring.report.advice import ADVICE, TITLES
from monitoring.report.check import Check
from monitoring.report.examples import EXAMPLES
from monitoring.report.facts import PhotoFacts, ReportInputs
from monitoring.report.table import is_classified
from monitoring.statistics.verdicts import Verdict

FAILED_SHARE, FAILED_COUNT = 0.01, 5
ODD_WATCH, ODD_ACT = 0.01, 0.05
OVERDUE_ACT = 3  # times the time after which a review is overdue


def operational_checks(inputs: ReportInputs, photos: Sequence[PhotoFacts]) -> Iterator[Check]:
    """In the order in which somebody on call would ask."""
    yield _conservation(inputs, photos)
    yield _failures(photos)
    if inputs.capture is not None:
        yield from _capture(inputs)
    if inputs.queues.oldest_review_s is not None:
        yield _review_age(inputs, inputs.queues.oldest_review_s)
    yield _override(photos)
    yield from _models(inputs, photos)


def stuck(inputs: ReportInputs, photos: Sequence[PhotoFacts]) -> list[PhotoFacts]:
    """Photos without an outcome for longer than any execution runs."""
    limit = inputs.settings.stuck_after_s
    return [
        photo
        for photo in photos
        if photo.status in {"received", "requeued"}
        and (inputs.as_of - photo.received_at).total_seconds() > limit
    ]


def _conservation(inputs: ReportInputs, photos: Sequence[PhotoFacts]) -> Check:
    waiting = stuck(inputs, photos)
    lost = max(0, (inputs.objects_received or 0) - len(photos))
    counted = "" if inputs.objects_received is None else f" of {inputs.objects_received} objects"
    return _check(
        "conservation",
        Verdict.ACT if lost or waiting else Verdict.OK,
        rule="ACT if an object has no row in the ledger, or a photo no outcome after "
        f"{inputs.settings.stuck_after_s / 60:.0f} minutes",
        sentence=f"{len(photos)} photos{counted}; {lost} without a row, {len(waiting)} stuck.",
        n=len(photos),
        photos=waiting,
    )


def _failures(photos: Sequence[PhotoFacts]) -> Check:
    failed = [photo for photo in photos if photo.status == "failed"]
    reasons = Counter(photo.reason for photo in failed).most_common(3)
    named = "; ".join(f"{reason or 'no reason'} ({count})" for reason, count in reasons)
    many = len(failed) >= max(FAILED_COUNT, FAILED_SHARE * len(photos))
    level = (Verdict.ACT if many else Verdict.WATCH) if failed else Verdict.OK
    return _check(
        "failures",
        level,
        rule=f"WATCH if any photo failed; ACT from {FAILED_COUNT} and {FAILED_SHARE:.0%} on",
        sentence=f"{len(failed)} of {len(photos)} failed{': ' + named if named else ''}.",
        n=len(photos),
        photos=failed,
    )


def _capture(inputs: ReportInputs) -> Iterator[Check]:
    capture, settings = inputs.capture, inputs.settings
    assert capture is not None  # noqa: S101 # the caller asked
    share = capture.completeness
    if share is not None:
        level = Verdict.OK if share >= settings.completeness_watch else Verdict.WATCH
        level = Verdict.ACT if share < settings.completeness_act else level
        yield _check(
            "capture_completeness",
            level,
            rule=f"WATCH below {settings.completeness_watch:.0%}, ACT below "
            f"{settings.completeness_act:.0%}",
            sentence=f"{capture.captured} of {capture.classified} classified photos were "
            f"captured ({share:.1%}).",
            n=capture.classified or 0,
            ids=capture.missing,
        )
    odd = sum(capture.oddities.values())
    odd_share = odd / capture.lines if capture.lines else 0.0
    level = Verdict.WATCH if odd_share > ODD_WATCH else Verdict.OK
    yield _check(
        "unreadable_captures",
        Verdict.ACT if odd_share > ODD_ACT else level,
        rule=f"WATCH above {ODD_WATCH:.0%} of the lines, ACT above {ODD_ACT:.0%}",
        sentence=f"{odd} of {capture.lines} lines are odd"
        + "".join(f", {kind} {count}" for kind, count in capture.oddities.items())
        + ".",
        n=capture.lines,
    )


def _review_age(inputs: ReportInputs, age_s: float) -> Check:
    overdue = inputs.settings.review_overdue_s
    level = Verdict.WATCH if age_s > overdue else Verdict.OK
    return _check(
        "review_age",
        Verdict.ACT if age_s > OVERDUE_ACT * overdue else level,
        rule=f"WATCH after {overdue / 3600:g} hours, ACT after {OVERDUE_ACT * overdue / 3600:g}",
        sentence=f"{inputs.queues.reviews_open or 0} reviews are open; the oldest has waited "
        f"{age_s / 3600:.1f} hours.",
        n=inputs.queues.reviews_open or 0,
    )


def _override(photos: Sequence[PhotoFacts]) -> Check:
    sources = Counter(photo.threshold_source for photo in photos if is_classified(photo))
    invalid, override = sources["invalid_override"], sources["override"]
    return _check(
        "override",
        Verdict.WATCH if invalid else Verdict.OK,
        rule="WATCH if an override cannot be read: it stops automatic assignment",
        sentence=f"{override} photos met an override, {invalid} one that cannot be read.",
        n=sources.total(),
        photos=[photo for photo in photos if photo.threshold_source == "invalid_override"],
    )


def _models(inputs: ReportInputs, photos: Sequence[PhotoFacts]) -> Iterator[Check]:
    seen = Counter(photo.model_version for photo in photos if is_classified(photo))
    captured = inputs.capture.scores if inputs.capture is not None else {}
    for version in captured:
        seen[version] += 0
    unknown = sorted(set(seen) - set(inputs.baselines))
    if seen:
        yield _check(
            "unknown_model",
            Verdict.WATCH if unknown else Verdict.OK,
            rule="WATCH if a model has answered that has no baseline",
            sentence=f"{len(seen)} model version(s) answered; without a baseline: "
            f"{', '.join(name or 'unnamed' for name in unknown) or 'none'}.",
            n=seen.total(),
            photos=[photo for photo in photos if photo.model_version in unknown],
        )


def _check(
    name: str,
    level: Verdict,
    *,
    rule: str,
    sentence: str,
    n: int,
    photos: Sequence[PhotoFacts] = (),
    ids: Sequence[str] = (),
) -> Check:
    shown = tuple(photo.photo_id for photo in photos[:EXAMPLES]) or tuple(ids[:EXAMPLES])
    return Check(
        name=name,
        title=TITLES[name],
        level=level,
        rule=rule,
        sentence=sentence,
        advice=ADVICE[name],
        n=n,
        photos=shown,
    )
