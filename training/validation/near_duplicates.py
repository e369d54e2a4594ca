"""Photos that look the same though their bytes differ: re-encoded, resized, taken in a row.

A difference hash (64 bits: is each cell of a 9 by 8 picture brighter than its left neighbour?)
proposes pairs; the edges of small grey pictures decide. Plain, dark and white-ground pictures have
similar hashes and shades by chance, but not similar edges.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image

DISTANCE = 10  # bits of 64
LEAST_ALIKE = 0.75  # correlation of the edges; product shots of one kind of frame reach 0.8
_SMALL = 32


def look_alikes(pixels: NDArray[np.uint8]) -> list[tuple[int, int]]:
    """Return sorted pairs of rows of pixels (N, height, width, RGB), the smaller row first."""
    if not len(pixels):
        return []
    grey = _grey(pixels)
    edges = np.stack([_edges(picture) for picture in grey])
    # Plain pictures have no edges; by their hashes alone they would all look alike.
    rows = np.flatnonzero(edges.any(axis=1))
    pairs = ((rows[a], rows[b]) for a, b in _close(difference_hashes(grey[rows])))
    alike = {
        (int(first), int(second))
        for first, second in pairs
        if float(edges[first] @ edges[second]) >= LEAST_ALIKE
    }
    return sorted(alike)


def difference_hashes(grey: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Return (N,) hashes of grey pictures (N, height, width).

    Hashes of pictures that look alike differ in few bits.
    """
    cells = np.array([_resized(picture, 9, 8) for picture in grey]).reshape(-1, 8, 9)
    bits = (cells[:, :, 1:] > cells[:, :, :-1]).reshape(len(grey), 64)
    return np.packbits(bits, axis=1).view(">u8").reshape(-1).astype(np.uint64)


def _close(hashes: NDArray[np.uint64]) -> Iterator[tuple[int, int]]:
    """Yield pairs within the distance; their hashes are equal in one of `DISTANCE + 1` bands."""
    edges = np.linspace(0, 64, DISTANCE + 2).round().astype(int)
    for low, high in pairwise(edges):
        mask = np.uint64((1 << int(high - low)) - 1)
        keys = (hashes >> np.uint64(low)) & mask
        order = np.argsort(keys, kind="stable")
        starts = np.flatnonzero(np.diff(keys[order])) + 1
        for group in np.split(order, starts):
            for position, first in enumerate(group[:-1], start=1):
                rest = group[position:]  # larger rows, as the order is stable
                apart = np.bitwise_count(hashes[rest] ^ hashes[first])
                for second in rest[apart <= DISTANCE]:
                    yield int(first), int(second)


def _grey(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    weights = np.array([0.299, 0.587, 0.114], dtype=np.float32)
    # One picture at a time: all of them as 32-bit floats would be gigabytes.
    return np.stack([(picture @ weights).astype(np.uint8) for picture in pixels])


def _resized(picture: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.BOX))


def _edges(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return differences of neighbours as a vector of length 1, without brightness and contrast."""
    small = _resized(picture, _SMALL, _SMALL).astype(np.float32)
    steps = np.concatenate([np.diff(small, axis=axis).ravel() for axis in (0, 1)])
    steps -= steps.mean()
    length = np.float32(np.linalg.norm(steps)) or np.float32(1)
    scaled: NDArray[np.float32] = np.divide(steps, length, dtype=np.float32)
    return scaled
