"""Is it known which models answered, and in which classes?"""

from collections import Counter
from collections.abc import Iterator, Sequence

from monitoring.report.check import Check, counted
from monitoring.report.facts import PhotoFacts, ReportInputs
from monitoring.report.table import is_classified
from monitoring.statistics.severity import Severity


def model_checks(inputs: ReportInputs, photos: Sequence[PhotoFacts]) -> Iterator[Check]:
    """Which models answered, and whether they are known."""
    seen = Counter(photo.model_version for photo in photos if is_classified(photo))
    captured = inputs.capture.scores if inputs.capture is not None else {}
    for version in captured:
        seen[version] += 0
    unknown = sorted(set(seen) - set(inputs.baselines))
    if seen:
        yield counted(
            "unknown_model",
            Severity.WATCH if unknown else Severity.OK,
            rule="WATCH if a model has answered that has no baseline",
            sentence=f"{len(seen)} model version(s) answered; without a baseline: "
            f"{', '.join(name or 'unnamed' for name in unknown) or 'none'}.",
            n=seen.total(),
            photos=[photo for photo in photos if photo.model_version in unknown],
        )
        yield _classes(inputs, photos)


def _classes(inputs: ReportInputs, photos: Sequence[PhotoFacts]) -> Check:
    """Does a model answer in the classes of its own baseline?"""
    strange: Counter[str] = Counter()
    shown = []
    for photo in photos:
        baseline = inputs.baselines.get(photo.model_version)
        if baseline is not None and (names := photo.probabilities.keys() - baseline.predicted):
            strange.update(names)
            shown.append(photo)
    named = ", ".join(f"{name} ({count})" for name, count in sorted(strange.items())[:5])
    return counted(
        "unknown_class",
        Severity.WATCH if strange else Severity.OK,
        rule="WATCH if an answer names a class that the model's baseline does not know",
        sentence=f"{len(shown)} answers name unknown classes{': ' + named if named else ''}.",
        n=len(photos),
        photos=shown,
    )
