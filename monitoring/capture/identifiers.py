"""Record ids as 64-bit numbers: 8 bytes a record, where a set of texts takes 150.

Photo ids are SHA-256 already; anything else is hashed. Among a million records two collide by
chance in one of 10^7 reports; a collision made on purpose has one record counted as a duplicate.
"""

import hashlib
import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Identifiers = npt.NDArray[np.uint64]

_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


def identifiers(texts: Sequence[str]) -> Identifiers:
    """Return the number of each text, in the same order."""
    joined = "".join(texts)
    if set(map(len, texts)) == {64} and joined == joined.lower():
        try:
            raw = bytes.fromhex(joined)
        except ValueError:
            raw = b""
        if len(raw) == 32 * len(texts):  # fromhex skips spaces
            return np.frombuffer(raw, dtype=">u8")[::4].astype(np.uint64)
    return np.fromiter(map(_identifier, texts), dtype=np.uint64, count=len(texts))


def _identifier(text: str) -> int:
    if _SHA256.fullmatch(text):
        return int(text[:16], 16)
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big")
