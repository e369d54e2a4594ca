"""Out-of-fold predictions of a training run: each photo's, by a model that had not seen it.

`python -m training validate --out-of-fold FILE` doubts labels by them: a model knows the wrong
labels that it was trained on by heart.
"""

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from training.data.sources.files import UnusableData

OUT_OF_FOLD_NAME = "out_of_fold.npz"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfFold:
    """Calibrated probabilities of N photos."""

    classes: tuple[str, ...]
    hashes: NDArray[np.str_]  # (N,) SHA-256 of the original bytes, hexadecimal
    probabilities: NDArray[np.float64]  # (N, classes)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file of `save`. Raises: UnusableData."""
        try:
            with np.load(path, allow_pickle=False) as stored:
                loaded = cls(
                    classes=tuple(stored["classes"].tolist()),
                    hashes=stored["hashes"],
                    probabilities=stored["probabilities"].astype(np.float64),
                )
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise UnusableData(f"{path} has no out-of-fold predictions: {error}") from error
        if loaded.probabilities.shape != (len(loaded.hashes), len(loaded.classes)):
            raise UnusableData(f"{path} is malformed: photos and probabilities differ in number")
        return loaded

    def save(self, path: Path) -> None:
        """Write the predictions for `load`."""
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(
            path,
            classes=np.array(self.classes),
            hashes=self.hashes,
            probabilities=self.probabilities.astype(np.float32),
        )

    def by_hash(self) -> dict[str, NDArray[np.float64]]:
        """Return the probabilities (classes,) by the photo's SHA-256."""
        return dict(zip(self.hashes.tolist(), self.probabilities, strict=True))
