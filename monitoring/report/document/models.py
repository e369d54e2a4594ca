"""Each model's photos beside its baseline: classes, formats, review, confidence, quality."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from monitoring.capture.summary import CaptureSummary
from monitoring.report.baseline import Baseline
from monitoring.report.document.accuracy import interval_wire
from monitoring.report.records.figures import QUALITY, rounded, scaled_reference, unscaled
from monitoring.report.records.photo import PhotoFacts, is_classified, needed_review
from monitoring.report.records.tables import ModelPhotos
from monitoring.statistics.proportions import wilson
from monitoring.statistics.two_samples import Floats, Reference, stability_index

BINS = 20
Json = dict[str, Any]


def model_chapter(
    photos: ModelPhotos, baseline: Baseline | None, capture: CaptureSummary | None
) -> Json:
    """Describe one model version's photos; without a baseline, comparisons have the value None."""
    confidences, source = photos.confidences_from(capture)
    return {
        "version": photos.version,
        "n": len(photos.photos),
        "baseline": _baseline(baseline),
        **_mix(photos, baseline),
        "confidence": _confidence(confidences, source, baseline),
        "quality": _quality(photos, baseline),
    }


def thresholds_in_force(photos: Sequence[PhotoFacts]) -> list[Json]:
    """List every threshold that was applied to photos of the window, with its source."""
    applied = Counter(
        (photo.model_version, photo.threshold, photo.threshold_source)
        for photo in photos
        if is_classified(photo) and photo.threshold is not None
    )
    return [
        {"model_version": version, "threshold": rounded(value), "source": source, "photos": count}
        for (version, value, source), count in sorted(applied.items())
    ]


def _baseline(baseline: Baseline | None) -> Json | None:
    if baseline is None:
        return None
    return {
        "n": baseline.n,
        "threshold": rounded(baseline.threshold),
        "ece": rounded(baseline.ece),
        "ece_n": baseline.ece_n,
        "mix": list(baseline.mix),
        "data_digest": baseline.data_digest,
        "is_observed": baseline.is_observed,
        "observed_from": baseline.observed_from,
        "observed_to": baseline.observed_to,
    }


def _mix(group: ModelPhotos, baseline: Baseline | None) -> Json:
    photos = group.photos
    reviewed = sum(map(needed_review, photos))
    total = baseline.assigned + baseline.review if baseline else 0
    reasons = Counter(photo.review_reason for photo in photos if photo.review_reason)
    return {
        "classes": _shares(Counter(group.predictions), baseline.predicted if baseline else {}),
        "formats": _shares(
            Counter(photo.image_format.lower() or "unknown" for photo in photos),
            baseline.formats if baseline else {},
        ),
        "review": {
            "reviewed": reviewed,
            **interval_wire(wilson(reviewed, len(photos)), len(photos)),
            "baseline": rounded(baseline.review / total) if baseline and total else None,
            "reasons": dict(sorted(reasons.items())),
        },
    }


def _shares(counts: Mapping[str, int], baseline: Mapping[str, int]) -> list[Json]:
    """Return each share with its interval, and the baseline's share."""
    n, m = sum(counts.values()), sum(baseline.values())
    return [
        {
            "name": name,
            "count": counts.get(name, 0),
            **interval_wire(wilson(counts.get(name, 0), n), n),
            "baseline": rounded(baseline.get(name, 0) / m) if m else None,
        }
        for name in sorted({*counts, *baseline})
    ]


def _confidence(values: Floats, source: str, baseline: Baseline | None) -> Json:
    """Return bins beside the baseline's, and PSI with its critical value for this n."""
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


def _quality(photos: ModelPhotos, baseline: Baseline | None) -> list[Json]:
    """Return median and tails of each figure, in its own unit."""
    rows = []
    for name in QUALITY:
        ours, _ = photos.figures(name)
        theirs = _reference(baseline, name)
        # Width and height show the same change where the baseline lacks their product.
        if len(ours) and not (name == "pixels" and theirs is None):
            row = {"name": name, "n": len(ours), **_tails(name, ours)}
            tails = _tails(name, theirs.values) if theirs else {}
            row |= {f"baseline_{level}": value for level, value in tails.items()}
            rows.append(row)
    return rows


def _reference(baseline: Baseline | None, name: str) -> Reference | None:
    values = baseline.values.get(name, ()) if baseline else ()
    reference = scaled_reference(name, values) if values else None
    return reference if reference is not None and reference.n > 1 else None


def _tails(name: str, values: Floats) -> Json:
    levels = unscaled(name, np.quantile(values, [0.05, 0.5, 0.95]))
    return {
        level: rounded(float(value))
        for level, value in zip(("p5", "p50", "p95"), levels, strict=True)
    }
