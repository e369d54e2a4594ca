"""Draws photos as the pipeline would record them, with a truth that the pipeline cannot observe.

The model is confident about most photos and unsure about some, it is calibrated, and all figures of
a photo are independent. Every such assumption can be shifted.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np

from handlers.domain.review.rules import NEITHER
from monitoring.report import PhotoFacts
from monitoring.report.baseline import Baseline
from monitoring.report.observed_baseline import observed_baseline
from monitoring.statistics.distributions import beta_cdf
from monitoring.statistics.two_samples import Floats

QUALITY = {  # mean and standard deviation, roughly those of drivers' photos
    "brightness": (0.45, 0.12),
    "contrast": (0.22, 0.05),
    "sharpness": (3.0, 0.45),
    "width": (3000.0, 500.0),
    "height": (2200.0, 400.0),
    "size_bytes": (2.4e6, 6e5),
}
FORMATS = (("jpeg", 0.8), ("heif", 0.15), ("png", 0.05))


@dataclass(frozen=True, kw_only=True)
class Population:
    """The distribution from which photos are drawn; shares are 0..1."""

    vehicles: tuple[str, str] = ("first", "second")
    other: str = "other"
    first_share: float = 0.5  # of the vehicles
    other_share: float = 0.05  # of all photos
    sure_share: float = 0.85  # photos about which the model is confident
    sureness: float = 14.0  # of those: Beta(sureness, 1)
    honesty: float = 1.0  # times the confidence is the probability that the model is right
    threshold: float = 0.8
    audit_share: float = 0.02
    model_version: str = "m1"
    quality_shift: dict[str, float] = field(default_factory=dict)  # in sd

    def confidences(self, random: np.random.Generator, n: int) -> Floats:
        """Draw the confidence (0..1) of the most probable class of `n` photos."""
        sure = random.beta(self.sureness, 1.0, n)
        unsure = random.beta(2.0, 1.6, n)
        mixed = np.where(random.random(n) < self.sure_share, sure, unsure)
        return np.asarray(0.5 + mixed / 2, dtype=np.float64)

    def confidence_law(self) -> tuple[Floats, Floats]:
        """Return every confidence of four decimals and its probability.

        This is the distribution of `confidences`, rounded.
        """
        values = np.arange(5_000, 10_001) / 10_000
        edges = np.clip(2 * np.append(values - 0.000_05, 1.0) - 1, 0.0, 1.0)
        unsure = np.array([beta_cdf(float(edge), 2.0, 1.6) for edge in edges])
        below = self.sure_share * edges**self.sureness + (1 - self.sure_share) * unsure
        return values, np.diff(below)

    def quality(self, random: np.random.Generator, n: int) -> dict[str, Floats]:
        """Draw quality figures of `n` photos, one column a figure."""
        return {
            name: np.abs(mean + sd * (random.standard_normal(n) + self.quality_shift.get(name, 0)))
            for name, (mean, sd) in QUALITY.items()
        }

    def draw(
        self, random: np.random.Generator, n: int, start: datetime, *, hours: float = 24.0
    ) -> Iterator[PhotoFacts]:
        """Yield `n` photos spread over the hours, with reviews and audits completed."""
        sure, right = self.confidences(random, n), random.random(n)
        kinds, audits = random.random(n), random.random(n) < self.audit_share
        quality = self.quality(random, n)
        formats = random.choice(
            [name for name, _ in FORMATS], size=n, p=[share for _, share in FORMATS]
        )
        seconds = np.sort(random.random(n)) * hours * 3600
        for i in range(n):
            guess = self._guess(float(kinds[i]))
            yield self._photo(
                guess=guess,
                truth=guess if right[i] < sure[i] * self.honesty else self._wrong_class(guess),
                sure=float(sure[i]),
                audited=bool(audits[i]),
                received_at=start + timedelta(seconds=round(float(seconds[i]), 3)),
                quality={name: float(values[i]) for name, values in quality.items()},
                image_format=str(formats[i]),
            )

    def baseline(self, random: np.random.Generator, n: int = 5_000) -> Baseline:
        """Return the baseline of a quiet window of `n` photos."""
        start = datetime.fromisoformat("2026-01-01T00:00:00Z")
        return observed_baseline(self.draw(random, n, start), self.model_version)

    def shifted(self, **changes: object) -> "Population":
        """Return a population with other values of these fields."""
        return replace(self, **changes)  # type: ignore[arg-type] # fields by name

    def _guess(self, kind: float) -> str:
        if kind < self.other_share:
            return self.other
        among = (kind - self.other_share) / (1 - self.other_share)
        return self.vehicles[0] if among < self.first_share else self.vehicles[1]

    def _wrong_class(self, guess: str) -> str:
        return self.vehicles[0] if guess != self.vehicles[0] else self.vehicles[1]

    def _photo(
        self,
        *,
        guess: str,
        truth: str,
        sure: float,
        audited: bool,
        received_at: datetime,
        quality: dict[str, float],
        image_format: str,
    ) -> PhotoFacts:
        rest = (1 - sure) / 2
        probabilities = dict.fromkeys((*self.vehicles, self.other), rest) | {guess: sure}
        vehicle = max(self.vehicles, key=lambda name: probabilities[name])
        confidence = probabilities[vehicle]
        reason = "" if confidence >= self.threshold else "low_confidence"
        reason = "no_vehicle" if guess == self.other else reason
        reason = "audit" if audited and not reason else reason
        verdict = NEITHER if truth == self.other else truth
        is_rejected = bool(reason) and verdict == NEITHER
        photo_id = hashlib.sha256(f"{received_at}{sure!r}".encode()).hexdigest()
        return PhotoFacts(
            photo_id=photo_id,
            key=f"intake/driver-{photo_id[:2]}/{photo_id[2:10]}.jpg",
            status="rejected" if is_rejected else "assigned",
            reason="no_vehicle" if is_rejected else "",
            review="done" if reason else "none",
            review_reason=reason,
            received_at=received_at,
            enqueued_at=received_at + timedelta(seconds=1) if reason else None,
            decided_at=received_at + timedelta(seconds=900 * sure if reason else sure),
            model_version=self.model_version,
            probabilities=probabilities,
            confidence=confidence,
            vehicle=vehicle,
            threshold=self.threshold,
            threshold_source="calibrated",
            quality=quality,
            image_format=image_format,
            verdict=verdict if reason else "",
        )
