"""Photos grouped for comparison: by model version, and by who decided them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from monitoring.capture.summary import CaptureSummary
from monitoring.report.baseline import Baseline
from monitoring.report.records.audits import is_audit
from monitoring.report.records.figures import scaled_figure
from monitoring.report.records.photo import (
    PhotoFacts,
    in_order,
    is_classified,
    is_labelled,
    is_right,
    predicted,
    was_automatic,
)
from monitoring.statistics.accuracy import Stratum
from monitoring.statistics.two_samples import Floats

CAPTURED_ENOUGH = 0.95


@dataclass(frozen=True)
class ModelPhotos:
    """Classified photos of one model version, in order."""

    version: str
    photos: tuple[PhotoFacts, ...]

    @cached_property
    def confidences(self) -> Floats:
        """The confidence of the best vehicle, one value a photo."""
        return confidences_of(self.photos)

    @cached_property
    def predictions(self) -> tuple[str, ...]:
        """The most probable class, one a photo."""
        return tuple(map(predicted, self.photos))

    def confidences_from(self, capture: CaptureSummary | None) -> tuple[Floats, str]:
        """Return Data Capture's confidences, or the ledger's where it misses too many; the source.

        The source is `capture` or `ledger`.
        """
        scores = capture.scores.get(self.version) if capture is not None else None
        if scores is not None and scores.n >= CAPTURED_ENOUGH * len(self.photos):
            return scores.confidences(), "capture"
        return self.confidences, "ledger"

    def figures(self, name: str) -> tuple[Floats, tuple[PhotoFacts, ...]]:
        """Return a quality figure on the scale of comparison, and the photos that have it."""
        rows = [(scaled_figure(photo, name), photo) for photo in self.photos]
        known = [(value, photo) for value, photo in rows if value is not None]
        values = np.array([value for value, _ in known], dtype=np.float64)
        return values, tuple(photo for _, photo in known)


@dataclass(frozen=True)
class LabelledPhotos:
    """Classified photos of one model version over the audit's days, and their human labels."""

    version: str
    photos: Sequence[PhotoFacts]
    vehicles: tuple[str, ...]
    baseline: Baseline | None

    @cached_property
    def automatic(self) -> list[PhotoFacts]:
        """Photos that the model decided."""
        return [photo for photo in self.photos if was_automatic(photo)]

    @cached_property
    def reviewed(self) -> list[PhotoFacts]:
        """Photos that a reviewer decided."""
        return [photo for photo in self.photos if not was_automatic(photo)]

    @cached_property
    def audits(self) -> list[PhotoFacts]:
        """Labelled photos of the random audit; contested photos are not a random sample."""
        return [photo for photo in self.automatic if is_audit(photo)]

    @cached_property
    def labelled_reviews(self) -> list[PhotoFacts]:
        """Reviewed photos whose content could be labelled."""
        return [photo for photo in self.reviewed if is_labelled(photo)]

    @cached_property
    def errors(self) -> list[PhotoFacts]:
        """Audited photos on which the model is wrong."""
        return [photo for photo in self.audits if not is_right(photo, self.vehicles)]

    def strata(self) -> tuple[Stratum, Stratum]:
        """Return the automatic and the reviewed stratum."""
        right = sum(is_right(photo, self.vehicles) for photo in self.labelled_reviews)
        return (
            Stratum(
                photos=len(self.automatic),
                labelled=len(self.audits),
                right=len(self.audits) - len(self.errors),
            ),
            Stratum(photos=len(self.reviewed), labelled=len(self.labelled_reviews), right=right),
        )


@dataclass(frozen=True, kw_only=True)
class PhotoSets:
    """The photos of a report, grouped once for checks and document."""

    received: Sequence[PhotoFacts]  # in the window, in order
    day: Mapping[str, ModelPhotos]  # classified in the window, by model version
    week: Mapping[str, ModelPhotos]  # classified in the longer window of small days
    labelled: LabelledPhotos | None  # None where no photo was classified in the audit's days


def group_photos(
    received: Iterable[PhotoFacts],
    *,
    week: Sequence[PhotoFacts],
    audited: Iterable[PhotoFacts],
    baselines: Mapping[str, Baseline],
    vehicles: tuple[str, ...],
) -> PhotoSets:
    """Group the photos of a window, of its week and of the audit's days; in any order."""
    photos = in_order(received)
    day = by_model(photos)
    return PhotoSets(
        received=photos,
        day=day,
        # A window may be longer than a week.
        week=by_model(in_order(week if len(week) > len(photos) else photos)),
        labelled=_labelled(by_model(in_order(audited)), day, baselines, vehicles),
    )


def by_model(photos: Iterable[PhotoFacts]) -> dict[str, ModelPhotos]:
    """Group classified photos by model version, the one with most photos first."""
    groups: dict[str, list[PhotoFacts]] = {}
    for photo in photos:
        if is_classified(photo):
            groups.setdefault(photo.model_version, []).append(photo)
    ranked = sorted(groups, key=lambda version: (-len(groups[version]), version))
    return {version: ModelPhotos(version, tuple(groups[version])) for version in ranked}


def confidences_of(photos: Sequence[PhotoFacts]) -> Floats:
    """Return one confidence a photo; 0 where it is unknown."""
    return np.array([photo.confidence or 0.0 for photo in photos], dtype=np.float64)


def _labelled(
    audited: Mapping[str, ModelPhotos],
    day: Mapping[str, ModelPhotos],
    baselines: Mapping[str, Baseline],
    vehicles: tuple[str, ...],
) -> LabelledPhotos | None:
    """Select the day's first model, or the audit days' first where the day has no prediction."""
    version = next(iter(day), None) or next(iter(audited), None)
    if version is None:
        return None
    group = audited.get(version) or day.get(version)
    return LabelledPhotos(version, group.photos if group else (), vehicles, baselines.get(version))
