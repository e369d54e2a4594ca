"""Makes a baseline of drivers' photos from a quiet window of operation.

An evaluation's photos differ from the drivers' in size and kind, so that every day differs from its
baseline. `scones baseline`, the demonstration and the simulation make observed ones.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from handlers.domain.errors import PermanentError
from monitoring.report import HistoryRow, PhotoFacts, Window
from monitoring.report.baseline import OBSERVED, Baseline, thinned
from monitoring.report.records.figures import measured
from monitoring.report.records.photo import in_order, is_classified, needed_review, predicted

LEAST = 500  # photos
TIGHT = 5_000
"""With fewer photos the baseline's own noise, which all days share, widens critical values."""

FIGURES = ("brightness", "contrast", "sharpness", "width", "height", "size_bytes", "aspect")


class WindowNotOver(PermanentError):
    """The window of a baseline has not ended yet."""


class TooFewPhotos(PermanentError):
    """The window holds too few photos of the model for a baseline; the message has the counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A baseline, and what an operator should know before it is stored."""

    baseline: Baseline
    instead_of: Baseline | None  # the one with which days are compared so far
    others: Mapping[str, int]  # other model version in the window → its photos
    reported: int  # windows within this one that have a report
    acted_on: Mapping[str, tuple[str, ...]]  # start of those with ACT → checks at WATCH or ACT

    def warnings(self) -> tuple[str, ...]:
        """Return the reasons to hesitate, one sentence each."""
        sentences = []
        if self.acted_on:
            checks = sorted({name for names in self.acted_on.values() for name in names})
            sentences.append(
                f"{len(self.acted_on)} of {self.reported} reported window(s) in it had the verdict "
                f"ACT ({', '.join(checks) or 'nothing compared'}): if something was wrong then, it "
                "will count as normal."
            )
        if self.baseline.n < TIGHT:
            sentences.append(
                f"with {self.baseline.n:,} photos the baseline's own noise widens every critical "
                f"value; {TIGHT:,} make them tight."
            )
        if self.others:
            others = ", ".join(f"{name} ({n:,} photos)" for name, n in self.others.items())
            sentences.append(f"the window also holds other models, which need their own: {others}.")
        return tuple(sentences)


def proposal(
    photos: Iterable[PhotoFacts],
    window: Window,
    *,
    version: str,
    baselines: Mapping[str, Baseline],
    history: Iterable[HistoryRow],
    now: datetime,
) -> Proposal:
    """Propose the baseline of a model version; by default of the most frequent one.

    Raises: WindowNotOver, TooFewPhotos.
    """
    if window.end > now:
        raise WindowNotOver(
            f"the window ends at {window.end:%Y-%m-%dT%H:%MZ}, and it is {now:%Y-%m-%dT%H:%MZ}: "
            "a baseline needs days that are over."
        )
    received = list(photos)
    counts = Counter(photo.model_version for photo in received if is_classified(photo))
    version = version or max(sorted(counts), key=lambda name: counts[name], default="")
    _require_enough(counts, version)
    before = baselines.get(version)
    inside = [row for row in history if _is_within(row, window)]
    return Proposal(
        baseline=observed_baseline(received, version, window=window, evaluated=before),
        instead_of=before,
        others={name: n for name, n in sorted(counts.items()) if name != version},
        reported=len(inside),
        acted_on={row.start: _loud(row, version) for row in inside if row.verdict == "ACT"},
    )


def observed_baseline(
    photos: Iterable[PhotoFacts],
    version: str,
    *,
    window: Window | None = None,
    evaluated: Baseline | None = None,
) -> Baseline:
    """Return the baseline of all photos that this model has classified.

    Calibration error and data digest need labels, so they are those of `evaluated`.
    """
    chosen = [
        photo
        for photo in in_order(photos)
        if is_classified(photo) and photo.model_version == version
    ]
    reviewed = sum(map(needed_review, chosen))
    # A class that was never the most probable one belongs to the model as well.
    classes = sorted({name for photo in chosen for name in photo.probabilities})
    most_probable = Counter(map(predicted, chosen))
    formats = Counter(photo.image_format.lower() or "unknown" for photo in chosen)
    return Baseline(
        model_version=version,
        n=len(chosen),
        threshold=_threshold(chosen, evaluated),
        predicted={name: most_probable[name] for name in classes},
        assigned=len(chosen) - reviewed,
        review=reviewed,
        values=_values(chosen, classes),
        formats=dict(sorted(formats.items())),
        ece=evaluated.ece if evaluated else 0.0,
        ece_n=evaluated.ece_n if evaluated else 0,
        data_digest=evaluated.data_digest if evaluated else "",
        mix=OBSERVED,
        observed_from=_date(window.start, window) if window else "",
        observed_to=_date(window.end - timedelta(microseconds=1), window) if window else "",
    )


def _values(photos: Sequence[PhotoFacts], classes: Sequence[str]) -> dict[str, tuple[float, ...]]:
    columns = {name: [measured(photo, name) for photo in photos] for name in FIGURES}
    columns["confidence"] = [photo.confidence for photo in photos]
    columns |= {name: [photo.probabilities.get(name) for photo in photos] for name in classes}
    known = {
        name: [value for value in column if value is not None] for name, column in columns.items()
    }
    return {name: thinned(values) for name, values in sorted(known.items()) if values}


def _threshold(photos: Sequence[PhotoFacts], evaluated: Baseline | None) -> float:
    """Return the threshold that was applied to most photos."""
    applied = Counter(photo.threshold for photo in photos if photo.threshold is not None)
    fallback = evaluated.threshold if evaluated else 0.0
    return max(sorted(applied), key=lambda threshold: applied[threshold], default=fallback)


def _require_enough(counts: Mapping[str, int], version: str) -> None:
    n = counts.get(version, 0)
    if n >= LEAST:
        return
    of_model = f" by model {version}" if version else ""
    others = ", ".join(f"{name}: {count:,}" for name, count in sorted(counts.items()))
    raise TooFewPhotos(
        f"{n:,} photos of the window were classified{of_model}, and a baseline needs {LEAST:,} "
        f"({TIGHT:,} make its critical values tight): take a longer window."
        + (f" In the window are {others}." if others else "")
    )


def _is_within(row: HistoryRow, window: Window) -> bool:
    start, end = (datetime.fromisoformat(text) for text in (row.start, row.end))
    return window.start <= start and end <= window.end


def _loud(row: HistoryRow, version: str) -> tuple[str, ...]:
    """Return the names of this model's checks that were WATCH or ACT."""
    keys = (key.partition("@") for key in row.watched)
    return tuple(sorted(name for name, _, model in keys if model in {"", version}))


def _date(moment: datetime, window: Window) -> str:
    return moment.astimezone(ZoneInfo(window.time_zone)).date().isoformat()
