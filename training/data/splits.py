"""The side of the split and the fold of a photo, decided by its bytes alone.

A photo never changes side when others are added or removed, and its copies are on the same side.
Side and fold use different digits of the digest: with the same ones, every fold would be on one
side only.
"""

import hashlib
from typing import Literal

Split = Literal["train", "test"]
SPLITS: tuple[Split, ...] = ("train", "test")

_ONE_IN = 5  # photos of a folder that is not split by its owner are test photos


def digest_of(content: bytes) -> str:
    """Return what identifies a photo: SHA-256 of its bytes, 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def fold_of(digest: str, count: int) -> int:
    """Return the fold of a photo, 0 to `count` - 1."""
    return int(digest[:8], 16) % count


def side_of(digest: str) -> Split:
    """Return the side of a photo whose owner did not choose one."""
    return "test" if int(digest[8:16], 16) % _ONE_IN == 0 else "train"
