"""Validate folders of labelled photos, read through the same steps as for training."""

from collections.abc import Sequence
from pathlib import Path

from training.data.file_texts import why_unreadable, with_utf8_names
from training.data.prepared import PreparedPhotos, prepare_all
from training.data.sources.files import UnusableData
from training.data.sources.folders import Wanted, find_files, folder_names
from training.data.splits import SPLITS, digest_of
from training.evaluation.metrics import probabilities_of
from training.serving.manifest import InputSpec
from training.serving.predictor import Predictor
from training.validation.checks import FilePredictions, validate
from training.validation.findings import Checked, Validation


def validate_folders(
    places: Sequence[Path],
    *,
    classes: Sequence[str],
    spec: InputSpec,  # the predictor's, if there is one
    archive_limit: int,
    predictor: Predictor | None,
    cache_dir: Path | None = None,
) -> Validation:
    """Check the photos on both sides of all places, as one set.

    Labels are suspected only if the predictor knows all classes of the photos.

    Raises: UnusableData.
    """
    names = _classes_in(places, classes)
    checked = [
        Checked(side=side, file=with_utf8_names(file), digest=digest_of(file.read()))
        for side in SPLITS
        for place in places
        for file in find_files(
            place,
            Wanted(split=side, classes=names, negatives=names[-1], archive_limit=archive_limit),
        )
    ]
    if not checked:
        raise UnusableData(f"no photos under {', '.join(map(str, places))}")
    files, digests = [photo.file for photo in checked], [photo.digest for photo in checked]
    prepared = prepare_all(files, digests, spec=spec, cache_dir=cache_dir)
    return validate(
        checked,
        prepared,
        why_unreadable=why_unreadable,
        predictions=_predictions(predictor, prepared, names),
    )


def _classes_in(places: Sequence[Path], classes: Sequence[str]) -> tuple[str, ...]:
    """Return the given classes if a folder is named like one, else the names of the folders."""
    names = {name for place in places if place.is_dir() for name in folder_names(place)}
    if not names or names & set(classes):
        return tuple(classes)
    return tuple(sorted(names))


def _predictions(
    predictor: Predictor | None, prepared: PreparedPhotos, names: Sequence[str]
) -> FilePredictions | None:
    """Return None without a model, or if it does not know all labels."""
    if predictor is None or not set(names) <= set(predictor.manifest.classes):
        return None
    return FilePredictions(
        probabilities=probabilities_of(predictor, prepared.pixels),
        classes=predictor.manifest.classes,
        model_version=predictor.manifest.model_version,
    )
