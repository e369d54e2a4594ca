"""The chapters that describe: volumes, mixes, review, times, thresholds. JSON values throughout."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

import numpy as np

from monitoring.baseline import Baseline
from monitoring.report.accuracy import interval
from monitoring.report.check import rounded
from monitoring.report.facts import PhotoFacts, ReportInputs, Window
from monitoring.report.moments import hours_of, iso, local
from monitoring.report.quality import QUALITY
from monitoring.report.table import LOGARITHMIC, Table, is_classified, needed_review, scaled
from monitoring.statistics.proportions import wilson
from monitoring.statistics.two_samples import Floats, Reference, stability_index

STATUSES = ("assigned", "in_review", "rejected", "failed", "in_flight")
BINS = 20
Json = dict[str, Any]


def status_of(photo: PhotoFacts) -> str:
    """One of STATUSES."""
    return photo.status if photo.status in STATUSES else "in_flight"


def conservation(photos: Sequence[PhotoFacts], inputs: ReportInputs) -> Json:
    """The statuses sum up to what was received; the rest says what cannot be in that sum."""
    counts = Counter(map(status_of, photos))
    return {
        "objects": inputs.objects_received,
        "unreadable_rows": len(inputs.unreadable_rows),
        "unreadable_labels": inputs.unreadable_labels,
        "received": len(photos),
        "classified": sum(map(is_classified, photos)),
        **{status: counts[status] for status in STATUSES},
    }


def hourly(photos: Sequence[PhotoFacts], window: Window) -> list[Json]:
    """By the hour in which they were received; local hours that come twice are told apart."""
    hours = hours_of(window)
    counts = Counter(
        (
            photo.received_at.astimezone(UTC).replace(minute=0, second=0, microsecond=0),
            status_of(photo),
        )
        for photo in photos
    )
    labels = [local(hour, window, "%H:%M") for hour in hours]
    twice = {label for label, count in Counter(labels).items() if count > 1}
    many = len(hours) > 25
    return [
        {
            "start": iso(hour),
            "label": local(hour, window, _form(label in twice, many)),
            **{status: counts[hour, status] for status in STATUSES},
        }
        for hour, label in zip(hours, labels, strict=True)
    ]


def _form(comes_twice: bool, many: bool) -> str:
    if many:
        return "%d %b %H:%M"
    return "%H:%M %Z" if comes_twice else "%H:%M"


def shares(counts: Mapping[str, int], baseline: Mapping[str, int]) -> list[Json]:
    """Each with its interval and the baseline's share."""
    n, m = sum(counts.values()), sum(baseline.values())
    return [
        {
            "name": name,
            "count": counts.get(name, 0),
            **interval(wilson(counts.get(name, 0), n), n),
            "baseline": rounded(baseline.get(name, 0) / m) if m else None,
        }
        for name in sorted({*counts, *baseline})
    ]


def mix(table: Table, baseline: Baseline | None) -> Json:
    """Classes, formats and review of one model's photos."""
    photos = table.photos
    asked = sum(map(needed_review, photos))
    total = baseline.assigned + baseline.review if baseline else 0
    reasons = Counter(photo.review_reason for photo in photos if photo.review_reason)
    return {
        "classes": shares(Counter(table.predictions), baseline.predicted if baseline else {}),
        "formats": shares(
            Counter(photo.image_format.lower() or "unknown" for photo in photos),
            baseline.formats if baseline else {},
        ),
        "review": {
            "asked": asked,
            **interval(wilson(asked, len(photos)), len(photos)),
            "baseline": rounded(baseline.review / total) if baseline and total else None,
            "reasons": dict(sorted(reasons.items())),
        },
    }


def confidence(values: Floats, source: str, baseline: Baseline | None) -> Json:
    """Twenty bins beside the baseline's, and PSI with the critical value that n allows."""
    reference = baseline.reference("confidence") if baseline else None
    edges = np.linspace(0, 1, BINS + 1)
    ours = np.histogram(values, edges)[0]
    theirs = np.histogram(reference.values, edges)[0] if reference else None
    index = stability_index(values, reference) if reference and len(values) else None
    return {
        "source": source,
        "n": len(values),
        "mean": rounded(float(values.mean())) if len(values) else None,
        "baseline_n": reference.n if reference else None,
        "baseline_mean": rounded(reference.mean) if reference else None,
        "bins": [
            {
                "from": rounded(float(edges[i])),
                "to": rounded(float(edges[i + 1])),
                "count": int(ours[i]),
                "share": rounded(ours[i] / len(values)) if len(values) else 0.0,
                "baseline": (
                    rounded(theirs[i] / reference.n) if theirs is not None and reference else None
                ),
            }
            for i in range(BINS)
        ],
        "psi": {
            "value": rounded(index.statistic),
            "critical_1_percent": rounded(index.critical_watch),
        }
        if index
        else None,
    }


def quality(table: Table, baseline: Baseline | None) -> list[Json]:
    """Middle and tails of each figure; sizes are given back in their own unit."""
    found = []
    for name in QUALITY:
        ours, _ = table.figures(name)
        theirs = _reference(baseline, name)
        # Width and height say it already, where the baseline does not have the product.
        if len(ours) and not (name == "pixels" and theirs is None):
            row = {"name": name, "n": len(ours), **_tails(name, ours)}
            tails = _tails(name, theirs.values) if theirs else {}
            row |= {f"baseline_{level}": value for level, value in tails.items()}
            found.append(row)
    return found


def _reference(baseline: Baseline | None, name: str) -> Reference | None:
    values = baseline.values.get(name, ()) if baseline else ()
    known = [each for value in values if (each := scaled(name, value)) is not None]
    return Reference.of(known) if len(known) > 1 else None


def _tails(name: str, values: Floats) -> Json:
    levels = np.quantile(values, [0.05, 0.5, 0.95])
    back = 2**levels if name in LOGARITHMIC else levels
    return {
        level: rounded(float(each)) for level, each in zip(("p5", "p50", "p95"), back, strict=True)
    }


def thresholds_in_force(photos: Sequence[PhotoFacts]) -> list[Json]:
    """Every threshold that photos of the window met, and where it came from."""
    met = Counter(
        (photo.model_version, photo.threshold, photo.threshold_source)
        for photo in photos
        if is_classified(photo) and photo.threshold is not None
    )
    return [
        {"model_version": version, "threshold": rounded(value), "source": source, "photos": count}
        for (version, value, source), count in sorted(met.items())
    ]
