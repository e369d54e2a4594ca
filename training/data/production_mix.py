"""The photos that stand for production when temperature, threshold and baseline are made.

Drivers send photos of real size. Most training photos are small squares, which blown up are softer
than any phone's photo: what holds on them does not hold on sharp ones. So they are not the
majority.
"""

import numpy as np
from numpy.typing import NDArray

from training.config import TrainConfig
from training.data.photo_set import PhotoSet


def production_rows(photos: PhotoSet, config: TrainConfig) -> NDArray[np.bool_]:
    """Return (N,) flags of all photos of real size, and of at most as many smaller ones.

    Only `policy_sources` count. Of the smaller photos each source gives as many as the others,
    chosen by their hashes. Without photos of real size, or without sizes, all photos count.
    """
    named = photos.rows_of(config.policy_sources)
    if photos.quality is None:
        return named
    longer = np.maximum(photos.quality["width"], photos.quality["height"])
    is_real = named & (longer >= config.real_side)
    if not is_real.any():
        return named
    small = np.flatnonzero(named & ~is_real)
    chosen = small[_in_turns(photos, small)][: int(is_real.sum())]
    rows: NDArray[np.bool_] = np.asarray(is_real, dtype=np.bool_).copy()
    rows[chosen] = True
    return rows


def _in_turns(photos: PhotoSet, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the order in which each source in turn gives its photo with the lowest hash."""
    by_hash = np.lexsort((photos.hashes[rows], photos.sources[rows]))
    turns = np.empty(len(rows), dtype=np.int64)
    for source in np.unique(photos.sources[rows]):
        of_source = by_hash[photos.sources[rows][by_hash] == source]
        turns[of_source] = np.arange(len(of_source))
    return np.lexsort((photos.sources[rows], turns))
