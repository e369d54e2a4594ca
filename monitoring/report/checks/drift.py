"""Checks against the baseline: mixes, confidence, review rate, image quality, format."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from monitoring.capture.summary import CaptureSummary
from monitoring.report.baseline import Baseline
from monitoring.report.checks.catalogue import UNOBSERVED, effect_unit
from monitoring.report.checks.check import EXAMPLES, Check, counted_check, statistical_check
from monitoring.report.checks.wording import (
    distance_finding,
    gap_finding,
    means_finding,
    rule_of,
    sentence_of,
    shares_finding,
)
from monitoring.report.records.figures import (
    OF_THE_FILE,
    QUALITY,
    format_scaled,
    scaled_reference,
)
from monitoring.report.records.inputs import ReportSettings
from monitoring.report.records.photo import PhotoFacts, needed_review
from monitoring.report.records.tables import ModelPhotos, PhotoSets
from monitoring.statistics.proportions import several_shares, two_shares
from monitoring.statistics.severity import Severity, TestResult, grade
from monitoring.statistics.two_samples import (
    Floats,
    kolmogorov_smirnov,
    wasserstein,
    welch,
)

SHARE_FLOOR = 0.05  # five points
KS_FLOOR = 0.05
DISTANCE_FLOOR = 0.1  # sd
QUALITY_FLOOR = 0.2  # sd


def drift_checks(
    photos: PhotoSets,
    baselines: Mapping[str, Baseline],
    *,
    capture: CaptureSummary | None,
    watched: Sequence[Mapping[str, int]],
    settings: ReportSettings,
) -> Iterator[Check]:
    """Compare every model version that answered on this day, or else in the week.

    A day with fewer than `minimum_n` photos is compared by its week. `watched`: check → direction
    of earlier windows, newest last.
    """
    answered = photos.day or dict([*photos.week.items()][:1])
    for version, group in answered.items():
        if version not in baselines:
            continue
        compared, is_week = _compared(photos, group, minimum_n=settings.minimum_n)
        if len(compared.photos) < settings.minimum_n:
            yield _not_enough(version, len(compared.photos), settings)
            continue
        confidences, source = compared.confidences_from(None if is_week else capture)
        yield from Comparison(
            photos=compared,
            baseline=baselines[version],
            vehicles=settings.vehicles,
            confidences=confidences,
            source=source,
            is_week=is_week,
            watched=watched,
        ).checks()
    if not answered:
        yield _not_enough("", 0, settings)


def _compared(photos: PhotoSets, group: ModelPhotos, *, minimum_n: int) -> tuple[ModelPhotos, bool]:
    """Return the photos to compare, and whether they are those of the week."""
    day = photos.day.get(group.version)
    if day is not None and len(day.photos) >= minimum_n:
        return day, False
    week = photos.week.get(group.version, group)
    return week, week is not day


def _not_enough(version: str, n: int, settings: ReportSettings) -> Check:
    return counted_check(
        "enough_data",
        Severity.NOT_ENOUGH_DATA,
        rule=f"at least {settings.minimum_n} classified photos in the window, or in "
        f"{settings.rolled_days} days",
        sentence=f"{n} classified photos in {settings.rolled_days} days.",
        n=n,
        model_version=version,
        window="week",
    )


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One model's photos of a day (or a week) beside its baseline."""

    photos: ModelPhotos
    baseline: Baseline
    vehicles: tuple[str, ...]
    confidences: Floats  # of the ledger or of Data Capture
    source: str  # ledger | capture
    is_week: bool
    watched: Sequence[Mapping[str, int]]

    def checks(self) -> Iterator[Check]:
        """Yield every check that the baseline allows."""
        yield from self._mixes()
        yield from self._confidence()
        if self.baseline.assigned + self.baseline.review:
            yield self._review_rate()
        yield from self._quality()
        if self.baseline.formats and self.baseline.is_observed:
            yield self._formats()

    def _mixes(self) -> Iterator[Check]:
        """Test the mix among vehicles and the share without a vehicle: two questions, two tests."""
        ours = Counter(self.photos.predictions)
        theirs = Counter(self.baseline.predicted)
        n, m = len(self.photos.photos), theirs.total()
        of_ours, of_theirs = (
            {name: counts[name] for name in self.vehicles} for counts in (ours, theirs)
        )
        k, j = sum(of_ours.values()), sum(of_theirs.values())
        if n and m:
            other = predicted_as(self.photos, lambda name: name not in self.vehicles)
            yield self._check(
                "no_vehicle_share",
                two_shares(n - k, n, m - j, m),
                floor=SHARE_FLOOR,
                photos=other,
                finding=shares_finding("No vehicle on", (n - k) / n, (m - j) / m),
            )
        if k and j and len(self.vehicles) > 1:
            first = self.vehicles[0]
            two = len(self.vehicles) == 2
            result = (
                two_shares(of_ours[first], k, of_theirs[first], j)
                if two
                else several_shares(of_ours, of_theirs)
            )
            grown = max(self.vehicles, key=lambda name: of_ours[name] / k - of_theirs[name] / j)
            photos = predicted_as(self.photos, lambda name: name == grown)
            finding = shares_finding(f"{grown}:", of_ours[grown] / k, of_theirs[grown] / j)
            yield self._check(
                "vehicle_mix", result, floor=SHARE_FLOOR, photos=photos, finding=finding
            )

    def _confidence(self) -> Iterator[Check]:
        reference = self.baseline.reference("confidence")
        if reference is None or not len(self.confidences):
            return
        gap = kolmogorov_smirnov(self.confidences, reference)
        distance = wasserstein(self.confidences, reference)
        mean = float(self.confidences.mean())
        for name, result, floor, finding in (
            ("confidence_ks", gap, KS_FLOOR, gap_finding(gap.effect)),
            (
                "confidence_w1",
                distance,
                DISTANCE_FLOOR,
                distance_finding(mean, reference.mean, distance.effect),
            ),
        ):
            photos = extremes(self.photos.confidences, self.photos.photos, result.direction)
            yield self._check(
                name, result, floor=floor, photos=photos, finding=finding, source=self.source
            )

    def _review_rate(self) -> Check:
        reviewed = [photo for photo in self.photos.photos if needed_review(photo)]
        n, total = len(self.photos.photos), self.baseline.assigned + self.baseline.review
        return self._check(
            "review_rate",
            two_shares(len(reviewed), n, self.baseline.review, total),
            floor=SHARE_FLOOR,
            photos=tuple(reviewed),
            finding=shares_finding(
                "Sent to review", len(reviewed) / n, self.baseline.review / total
            ),
        )

    def _quality(self) -> Iterator[Check]:
        for name in QUALITY:
            if name in OF_THE_FILE and not self.baseline.is_observed:
                continue
            reference = scaled_reference(name, self.baseline.values.get(name, ()))
            ours, photos = self.photos.figures(name)
            if reference.n > 1 and len(ours) > 1:
                result = welch(ours, reference)
                now = format_scaled(name, float(ours.mean()))
                finding = means_finding(
                    now, format_scaled(name, reference.mean), result.effect * result.direction
                )
                examples = extremes(ours, photos, result.direction)
                yield self._check(
                    name, result, floor=QUALITY_FLOOR, photos=examples, finding=finding
                )

    def _formats(self) -> Check:
        ours = Counter(photo.image_format.lower() or "unknown" for photo in self.photos.photos)
        theirs = dict(self.baseline.formats)
        total = sum(theirs.values())
        n = len(self.photos.photos)
        shift = {
            name: ours[name] / n - theirs.get(name, 0) / total for name in sorted({*ours, *theirs})
        }
        furthest = max(shift, key=lambda name: abs(shift[name]))
        grown = max(shift, key=lambda name: shift[name])
        photos = tuple(photo for photo in self.photos.photos if photo.image_format.lower() == grown)
        return self._check(
            "format_mix",
            several_shares(ours, theirs),
            floor=SHARE_FLOOR,
            photos=photos,
            finding=shares_finding(
                f"{furthest}:", ours[furthest] / n, theirs.get(furthest, 0) / total
            ),
        )

    def _check(
        self,
        name: str,
        result: TestResult,
        *,
        floor: float,
        photos: Sequence[PhotoFacts],
        finding: str,
        source: str = "ledger",
    ) -> Check:
        key = f"{name}@{self.photos.version}"
        earlier = [watched.get(key) for watched in self.watched]
        may_persist, unit = not self.is_week, effect_unit(name)
        return statistical_check(
            name,
            grade(result, floor=floor, earlier=earlier, may_persist=may_persist),
            result,
            floor=floor,
            rule=rule_of(result, floor, unit=unit, may_persist=may_persist),
            sentence=sentence_of(finding, result, floor, unit=unit),
            photos=photos,
            model_version=self.photos.version,
            window="week" if self.is_week else "day",
            source=source,
            more_advice="" if self.baseline.is_observed else UNOBSERVED,
        )


def predicted_as(photos: ModelPhotos, matches: Callable[[str], bool]) -> tuple[PhotoFacts, ...]:
    """Return photos whose most probable class matches, the most probable first."""
    pairs = zip(photos.photos, photos.predictions, strict=True)
    matching = [photo for photo, name in pairs if matches(name)]
    return tuple(sorted(matching, key=lambda photo: -max(photo.probabilities.values())))


def extremes(
    values: Floats, photos: Sequence[PhotoFacts], direction: int
) -> tuple[PhotoFacts, ...]:
    """Return the photos furthest in the direction of the change."""
    order = np.argsort(-values if direction > 0 else values, kind="stable")
    return tuple(photos[place] for place in order[:EXAMPLES].tolist())
