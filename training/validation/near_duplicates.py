"""Photos that look the same though their bytes differ: re-encoded, resized, cropped, framed.

Coarse grey pictures propose pairs; the edges of finer ones decide, each picture's compared with
those of the other one and of several crops of it. A picture in a frame is compared without it,
too. Plain, dark and white-ground pictures have similar shades by chance, but not similar edges.
"""

from collections.abc import Iterator
from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray
from PIL import Image

LEAST_CLOSE = 0.80  # correlation of the coarse pictures
LEAST_ALIKE = 0.89  # correlation of the edges; product shots of two bicycles reach 0.883
_COARSE, _DETAILED = 12, 32  # pixels a side
_CROPS = (0.03, 0.015)  # of a side, cut off where a copy may lack something
_FRAME_RANGE = 20  # levels between the pixels of a frame's row
_FRAME_SHARE = 0.98  # of a row's pixels, which may have no more than this range
_MOST_FRAME = 0.3  # of a side
_BLOCK = 1024  # pictures that are compared with all others at once


def look_alikes(pixels: NDArray[np.uint8]) -> list[tuple[int, int]]:
    """Return sorted pairs of rows of pixels (N, height, width, RGB), the smaller row first."""
    pictures = [_with_and_without_frame(picture) for picture in _grey(pixels)]
    edges = cache(lambda row: [_of_crops(picture) for picture in pictures[row]])
    return [
        (first, second)
        for first, second in sorted(_close(pictures))
        if _are_alike(edges(first), edges(second))
    ]


def _close(pictures: list[list[NDArray[np.uint8]]]) -> set[tuple[int, int]]:
    """Return the pairs whose coarse pictures correlate, with or without a frame."""
    rows = np.array([row for row, parts in enumerate(pictures) for _ in parts], dtype=np.int64)
    if not len(rows):
        return set()
    coarse = np.stack([_coarse(part) for parts in pictures for part in parts])
    pairs: set[tuple[int, int]] = set()
    for start in range(0, len(coarse), _BLOCK):
        similar = coarse[start : start + _BLOCK] @ coarse[start:].T >= LEAST_CLOSE
        first, second = np.nonzero(np.triu(similar, 1))
        pairs.update(zip(rows[start + first].tolist(), rows[start + second].tolist(), strict=True))
    return {(first, second) for first, second in pairs if first != second}


def _are_alike(first: list[NDArray[np.float32]], second: list[NDArray[np.float32]]) -> bool:
    """Whether one picture's edges are those of the other one, or of a crop of it.

    Each array has a row for each crop of one, the whole of it first.
    """
    return any(
        max(float((one @ other[0]).max()), float((other @ one[0]).max())) >= LEAST_ALIKE
        for one, other in product(first, second)
    )


def _grey(pixels: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    weights = np.array([0.299, 0.587, 0.114], dtype=np.float32)
    # One picture at a time: all of them as 32-bit floats would be gigabytes.
    return ((picture @ weights).astype(np.uint8) for picture in pixels)


def _with_and_without_frame(picture: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Return the picture, and it without uniform rows and columns at its edges if there are any.

    Twice, as a framed product shot has white ground within its frame.
    """
    inner = picture
    for _ in range(2):
        top, bottom = _content(inner)
        inner = inner[top:bottom]
        left, right = _content(inner.T)
        inner = inner[:, left:right]
    return [picture] if inner.shape == picture.shape else [picture, inner]


def _content(picture: NDArray[np.uint8]) -> tuple[int, int]:
    """Return the first row that is not uniform, and the one after the last; at most 0.3 go."""
    tail = (1 - _FRAME_SHARE) / 2
    low, high = np.quantile(picture, (tail, 1 - tail), axis=1)
    rows = np.flatnonzero(high - low > _FRAME_RANGE)
    most = round(_MOST_FRAME * len(picture))
    first, last = (int(rows[0]), int(rows[-1])) if len(rows) else (0, len(picture) - 1)
    return min(first, most), max(last + 1, len(picture) - most)


def _of_crops(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the edges of the whole picture, then of it without some of its sides.

    The shape is (crops, values); the values have the length 1, or 0 for a plain picture.
    """
    height, width = picture.shape
    parts = [picture]
    for share in _CROPS:
        down, across = round(height * share), round(width * share)
        parts += [
            picture[top * down : height - bottom * down, left * across : width - right * across]
            for top, bottom, left, right in product((0, 1), repeat=4)
            if top or bottom or left or right
        ]
    return np.stack([_edges(part) for part in parts])


def _coarse(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    return _scaled(_resized(picture, _COARSE).astype(np.float32).ravel())


def _edges(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return differences of neighbours, without brightness and contrast."""
    small = _resized(picture, _DETAILED).astype(np.float32)
    return _scaled(np.concatenate([np.diff(small, axis=axis).ravel() for axis in (0, 1)]))


def _scaled(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the values less their mean, as a vector of length 1; zeros stay zeros."""
    centred = values - values.mean()
    length = np.float32(np.linalg.norm(centred)) or np.float32(1)
    scaled: NDArray[np.float32] = np.divide(centred, length, dtype=np.float32)
    return scaled


def _resized(picture: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(picture).resize((side, side), Image.Resampling.BOX))
