"""From a folder to what is wrong with it; read through the same steps as for training."""

from collections.abc import Sequence
from pathlib import Path

from handlers.domain.photo import wire_image
from training.data.prepared import PreparedPhotos, prepare_all
from training.data.sources.files import LabelledFile, UnusableData
from training.data.sources.folders import Wanted, find_files, folder_names
from training.data.splits import SPLITS, digest_of
from training.evaluation.metrics import probabilities_of
from training.serving.manifest import InputSpec
from training.serving.predictor import Predictor
from training.validation.checks import Judgement, validate
from training.validation.findings import Checked, Validation


def examine(
    places: Sequence[Path],
    *,
    classes: Sequence[str],
    spec: InputSpec,  # the predictor's, where there is one
    archive_limit: int,
    predictor: Predictor | None,
    cache_dir: Path | None = None,
) -> Validation:
    """Both sides of every place. Raises: UnusableData."""
    names = _classes_in(places, classes)
    checked = [
        Checked(side=side, file=file, digest=digest_of(file.read()))
        for side in SPLITS
        for place in places
        for file in find_files(
            place,
            Wanted(split=side, classes=names, negatives=names[-1], archive_limit=archive_limit),
        )
    ]
    if not checked:
        raise UnusableData(f"no photos under {', '.join(map(str, places))}")
    files, digests = [each.file for each in checked], [each.digest for each in checked]
    prepared = prepare_all(files, digests, spec=spec, cache_dir=cache_dir)
    return validate(
        checked,
        prepared,
        why_unreadable=_why_unreadable,
        judged=_judgement(predictor, prepared, names),
    )


def _classes_in(places: Sequence[Path], classes: Sequence[str]) -> tuple[str, ...]:
    """The classes we know where any of them is there; else whatever the folders are named."""
    there = {name for place in places if place.is_dir() for name in folder_names(place)}
    if not there or there & set(classes):
        return tuple(classes)
    return tuple(sorted(there))


def _judgement(
    predictor: Predictor | None, prepared: PreparedPhotos, names: Sequence[str]
) -> Judgement | None:
    """Nothing where there is no model, or none that knows these labels."""
    if predictor is None or not set(names) <= set(predictor.manifest.classes):
        return None
    return Judgement(
        probabilities=probabilities_of(predictor, prepared.pixels),
        classes=predictor.manifest.classes,
        model_version=predictor.manifest.model_version,
    )


def _why_unreadable(file: LabelledFile) -> str:
    found = wire_image.prepare(file.read())
    return found.reason if isinstance(found, wire_image.Refusal) else "readable"
