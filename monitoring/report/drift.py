"""Checks against the baseline: mixes, confidence, review rate, image quality, format."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from monitoring.baseline import Baseline
from monitoring.report.advice import ADVICE, TITLES, UNOBSERVED
from monitoring.report.check import Check
from monitoring.report.examples import EXAMPLES, extremes, predicted_as
from monitoring.report.facts import PhotoFacts
from monitoring.report.quality import OF_THE_FILE, QUALITY, said, scaled_reference
from monitoring.report.sentences import (
    gap_finding,
    means_finding,
    rule_of,
    sentence_of,
    shares_finding,
    way_finding,
)
from monitoring.report.table import Table, needed_review
from monitoring.report.units import effect_unit
from monitoring.statistics.proportions import several_shares, two_shares
from monitoring.statistics.severity import TestResult, grade
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


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One model's photos of a day (or a week) beside its baseline."""

    table: Table
    baseline: Baseline
    vehicles: tuple[str, ...]
    confidences: Floats  # the ledger's, or those of Data Capture
    source: str
    week: bool
    watched: Sequence[Mapping[str, int]]  # by earlier windows, newest last

    def checks(self) -> Iterator[Check]:
        """Every check that the baseline allows."""
        yield from self._mixes()
        yield from self._confidence()
        if self.baseline.assigned + self.baseline.review:
            yield self._review_rate()
        yield from self._quality()
        if self.baseline.formats and self.baseline.is_observed:
            yield self._formats()

    def _mixes(self) -> Iterator[Check]:
        """Which vehicle, among vehicles; and whether it is one at all: two questions, two tests."""
        ours = Counter(self.table.predictions)
        theirs = Counter(self.baseline.predicted)
        n, m = len(self.table.photos), theirs.total()
        of_ours, of_theirs = (
            {name: counts[name] for name in self.vehicles} for counts in (ours, theirs)
        )
        k, j = sum(of_ours.values()), sum(of_theirs.values())
        if n and m:
            other = predicted_as(self.table, lambda name: name not in self.vehicles)
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
            photos = predicted_as(self.table, lambda name: name == grown)
            finding = shares_finding(f"{grown}:", of_ours[grown] / k, of_theirs[grown] / j)
            yield self._check(
                "vehicle_mix", result, floor=SHARE_FLOOR, photos=photos, finding=finding
            )

    def _confidence(self) -> Iterator[Check]:
        reference = self.baseline.reference("confidence")
        if reference is None or not len(self.confidences):
            return
        gap = kolmogorov_smirnov(self.confidences, reference)
        way = wasserstein(self.confidences, reference)
        mean = float(self.confidences.mean())
        for name, result, floor, finding in (
            ("confidence_ks", gap, KS_FLOOR, gap_finding(gap.effect)),
            (
                "confidence_w1",
                way,
                DISTANCE_FLOOR,
                way_finding(mean, reference.mean, way.effect),
            ),
        ):
            photos = extremes(self.table.confidences, self.table.photos, result.direction)
            yield self._check(
                name, result, floor=floor, photos=photos, finding=finding, source=self.source
            )

    def _review_rate(self) -> Check:
        asked = [photo for photo in self.table.photos if needed_review(photo)]
        total = self.baseline.assigned + self.baseline.review
        result = two_shares(len(asked), len(self.table.photos), self.baseline.review, total)
        ours, theirs = len(asked) / len(self.table.photos), self.baseline.review / total
        return self._check(
            "review_rate",
            result,
            floor=SHARE_FLOOR,
            photos=tuple(asked),
            finding=shares_finding("A person was asked for", ours, theirs),
        )

    def _quality(self) -> Iterator[Check]:
        for name in QUALITY:
            if name in OF_THE_FILE and not self.baseline.is_observed:
                continue
            reference = scaled_reference(name, self.baseline.values.get(name, ()))
            ours, photos = self.table.figures(name)
            if reference.n > 1 and len(ours) > 1:
                result = welch(ours, reference)
                shown = extremes(ours, photos, result.direction)
                then, now = said(name, reference.mean), said(name, float(ours.mean()))
                finding = means_finding(now, then, result.effect * result.direction)
                yield self._check(name, result, floor=QUALITY_FLOOR, photos=shown, finding=finding)

    def _formats(self) -> Check:
        ours = Counter(photo.image_format.lower() or "unknown" for photo in self.table.photos)
        theirs = dict(self.baseline.formats)
        total = sum(theirs.values())
        n = len(self.table.photos)
        shift = {
            name: ours[name] / n - theirs.get(name, 0) / total for name in sorted({*ours, *theirs})
        }
        furthest = max(shift, key=lambda name: abs(shift[name]))
        grown = max(shift, key=lambda name: shift[name])
        photos = tuple(photo for photo in self.table.photos if photo.image_format.lower() == grown)
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
        key = f"{name}@{self.table.version}"
        before = [watched.get(key) for watched in self.watched]
        level = grade(result, floor=floor, earlier=before, may_persist=not self.week)
        unit = effect_unit(name)
        return Check(
            name=name,
            title=TITLES[name],
            level=level,
            rule=rule_of(result, floor, unit=unit, may_persist=not self.week),
            sentence=sentence_of(finding, result, floor, unit=unit),
            advice=ADVICE[name] if self.baseline.is_observed else ADVICE[name] + UNOBSERVED,
            n=result.n,
            model_version=self.table.version,
            window="week" if self.week else "day",
            source=source,
            test=result.test,
            baseline_n=result.baseline_n,
            statistic=result.statistic,
            critical_watch=result.critical_watch,
            critical_act=result.critical_act,
            p=result.p,
            effect=result.effect,
            floor=floor,
            direction=result.direction,
            photos=tuple(photo.photo_id for photo in photos[:EXAMPLES]),
        )
