"""A baseline of what drivers really send, made from a quiet window of the system's own operation.

An evaluation's photos differ from the drivers' in size and kind, so a day beside them is never
quiet. `scones baseline` makes one of these; the demonstration and the simulation do, too.
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

LEAST = 500
TIGHT = 5_000
"""With fewer, the baseline's own chance widens the critical values: all days share that noise."""

FIGURES = ("brightness", "contrast", "sharpness", "width", "height", "size_bytes", "aspect")


class WindowNotOver(PermanentError):
    """A baseline was asked for of a time that has not ended."""


class TooFewPhotos(PermanentError):
    """The window holds too few photos of the model to compare days with; the message counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A baseline, and what a person should know before it becomes what is normal."""

    baseline: Baseline
    instead_of: Baseline | None  # what days are compared with so far
    others: Mapping[str, int]  # further model versions of the window, and their photos
    reported: int  # windows inside this one of which a report was made
    acted_on: Mapping[str, tuple[str, ...]]  # start of those that were ACT → checks that were loud

    def warnings(self) -> tuple[str, ...]:
        """One sentence each."""
        found = []
        if self.acted_on:
            checks = sorted({name for names in self.acted_on.values() for name in names})
            found.append(
                f"the report said ACT about {len(self.acted_on)} of {self.reported} reported "
                f"window(s) in it ({', '.join(checks) or 'nothing compared'}): if something was "
                "wrong then, it will count as normal."
            )
        if self.baseline.n < TIGHT:
            found.append(
                f"with {self.baseline.n:,} photos the baseline's own chance widens every critical "
                f"value; {TIGHT:,} make them tight."
            )
        if self.others:
            others = ", ".join(f"{name} ({n:,} photos)" for name, n in self.others.items())
            found.append(f"the window also holds other models, which need their own: {others}.")
        return tuple(found)


def proposal(
    photos: Iterable[PhotoFacts],
    window: Window,
    *,
    version: str,
    baselines: Mapping[str, Baseline],
    history: Iterable[HistoryRow],
    now: datetime,
) -> Proposal:
    """Of the commonest model version, where none is named. Raises: WindowNotOver, TooFewPhotos."""
    if window.end > now:
        raise WindowNotOver(
            f"the window ends at {window.end:%Y-%m-%dT%H:%MZ}, and it is {now:%Y-%m-%dT%H:%MZ}: "
            "a baseline is made of days that are over."
        )
    found = list(photos)
    counts = Counter(photo.model_version for photo in found if is_classified(photo))
    version = version or max(sorted(counts), key=lambda each: counts[each], default="")
    _require_enough(counts, version)
    before = baselines.get(version)
    inside = [row for row in history if _lies_in(row, window)]
    return Proposal(
        baseline=observed_baseline(found, version, window=window, evaluated=before),
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
    """Of all photos that this model has classified; what only labels can tell is `evaluated`'s."""
    chosen = [
        photo
        for photo in in_order(photos)
        if is_classified(photo) and photo.model_version == version
    ]
    reviewed = sum(map(needed_review, chosen))
    # A class that was never the most probable one is known to the model all the same.
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
    """The one that most photos met."""
    met = Counter(photo.threshold for photo in photos if photo.threshold is not None)
    fallback = evaluated.threshold if evaluated else 0.0
    return max(sorted(met), key=lambda each: met[each], default=fallback)


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


def _lies_in(row: HistoryRow, window: Window) -> bool:
    start, end = (datetime.fromisoformat(text) for text in (row.start, row.end))
    return window.start <= start and end <= window.end


def _loud(row: HistoryRow, version: str) -> tuple[str, ...]:
    """Of this model's checks."""
    found = (key.partition("@") for key in row.watched)
    return tuple(sorted(name for name, _, model in found if model in {"", version}))


def _date(moment: datetime, window: Window) -> str:
    return moment.astimezone(ZoneInfo(window.time_zone)).date().isoformat()
