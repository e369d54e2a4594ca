"""The figures of an evaluation as text for a terminal."""

from collections.abc import Iterator

from monitoring.rendering.format import printable
from training.evaluation.evaluate_folder import Measured
from training.evaluation.model_comparison import ModelComparison
from training.evaluation.paired_tests import PairedComparison
from training.evaluation.training_photos import TRAINING_PHOTOS_NAME

_MOST_NAMED = 20  # unreadable files and ignored folders; the other outputs name all


def summary(measured: Measured, comparison: ModelComparison | None) -> str:
    """Return lines without control characters, whatever the names of the files are."""
    lines = [
        *_figures(measured),
        *_thresholds(measured),
        *(_comparison(comparison) if comparison else ()),
        *_photos(measured),
        *warnings(measured, comparison),
    ]
    return "\n".join(map(printable, lines))


def warnings(measured: Measured, comparison: ModelComparison | None) -> list[str]:
    """Return a sentence for each model that has seen the photos, or of which it is not known."""
    models = [(measured.manifest.model_version, measured.trained_on)]
    if comparison:
        models.append((comparison.other.model_version, comparison.other_trained_on))
    of = len(measured.photos)
    texts = []
    for version, count in models:
        if count is None:
            texts.append(
                f"note: whether model {version} was trained on these photos is not known, as it "
                f"has no {TRAINING_PHOTOS_NAME}"
            )
        elif count:
            texts.append(
                f"warning: model {version} was trained on {count:,} of these {of:,} photos: its "
                "figures are too good; measure on photos that it has not seen"
            )
    return texts


def difference(figure: PairedComparison) -> str:
    """Return the measured model's share less the other's in points, with its 95 % interval."""
    low, high = figure.interval(0.95)
    return f"{100 * figure.difference:+.1f} points ({100 * low:+.1f} to {100 * high:+.1f})"


def _figures(measured: Measured) -> Iterator[str]:
    figures = measured.figures
    for name, value in figures.forced_by_source.items():
        yield f"{name}, forced choice: {value}"
    if len(figures.forced_by_source) > 1:
        yield f"mean of the sources: {100 * figures.forced_macro_average:.1f} %"
    yield f"right among all assigned, non-vehicles included: {figures.assigned_right}"
    yield f"vehicles assigned: {figures.vehicles_assigned}"
    yield f"non-vehicles assigned: {figures.non_vehicles_assigned}"
    yield f"calibration error, debiased: {100 * figures.calibration_error_debiased:.2f} %"


def _thresholds(measured: Measured) -> Iterator[str]:
    yield "threshold  assigned  reviews  wrong  wrong at most (95 %)"
    for row in measured.thresholds():
        bound = "–" if row.wrong_bound is None else f"{100 * row.wrong_bound:.2f} %"
        own = "  (the model's)" if row.threshold == measured.manifest.threshold else ""
        yield (
            f"{row.threshold:<9g}  {row.assigned:>8,}  {row.reviews:>7,}  {row.wrong:>5,}  "
            f"{bound:>20}{own}"
        )


def _comparison(comparison: ModelComparison) -> Iterator[str]:
    measured, other = comparison.measured.model_version, comparison.other.model_version
    yield f"{measured} against {other}, on the same photos; McNemar's exact test:"
    for name, figure in comparison.figures.items():
        yield (
            f"{name}: {figure.candidate:,} against {figure.current:,} of {figure.of:,}, "
            f"{difference(figure)}, p = {figure.two_sided_p:.3g}"
        )


def _photos(measured: Measured) -> Iterator[str]:
    for entry in measured.unreadable[:_MOST_NAMED]:
        yield f"unreadable: {entry.path} ({entry.reason})"
    if len(measured.unreadable) > _MOST_NAMED:
        yield f"and {len(measured.unreadable) - _MOST_NAMED:,} more; --photos FILE lists all"
    photos = "test photos" if measured.split else "photos (all, as the folder has no test side)"
    model, count = measured.manifest.model_version, len(measured.photos)
    yield f"model {model}, {count:,} {photos}, {len(measured.unreadable):,} unreadable"
    if measured.ignored:
        names = ", ".join(measured.ignored[:_MOST_NAMED])
        yield f"folders that are not named like a class of this model: {names}"
