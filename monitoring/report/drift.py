"""Checks against the baseline: mixes, confidence, review rate, image quality, format."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from monitoring.baseline import Baseline
from monitoring.report.advice import ADVICE, TITLES
from monitoring.report.check import Check, earlier
from monitoring.report.examples import EXAMPLES, extremes, predicted_as
from monitoring.report.facts import PhotoFacts
from monitoring.report.sentences import rule_of, sentence_of
from monitoring.report.table import Table, needed_review, scaled
from monitoring.statistics.proportions import several_shares, two_shares
from monitoring.statistics.results import TestResult
from monitoring.statistics.samples import (
    Floats,
    Reference,
    kolmogorov_smirnov,
    wasserstein,
    welch,
)
from monitoring.statistics.verdicts import judged

SHARE_FLOOR = 0.05  # five points
KS_FLOOR = 0.05
DISTANCE_FLOOR = 0.1  # sd
QUALITY_FLOOR = 0.2  # sd
UNITS = {
    "no_vehicle_share": "points",
    "vehicle_mix": "points",
    "review_rate": "points",
    "format_mix": "points",
    "confidence_ks": "points",
}
QUALITY = (
    "brightness",
    "contrast",
    "sharpness",
    "size_bytes",
    "pixels",
    "width",
    "height",
    "aspect",
)


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
        if self.baseline.formats:
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
                "no_vehicle_share", two_shares(n - k, n, m - j, m), floor=SHARE_FLOOR, photos=other
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
            detail = f"{grown}: {of_ours[grown] / k:.1%}, baseline {of_theirs[grown] / j:.1%}"
            yield self._check(
                "vehicle_mix", result, floor=SHARE_FLOOR, photos=photos, detail=detail
            )

    def _confidence(self) -> Iterator[Check]:
        reference = self.baseline.reference("confidence")
        if reference is None or not len(self.confidences):
            return
        for name, test, floor in (
            ("confidence_ks", kolmogorov_smirnov, KS_FLOOR),
            ("confidence_w1", wasserstein, DISTANCE_FLOOR),
        ):
            result = test(self.confidences, reference)
            photos = extremes(self.table.confidences, self.table.photos, result.direction)
            yield self._check(name, result, floor=floor, photos=photos, source=self.source)

    def _review_rate(self) -> Check:
        asked = [photo for photo in self.table.photos if needed_review(photo)]
        total = self.baseline.assigned + self.baseline.review
        result = two_shares(len(asked), len(self.table.photos), self.baseline.review, total)
        return self._check("review_rate", result, floor=SHARE_FLOOR, photos=tuple(asked))

    def _quality(self) -> Iterator[Check]:
        for name in QUALITY:
            reference = _scaled_reference(name, self.baseline.values.get(name, ()))
            ours, photos = self.table.figures(name)
            if reference.n > 1 and len(ours) > 1:
                result = welch(ours, reference)
                shown = extremes(ours, photos, result.direction)
                yield self._check(name, result, floor=QUALITY_FLOOR, photos=shown)

    def _formats(self) -> Check:
        ours = Counter(photo.image_format.lower() or "unknown" for photo in self.table.photos)
        theirs = dict(self.baseline.formats)
        total = sum(theirs.values())
        shift = {
            name: ours[name] / len(self.table.photos) - theirs.get(name, 0) / total
            for name in sorted({*ours, *theirs})
        }
        grown = max(shift, key=lambda name: shift[name])
        photos = tuple(photo for photo in self.table.photos if photo.image_format.lower() == grown)
        return self._check(
            "format_mix",
            several_shares(ours, theirs),
            floor=SHARE_FLOOR,
            photos=photos,
            detail=f"{grown}: {shift[grown]:+.1%}",
        )

    def _check(
        self,
        name: str,
        result: TestResult,
        *,
        floor: float,
        photos: Sequence[PhotoFacts],
        source: str = "ledger",
        detail: str = "",
    ) -> Check:
        key = f"{name}@{self.table.version}"
        level = judged(
            result, floor=floor, before=earlier(self.watched, key), may_persist=not self.week
        )
        unit = UNITS.get(name, "sd")
        return Check(
            name=name,
            title=TITLES[name],
            level=level,
            rule=rule_of(result, floor, unit=unit),
            sentence=sentence_of(result, floor, unit=unit, detail=detail),
            advice=ADVICE[name],
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


@lru_cache(maxsize=8 * len(QUALITY))  # baselines at once
def _scaled_reference(name: str, values: tuple[float, ...]) -> Reference:
    """A quality figure of the baseline, as it is compared."""
    return Reference.of([each for value in values if (each := scaled(name, value)) is not None])
