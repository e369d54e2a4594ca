"""Validate folders of labelled photos, read through the same steps as for training."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from training.data.file_texts import why_unreadable, with_utf8_names
from training.data.prepared import PreparedPhotos, prepare_all
from training.data.sources.files import UnusableData
from training.data.sources.folders import Wanted, find_files, folder_names
from training.data.splits import SPLITS, digest_of
from training.evaluation.metrics import probabilities_of
from training.evaluation.out_of_fold import OutOfFold
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
    out_of_fold: OutOfFold | None = None,
    cache_dir: Path | None = None,
) -> Validation:
    """Check the photos on both sides of all places, as one set.

    Labels are doubted only if the predictor or the out-of-fold predictions know all classes of the
    photos.

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
        predictions=_predictions(predictor, out_of_fold, prepared, digests=digests, names=names),
    )


def _classes_in(places: Sequence[Path], classes: Sequence[str]) -> tuple[str, ...]:
    """Return the given classes if a folder is named like one, else the names of the folders."""
    names = {name for place in places if place.is_dir() for name in folder_names(place)}
    if not names or names & set(classes):
        return tuple(classes)
    return tuple(sorted(names))


def _predictions(
    predictor: Predictor | None,
    out_of_fold: OutOfFold | None,
    prepared: PreparedPhotos,
    *,
    digests: Sequence[str],
    names: Sequence[str],
) -> FilePredictions | None:
    """Return None if neither the model nor the out-of-fold predictions know all labels.

    A photo's out-of-fold prediction takes the place of the model's.
    """
    if out_of_fold is not None and not set(names) <= set(out_of_fold.classes):
        raise UnusableData(
            f"the out-of-fold predictions are of the classes {', '.join(out_of_fold.classes)}, "
            f"the photos of {', '.join(names)}"
        )
    classes = out_of_fold.classes if out_of_fold else _classes_of(predictor)
    if not set(names) <= set(classes):
        return None
    probabilities = np.full((len(digests), len(classes)), np.nan)
    # A model of other classes than the out-of-fold predictions is left out.
    model_version = ""
    if predictor is not None and set(classes) == set(predictor.manifest.classes):
        model_version = predictor.manifest.model_version
        columns = [predictor.manifest.classes.index(name) for name in classes]
        probabilities = probabilities_of(predictor, prepared.pixels)[:, columns]
    rows = out_of_fold.by_hash() if out_of_fold else {}
    is_out_of_fold = np.array([digest in rows for digest in digests], dtype=np.bool_)
    for row in np.flatnonzero(is_out_of_fold).tolist():
        probabilities[row] = rows[digests[row]]
    return FilePredictions(
        probabilities=probabilities,
        is_out_of_fold=is_out_of_fold,
        classes=classes,
        model_version=model_version,
    )


def _classes_of(predictor: Predictor | None) -> tuple[str, ...]:
    return predictor.manifest.classes if predictor else ()
