"""Which side of the split, and which fold, a photo is on: decided by its bytes alone.

A photo so never changes side when others come or go, and its copies go with it. The two questions
look at different digits: with the same ones, every fold would lie on one side.
"""

import hashlib
from typing import Literal

Split = Literal["train", "test"]
SPLITS: tuple[Split, ...] = ("train", "test")

_ONE_IN = 5  # photos of a folder that is not split by its owner are test photos


def digest_of(content: bytes) -> str:
    """What identifies a photo: SHA-256 of its bytes, hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def fold_of(digest: str, count: int) -> int:
    """The fold of a photo, from 0."""
    return int(digest[:8], 16) % count


def side_of(digest: str) -> Split:
    """The side of a photo whose owner did not choose one."""
    return "test" if int(digest[8:16], 16) % _ONE_IN == 0 else "train"
